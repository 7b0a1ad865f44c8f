// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "core/gossipsub/score.hpp"

namespace grapevine::gossipsub {

/// The same rules as PeerScores, written to be obviously right: everything is remembered for ever,
/// every score is worked out anew.
class NaiveScores {
 public:
  NaiveScores(ScoreParams params, TimePoint now) : params_{std::move(params)}, last_refresh_{now} {}

  void add_peer(int peer, int identity) {
    Record record;
    if (left_.contains(identity)) record = left_.at(identity);
    left_.erase(identity);
    record.identity = identity;
    peers_[peer] = record;
  }
  void remove_peer(int peer, TimePoint now) {
    auto record = peers_.at(peer);
    const bool kept = score(peer) <= 0 && params_.retain_score > Duration::zero();
    peers_.erase(peer);
    if (!kept) return;
    record.ips.clear();
    record.expires = now + params_.retain_score;
    for (auto& [name, topic] : record.topics) {
      end_mesh(name, topic);
      topic.first = 0;
      topic.mesh = 0;
    }
    left_[record.identity] = record;
  }
  void set_ips(int peer, const std::vector<IpAddress>& ips) {
    peers_.at(peer).ips = {ips.begin(), ips.end()};
  }
  void set_application(int peer, double value) { peers_.at(peer).application = value; }
  void graft(int peer, const std::string& topic, TimePoint now) {
    if (!params_.topics.contains(topic)) return;
    auto& stats = peers_.at(peer).topics[topic];
    stats.in_mesh = true;
    stats.active = false;
    stats.grafted = now;
    stats.mesh_time = {};
  }
  void prune(int peer, const std::string& topic) {
    if (params_.topics.contains(topic)) end_mesh(topic, peers_.at(peer).topics[topic]);
  }
  void deliver(int id, const std::string& topic, const std::vector<int>& senders, TimePoint now) {
    if (!params_.topics.contains(topic)) return;
    const auto& p = params_.topics.at(topic);
    auto& message = messages_[id];
    message.valid_at = now;
    for (std::size_t i = 0; i < senders.size(); ++i) {
      auto& stats = peers_.at(senders[i]).topics[topic];
      if (i == 0) stats.first = std::min(stats.first + 1, p.first_message_deliveries_cap);
      count_in_mesh(message, senders[i], topic);
    }
  }
  void reject(int id, const std::string& topic, const std::vector<int>& senders, TimePoint now) {
    if (!params_.topics.contains(topic)) return;
    messages_[id].rejected_at = now;
    for (const auto sender : senders) invalid(sender, topic);
  }
  void duplicate(int peer, int id, const std::string& topic, TimePoint now) {
    if (!params_.topics.contains(topic) || !messages_.contains(id)) return;
    auto& message = messages_.at(id);
    if (message.rejected_at && now - *message.rejected_at <= params_.seen_msg_ttl) {
      return invalid(peer, topic);
    }
    const auto window = params_.topics.at(topic).mesh_message_deliveries_window;
    if (message.valid_at && now - *message.valid_at <= window) {
      count_in_mesh(message, peer, topic);
    }
  }
  void invalid(int peer, const std::string& topic) {
    if (params_.topics.contains(topic)) peers_.at(peer).topics[topic].invalid += 1;
  }
  void penalise(int peer, double count) { peers_.at(peer).behaviour += count; }
  void drop(int peer, double messages) { peers_.at(peer).dropped += messages; }

  void refresh(TimePoint now) {
    const auto gap = now - last_refresh_;
    last_refresh_ = now;
    for (auto& [handle, record] : peers_) {
      for (auto& [name, topic] : record.topics) {
        const auto& p = params_.topics.at(name);
        // A sleep does not count as time in the mesh.
        if (gap > 2 * params_.decay_interval) {
          topic.grafted = std::min(now, topic.grafted + gap - params_.decay_interval);
        }
        topic.first = decayed(topic.first, p.first_message_deliveries_decay);
        topic.mesh = decayed(topic.mesh, p.mesh_message_deliveries_decay);
        topic.failure = decayed(topic.failure, p.mesh_failure_penalty_decay);
        topic.invalid = decayed(topic.invalid, p.invalid_message_deliveries_decay);
        if (topic.in_mesh) {
          topic.mesh_time = now - topic.grafted;
          topic.active = topic.active || topic.mesh_time > p.mesh_message_deliveries_activation;
        }
      }
      record.behaviour = decayed(record.behaviour, params_.behaviour_penalty_decay);
      record.dropped = decayed(record.dropped, params_.slow_peer_decay);
    }
    std::erase_if(left_, [&](const auto& entry) { return entry.second.expires <= now; });
  }
  void set_topic_params(const std::string& name, const TopicScoreParams& p) {
    params_.topics[name] = p;
    for (auto& [handle, record] : peers_) {
      if (!record.topics.contains(name)) continue;
      auto& topic = record.topics.at(name);
      topic.first = std::min(topic.first, p.first_message_deliveries_cap);
      topic.mesh = std::min(topic.mesh, p.mesh_message_deliveries_cap);
    }
  }

  double score(int peer) const {
    const auto& record = peers_.at(peer);
    double topics = 0;
    for (const auto& [name, topic] : record.topics) topics += topic_score(name, topic);
    if (params_.topic_score_cap > 0) topics = std::min(topics, params_.topic_score_cap);
    const auto behaviour = std::max(0.0, record.behaviour - params_.behaviour_penalty_threshold);
    const auto slow = std::max(0.0, record.dropped - params_.slow_peer_threshold);
    return topics + record.application * params_.app_specific_weight +
           crowd(record) * params_.ip_colocation_factor_weight +
           behaviour * behaviour * params_.behaviour_penalty_weight +
           slow * params_.slow_peer_weight;
  }

 private:
  struct TopicRecord {
    bool in_mesh = false;
    bool active = false;
    TimePoint grafted{};
    Duration mesh_time{};
    double first = 0;
    double mesh = 0;
    double failure = 0;
    double invalid = 0;
  };
  struct Record {
    int identity = 0;
    std::map<std::string, TopicRecord> topics{};
    std::set<IpAddress> ips{};
    double application = 0;
    double behaviour = 0;
    double dropped = 0;
    TimePoint expires{};
  };
  struct Message {
    std::optional<TimePoint> valid_at{};
    std::optional<TimePoint> rejected_at{};
    std::set<int> counted{};
  };

  double decayed(double counter, double factor) const {
    return counter * factor < params_.decay_to_zero ? 0 : counter * factor;
  }
  double missing(const std::string& name, const TopicRecord& topic) const {
    const auto threshold = params_.topics.at(name).mesh_message_deliveries_threshold;
    return topic.in_mesh && topic.active ? std::max(0.0, threshold - topic.mesh) : 0;
  }
  void end_mesh(const std::string& name, TopicRecord& topic) const {
    topic.failure += missing(name, topic) * missing(name, topic);
    topic.in_mesh = false;
    topic.active = false;
  }
  void count_in_mesh(Message& message, int peer, const std::string& name) {
    auto& topic = peers_.at(peer).topics[name];
    if (!topic.in_mesh || !message.counted.insert(peer).second) return;
    topic.mesh = std::min(topic.mesh + 1, params_.topics.at(name).mesh_message_deliveries_cap);
  }
  double topic_score(const std::string& name, const TopicRecord& topic) const {
    const auto& p = params_.topics.at(name);
    double sum = 0;
    if (topic.in_mesh && p.time_in_mesh_quantum > Duration::zero()) {
      sum += std::min(static_cast<double>(topic.mesh_time / p.time_in_mesh_quantum),
                      p.time_in_mesh_cap) *
             p.time_in_mesh_weight;
    }
    sum += topic.first * p.first_message_deliveries_weight;
    sum += missing(name, topic) * missing(name, topic) * p.mesh_message_deliveries_weight;
    sum += topic.failure * p.mesh_failure_penalty_weight;
    sum += topic.invalid * topic.invalid * p.invalid_message_deliveries_weight;
    return sum * p.topic_weight;
  }
  static bool loopback(const IpAddress& ip) { return ip.is_v4() && ip.bytes[12] == 127; }
  bool exempt(const IpAddress& ip) const {
    return loopback(ip) || std::ranges::any_of(params_.ip_colocation_factor_whitelist,
                                               [&](auto& net) { return net.contains(ip); });
  }
  /// Whether `bits` bits of an address of the peer that counts are those of `ip`.
  bool comes_from(const Record& record, const IpAddress& ip, unsigned bits) const {
    return std::ranges::any_of(record.ips, [&](const auto& other) {
      return !exempt(other) && other.is_v4() == ip.is_v4() && other.masked(bits) == ip.masked(bits);
    });
  }
  double surplus_squared(const IpAddress& ip, unsigned bits) const {
    double there = 0;
    for (const auto& [handle, record] : peers_) there += comes_from(record, ip, bits);
    const auto surplus =
        std::max(0.0, there - static_cast<double>(params_.ip_colocation_factor_threshold));
    return surplus * surplus;
  }
  double crowd(const Record& record) const {
    double sum = 0;
    std::set<IpAddress> networks;
    for (const auto& ip : record.ips) {
      if (exempt(ip)) continue;
      sum += surplus_squared(ip, 128);
      if (!ip.is_v4() && networks.insert(ip.masked(64)).second) sum += surplus_squared(ip, 64);
    }
    return sum;
  }

  ScoreParams params_;
  TimePoint last_refresh_;
  std::map<int, Record> peers_;
  std::map<int, Record> left_;
  std::map<int, Message> messages_;
};

/// Both, led through one script of bytes. Any difference, and any good deed that lowers a score or
/// bad one that raises it, ends the program.
class ScorePair {
 public:
  static constexpr int identities = 6;
  static constexpr TimePoint start{std::chrono::seconds{1}};

  static TopicScoreParams topic_params(double weight) {
    TopicScoreParams p;
    p.topic_weight = weight;
    p.time_in_mesh_weight = 0.03;
    p.time_in_mesh_quantum = std::chrono::milliseconds{700};
    p.time_in_mesh_cap = 20;
    p.first_message_deliveries_weight = 1.1;
    p.first_message_deliveries_decay = 0.9;
    p.first_message_deliveries_cap = 12;
    p.mesh_message_deliveries_weight = -0.7;
    p.mesh_message_deliveries_decay = 0.8;
    p.mesh_message_deliveries_cap = 15;
    p.mesh_message_deliveries_threshold = 5;
    p.mesh_message_deliveries_window = std::chrono::milliseconds{400};
    p.mesh_message_deliveries_activation = std::chrono::seconds{3};
    p.mesh_failure_penalty_weight = -0.4;
    p.mesh_failure_penalty_decay = 0.95;
    p.invalid_message_deliveries_weight = -2;
    p.invalid_message_deliveries_decay = 0.85;
    return p;
  }
  static ScoreParams params() {
    ScoreParams p;
    p.topics["a"] = topic_params(0.5);
    p.topics["b"] = topic_params(1.5);
    p.topic_score_cap = 25;
    p.app_specific_weight = 0.9;
    p.ip_colocation_factor_weight = -3;
    p.ip_colocation_factor_threshold = 2;
    p.ip_colocation_factor_whitelist = {{ip(1, 9), 24}};
    p.behaviour_penalty_weight = -1.3;
    p.behaviour_penalty_threshold = 1;
    p.behaviour_penalty_decay = 0.7;
    p.slow_peer_weight = -0.2;
    p.slow_peer_threshold = 2;
    p.slow_peer_decay = 0.6;
    p.retain_score = std::chrono::seconds{20};
    p.seen_msg_ttl = std::chrono::seconds{15};
    return p;
  }
  /// IPv4 10.0.`network`.`host`.
  static IpAddress ip(std::uint8_t network, std::uint8_t host) {
    return *IpAddress::from_bytes(std::array<std::uint8_t, 4>{10, 0, network, host});
  }
  static IpAddress ip6(std::uint8_t network, std::uint8_t host) {
    std::array<std::uint8_t, 16> bytes{0x20, 0x01};
    bytes[7] = network;
    bytes[15] = host;
    return *IpAddress::from_bytes(bytes);
  }

  explicit ScorePair(const std::vector<PeerId>& ids)
      : ids_{ids}, scores_{params(), rng_, start}, naive_{params(), start} {}

  /// One event: `what` says which, the others who and how.
  void step(std::uint8_t what, std::uint8_t who, std::uint8_t how) {
    const int identity = who % identities;
    auto& handle = connected_[static_cast<std::size_t>(identity)];
    const std::string topic{"abx"[how % 3]};
    pass(std::chrono::milliseconds{how});
    if (what % 16 == 0) return sleep(how);
    if (handle == 0 || what % 16 == 1) {
      connect_or_leave(identity, handle);
    } else {
      act(what % 16, handle, topic, how);
    }
    compare();
  }
  /// Everybody leaves, and time ends what is remembered.
  void finish() {
    for (int i = 0; i < identities; ++i) {
      auto& handle = connected_[static_cast<std::size_t>(i)];
      if (handle != 0) connect_or_leave(i, handle);
    }
    ASSERT(scores_.peer_state_size() == 0);
    pass(params().retain_score + params().decay_interval);
    ASSERT(scores_.retained() == 0);
  }

 private:
  void pass(Duration span) {
    now_ += span;
    while (scores_.next_refresh() <= now_) {
      const auto due = scores_.next_refresh();
      scores_.refresh(due);
      naive_.refresh(due);
    }
  }
  /// The clock jumps: one refresh for all of it.
  void sleep(std::uint8_t how) {
    now_ += std::chrono::milliseconds{how * 40};
    if (scores_.next_refresh() <= now_) {
      scores_.refresh(now_);
      naive_.refresh(now_);
    }
    compare();
  }
  void connect_or_leave(int identity, int& handle) {
    if (handle != 0) {
      scores_.remove_peer(PeerHandle{static_cast<std::uint32_t>(handle)}, now_);
      naive_.remove_peer(handle, now_);
      handle = 0;
      return;
    }
    handle = next_handle_++;
    scores_.add_peer(PeerHandle{static_cast<std::uint32_t>(handle)},
                     ids_[static_cast<std::size_t>(identity)]);
    naive_.add_peer(handle, identity);
  }
  void act(int what, int peer, const std::string& topic, std::uint8_t how) {
    const PeerHandle handle{static_cast<std::uint32_t>(peer)};
    const auto before = scores_.score(handle);
    int conduct = 0;  // good: 1, bad: -1
    switch (what) {
      case 2:
        scores_.graft(handle, scores_.topic(topic), now_);
        naive_.graft(peer, topic, now_);
        break;
      case 3:
        scores_.prune(handle, scores_.topic(topic));
        naive_.prune(peer, topic);
        break;
      case 4:
      case 5:
      case 6:
        deliver(peer, topic, how);
        conduct = 1;
        break;
      case 7:
        reject(peer, topic, how);
        conduct = -1;
        break;
      case 8:
      case 9:
        duplicate(peer, how);
        break;
      case 10:
        scores_.reject_unidentified(handle, scores_.topic(topic));
        naive_.invalid(peer, topic);
        conduct = -1;
        break;
      case 11:
        scores_.penalise(handle, how % 4);
        naive_.penalise(peer, how % 4);
        conduct = -1;
        break;
      case 12:
        scores_.drop(handle, how % 8);
        naive_.drop(peer, how % 8);
        conduct = -1;
        break;
      case 13:
        set_ips(peer, how);
        break;
      case 14:
        scores_.set_application_score(handle, how - 128.0);
        naive_.set_application(peer, how - 128.0);
        break;
      default:
        set_topic_params(how);
    }
    ASSERT(conduct < 1 || scores_.score(handle) >= before - 1e-9);
    ASSERT(conduct > -1 || scores_.score(handle) <= before + 1e-9);
  }
  static IdKey key(int id) { return IdKey{static_cast<std::uint64_t>(id) * 0x9E3779B97F4A7C15u}; }
  /// `peer` and some of the others that are connected.
  std::vector<int> senders(int peer, std::uint8_t how) const {
    std::vector<int> all{peer};
    for (std::size_t i = 0; i < connected_.size(); ++i) {
      if (connected_[i] != 0 && connected_[i] != peer && (how >> i & 1)) {
        all.push_back(connected_[i]);
      }
    }
    return all;
  }
  static std::vector<PeerHandle> handles(const std::vector<int>& peers) {
    std::vector<PeerHandle> all;
    for (const auto peer : peers) all.push_back(PeerHandle{static_cast<std::uint32_t>(peer)});
    return all;
  }
  void deliver(int peer, const std::string& topic, std::uint8_t how) {
    const auto from = senders(peer, how);
    const auto id = next_message_++;
    scores_.deliver({key(id), scores_.topic(topic), handles(from)}, now_);
    naive_.deliver(id, topic, from, now_);
    topic_of_[id] = topic;
  }
  void reject(int peer, const std::string& topic, std::uint8_t how) {
    const auto from = senders(peer, how);
    const auto id = next_message_++;
    scores_.reject({key(id), scores_.topic(topic), handles(from)}, now_);
    naive_.reject(id, topic, from, now_);
    topic_of_[id] = topic;
  }
  void duplicate(int peer, std::uint8_t how) {
    const int id = next_message_ - 1 - how % 8;
    if (!topic_of_.contains(id)) return;
    const auto& topic = topic_of_.at(id);
    const PeerHandle handle{static_cast<std::uint32_t>(peer)};
    scores_.duplicate(handle, key(id), scores_.topic(topic), now_);
    naive_.duplicate(peer, id, topic, now_);
  }
  void set_ips(int peer, std::uint8_t how) {
    std::vector<IpAddress> ips;
    if (how & 1) ips.push_back(ip(0, how >> 6));
    if (how & 2) ips.push_back(ip6(how >> 7, (how >> 5) & 3));
    if (how & 4) ips.push_back(ip(1, how >> 6));
    if (how & 8) ips.push_back(ip6(how >> 7, 1));
    if (how & 16) ips.push_back(*IpAddress::from_bytes(std::array<std::uint8_t, 4>{127, 0, 0, 1}));
    scores_.set_ips(PeerHandle{static_cast<std::uint32_t>(peer)}, ips);
    naive_.set_ips(peer, ips);
  }
  void set_topic_params(std::uint8_t how) {
    auto p = topic_params(how % 5 * 0.4);
    p.first_message_deliveries_cap = 1 + how % 13;
    p.mesh_message_deliveries_cap = 5 + how % 11;
    const std::string topic{how & 64 ? "a" : "b"};
    scores_.set_topic_params(topic, p);
    naive_.set_topic_params(topic, p);
  }
  void compare() const {
    scores_.check_invariants();
    for (const auto peer : connected_) {
      if (peer == 0) continue;
      const PeerHandle handle{static_cast<std::uint32_t>(peer)};
      const auto score = scores_.score(handle);
      ASSERT(std::abs(score - naive_.score(peer)) <= 1e-9 * std::max(1.0, std::abs(score)));
      ASSERT(scores_.explain(handle)->score == score);
    }
  }

  std::vector<PeerId> ids_;
  Rng rng_{Rng::Seed{1}};
  PeerScores scores_;
  NaiveScores naive_;
  TimePoint now_ = start;
  std::array<int, identities> connected_{};
  int next_handle_ = 1;
  int next_message_ = 1;
  std::map<int, std::string> topic_of_;
};

}  // namespace grapevine::gossipsub
