// SPDX-License-Identifier: Apache-2.0
// A script of peers, RPCs, publishes, verdicts and time against one router, watched by its own
// invariants and by a naive model: no message twice, no mesh link within a backoff that either side
// announced, no mesh above d_high after a heartbeat, no more ids asked for or advertised than a
// heartbeat allows, every own message on its way to every mesh peer or counted as dropped, and
// nothing left of peers that are gone; receipts only rise, and end once; peers are named, and names
// taken, only with peer exchange, by whom we think well of and never more than a heartbeat allows;
// nobody who is blocked or filtered is subscribed;
// topics with policies keep to those. Input: one byte of configuration, then steps: a byte of what,
// and what that needs.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/varint.hpp"
#include "core/gossipsub/router.hpp"
#include "identity/keys.hpp"
#include "obs/trace_event.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::gossipsub;
using namespace std::chrono_literals;

constexpr std::size_t slots = 8;
constexpr std::array<std::string_view, 4> topics{"a", "b", "c", "a longer name of a topic"};

const PeerId& identity(std::size_t number) {
  static const auto ids = [] {
    std::vector<PeerId> all;
    for (std::uint8_t i = 0; i <= slots; ++i) {
      Rng::Seed seed{};
      seed[0] = i;
      all.push_back(KeyPair::from_ed25519_seed(seed).peer_id());
    }
    return all;
  }();
  return ids[number];
}

// Only the application's word counts, and it is enough to keep a peer out of the meshes but not to
// turn away its RPCs: the model knows no graylist.
ScoreParams word_of_application() {
  ScoreParams params;
  params.skip_atomic_validation = true;
  params.thresholds.gossip = -3;
  params.thresholds.publish = -4;
  params.thresholds.graylist = -5;
  params.app_specific_weight = 1;
  return params;
}

Config config_of(std::uint8_t shape) {
  Config config;
  config.d = 3;
  config.d_low = 2;
  config.d_high = (shape & 1) ? 3 : 4;
  config.d_score = 1;
  config.d_out = 1;
  config.d_lazy = 2;
  config.score = word_of_application();
  config.mode = (shape & 6) == 6 ? Mode::floodsub : Mode::gossipsub;
  config.flood_publish = shape & 8;
  config.signature_policy = pubsub::SignaturePolicy::lax_sign;
  config.message_id = pubsub::ids::prefix8;
  config.direct_peers = {identity(slots)};
  config.peer_exchange = shape & 32;
  config.px_bytes_max = 100;
  config.ihave_ids_max = 20;
  config.iwant_ids_max = 20;
  config.idontwant_ids_max = 8;
  config.idontwant_message_size_threshold = 32;
  config.idontwant_on_publish = shape & 16;
  config.message_size_max = 4096;
  config.outbox_bytes_max = 6000;
  config.outbox_items_max = 6;
  config.outboxes_bytes_max = 9000;
  config.receipts_max = 2;
  config.discovery = shape & 64;
  config.check_seqno = shape & 64;
  config.author_marks_max = 2;
  config.validations_max = 3;
  config.validation_queue_max = 2;
  config.blocked_max = 3;
  config.subscription_filter.subscriptions_per_rpc_max = 6;
  if (shape & 128) {
    config.peer_filter = [](const PeerId& peer, std::string_view topic) {
      return topic != "b" || peer != identity(1);
    };
    config.rpc_inspector = [](const PeerId&, const pubsub::RpcView& rpc, std::size_t) {
      return rpc.idontwant.size() < 7;
    };
  }
  config.pending_messages_max = 6;
  config.pending_per_peer_max = 3;
  config.pending_bytes_max = 5000;
  config.mcache_bytes_max = 4000;
  config.topics_max = 12;
  config.traffic_topics_max = 2;
  config.trace_detail = TraceDetail::everything;
  config.subscription_filter.topics_per_peer_max = 6;
  return config;
}

class Run {
 public:
  explicit Run(ByteView script)
      : script_{script},
        config_{std::make_shared<const Config>(config_of(byte()))},
        router_{*Router::create(identity(0), config_, Rng{Rng::Seed{9}}, now_)} {}

  void all() {
    for (int steps = 0; steps < 400 && script_.remaining() > 0; ++steps) {
      step(byte());
      drain();
      check();
    }
    finish();
  }

 private:
  struct Slot {
    std::optional<PeerHandle> peer;
    bool open = false;
    bool holds = false;
    std::set<std::string> heard;  ///< payloads
    std::set<std::string> unwanted;
    std::size_t asked = 0;  ///< ids since the last heartbeat, as long as it did not hold
    std::size_t told = 0;
    std::size_t named = 0;  ///< peers it named that were taken; likewise
  };

  std::uint8_t byte() { return script_.remaining() > 0 ? script_.u8() : std::uint8_t{0}; }
  std::string_view topic() { return topics[byte() % topics.size()]; }
  Slot& slot() { return slots_[byte() % slots]; }
  std::size_t number(const Slot& slot) const {
    return static_cast<std::size_t>(&slot - slots_.data()) + 1;
  }

  void step(std::uint8_t what) {
    switch (what % 16) {
      case 0:
      case 1: {
        auto& free = slot();
        return connect(free, byte());
      }
      case 2:
        return disconnect(slot());
      case 3:
        return toggle_stream(slot());
      case 4:
      case 5:
      case 6:
      case 7:
        return rpc(slot());
      case 8:
        return raw(slot());
      case 9:
        router_.join(topic(), now_);
        return;
      case 10:
        return leave(topic());
      case 11:
        return publish(topic());
      case 12:
        return pass(byte());
      case 13:
        return answer(byte());
      case 14:
        return hold(slot());
      default:
        return settings(byte());
    }
  }

  void connect(Slot& slot, std::uint8_t how) {
    if (slot.peer) return;
    slot.peer = PeerHandle{next_++};
    slot.open = how & 1;
    slot.holds = false;
    router_.add_peer(*slot.peer, {identity(number(slot)), (how & 2) != 0}, now_);
    if (slot.open) router_.on_stream_open(*slot.peer, Version{(how >> 2) % 4}, now_);
    if (how & 32) router_.set_record(*slot.peer, SharedBytes{Bytes(how, 'r')});
  }

  void disconnect(Slot& slot) {
    if (slot.peer) router_.remove_peer(*slot.peer, now_);
    slot = Slot{};
  }

  void toggle_stream(Slot& slot) {
    if (!slot.peer) return;
    slot.open = !slot.open;
    if (slot.open) {
      router_.on_stream_open(*slot.peer, Version{byte() % 4}, now_);
    } else {
      router_.on_stream_lost(*slot.peer, now_);
    }
  }

  /// A payload of one of a few ids, in a few variants that share the id.
  std::string payload() {
    const auto id = byte();
    std::string data = "message" + std::string(1, static_cast<char>('A' + id % 32));
    data += std::string((id >> 5) * 40, static_cast<char>('0' + byte() % 4));
    return data;
  }

  void rpc(Slot& slot) {
    if (!slot.peer) return;
    pubsub::RpcWriter writer{{.batch_bytes = 1 << 20, .control_bytes = 1 << 20}};
    std::vector<Pruned> prunes;
    for (auto entries = byte() % 8 + 1; entries > 0; --entries) {
      if (const auto pruned = add_entry(slot, writer)) prunes.push_back(*pruned);
    }
    const auto frame = frame_of(writer.take());
    ASSERT(router_.on_rpc(*slot.peer, frame, now_));
    if (passed_over(slot, frame)) return;
    if (config_->mode == Mode::floodsub) return;
    for (const auto& [name, seconds] : prunes) {
      if (!joined(name)) continue;
      const std::chrono::seconds clamped{std::clamp<std::uint64_t>(seconds, 1, 3600)};
      back_off(name, number(slot), now_ + clamped);
    }
  }

  struct Pruned {
    std::string_view topic;
    std::uint64_t seconds;
  };

  std::optional<Pruned> add_entry(Slot& slot, pubsub::RpcWriter& writer) {
    const auto id = payload().substr(0, 8);
    const std::array<ByteView, 3> ids{as_bytes(id), as_bytes(id), as_bytes(id)};
    switch (byte() % 9) {
      case 0:
        writer.add_subscription(true, topic());
        break;
      case 1: {
        const bool on = byte() & 1;
        writer.add_subscription(on, topic());
        break;
      }
      case 2:
        writer.add_graft(topic());
        break;
      case 3: {
        const auto name = topic();
        const auto code = byte();
        const auto seconds = code == 255 ? ~std::uint64_t{0} : std::uint64_t{code};
        pubsub::Prune prune{name, seconds, {}};
        for (std::size_t i = 0; i < code / 8u; ++i) {
          prune.peers.push_back({i == 12 ? ids[0] : identity(i % (slots + 1)).bytes(), ids[0]});
        }
        writer.add_prune(prune);
        return Pruned{name, seconds};
      }
      case 4:
        writer.add_ihave(topic(), ids);
        break;
      case 5:
        writer.add_iwant(ids);
        break;
      case 6:
        writer.add_idontwant(ids);
        slot.unwanted.insert(id);
        break;
      default: {
        const auto name = topic();
        const auto data = payload();
        writer.add_publish(message(name, data, byte() & 3).field);
        break;
      }
    }
    return std::nullopt;
  }

  /// Its words count for nothing: it is blocked, or the RPC is refused as a whole.
  bool passed_over(const Slot& slot, const SharedBytes& frame) const {
    if (router_.is_blocked(identity(number(slot)), now_)) return true;
    const auto rpc = pubsub::read_rpc(frame, config_->rpc_limits);
    return rpc->subscriptions.size() > config_->subscription_filter.subscriptions_per_rpc_max ||
           (config_->rpc_inspector && !config_->rpc_inspector(identity(0), *rpc, frame.size()));
  }

  void raw(Slot& slot) {
    const auto size = std::min<std::size_t>(byte(), script_.remaining());
    const auto bytes = SharedBytes::copy_of(script_.take(size));
    if (!slot.peer) return;
    // What it may prune or not want is outside the model: it speaks of a topic of its own.
    const auto read = pubsub::read_rpc(bytes, config_->rpc_limits);
    if (read && (!read->prune.empty() || !read->idontwant.empty())) return;
    (void)router_.on_rpc(*slot.peer, bytes, now_);
  }

  /// `author` 1: signed, and the script says whether the signature is good.
  pubsub::Message message(std::string_view name, const std::string& data, int author) {
    static const auto key = KeyPair::from_ed25519_seed(Rng::Seed{77});
    pubsub::Draft draft{name, as_bytes(data), nullptr, std::nullopt, nullptr};
    if (author == 1) {
      draft.author = &identity(number(slots_[3]));
      draft.seqno = 1;
      draft.key = &key;
    }
    auto made = pubsub::encode(draft);
    made.id = *config_->message_id(made.view);
    return made;
  }

  static SharedBytes frame_of(const pubsub::PackedRpc& rpc) {
    Bytes whole;
    for (const auto& piece : rpc.pieces) append(whole, piece);
    base::ByteReader in{whole};
    return SharedBytes::copy_of(**base::take_frame(in, whole.size()));
  }

  bool joined(std::string_view name) const {
    const auto all = router_.topics();
    return std::ranges::find(all, name) != all.end();
  }

  void back_off(std::string_view name, std::size_t who, TimePoint until) {
    auto& end = backoffs_[{std::string{name}, identity(who)}];
    end = std::max(end, until);
  }

  void leave(std::string_view name) {
    for (const auto& peer : router_.mesh(name)) {
      auto& end = backoffs_[{std::string{name}, peer}];
      end = std::max(end, now_ + config_->unsubscribe_backoff);
    }
    router_.leave(name, now_);
  }

  void publish(std::string_view name) {
    const auto data = payload();
    const auto withheld = [this] {
      const auto& counters = router_.counters();
      return counters.rpc_dropped + counters.oversize;
    };
    const auto before = withheld();
    const auto mesh = router_.mesh(name);
    const auto sent = router_.publish(message(name, data, 0), now_);
    if (!sent) return;
    drain();
    std::size_t unwilling = 0;
    for (auto& slot : slots_) {
      const auto meshed = std::ranges::find(mesh, identity(number(slot))) != mesh.end();
      if (!slot.peer || !meshed) continue;
      if (slot.unwanted.contains(data.substr(0, 8))) {
        ++unwilling;
      } else if (!slot.holds) {
        ASSERT(slot.heard.contains(data) || withheld() > before);
      }
    }
    ASSERT(*sent + (withheld() - before) + unwilling >= mesh.size());
  }

  void pass(std::uint8_t code) {
    now_ += std::chrono::milliseconds{code % 4 == 3 ? code * 200 : code * 8};
    while (*router_.next_deadline() <= now_) {
      for (auto& slot : slots_) slot.asked = slot.told = slot.named = 0;
      router_.on_deadline(now_);
      for (const auto& name : router_.topics()) {
        const auto high = highs_.find(name);
        ASSERT(router_.mesh(name).size() <=
               (high == highs_.end() ? config_->d_high : high->second));
      }
      drain();
    }
  }

  void answer(std::uint8_t code) {
    if (code & 1 && !verify_.empty()) {
      const auto at = verify_.begin() + (code >> 3) % static_cast<std::ptrdiff_t>(verify_.size());
      const auto ticket = *at;
      verify_.erase(at);
      Result<void, pubsub::RejectReason> verdict;
      if (code & 2) verdict = unexpected(pubsub::RejectReason::invalid_signature);
      router_.on_verified(ticket, verdict, now_);
    } else if (!validate_.empty()) {
      const auto at =
          validate_.begin() + (code >> 3) % static_cast<std::ptrdiff_t>(validate_.size());
      const auto ticket = *at;
      validate_.erase(at);
      router_.on_validated(ticket, Validation{(code >> 1) % 3}, now_);
    }
    router_.on_validated(Ticket{code}, Validation::ignore, now_);  // an answer nobody asked for
  }

  void hold(Slot& slot) {
    slot.holds = !slot.holds;
    if (slot.peer && !slot.holds) carry(slot, true);
  }

  void settings(std::uint8_t code) {
    auto& of = slots_[(code >> 3) % slots];
    const auto& who = identity(number(of));
    switch (code % 11) {
      case 5:
        return publish_batch(topic());
      case 6:
        (void)router_.publish_local(message(topic(), payload(), 0), now_);
        return;
      case 7:
        return follow(topic());
      case 0:
        return router_.add_direct(identity(number(of)), now_);
      case 1:
        return router_.remove_direct(identity(number(of)));
      case 2:
        router_.set_application_score(identity(number(of)), static_cast<double>(byte() % 5) - 2);
        return;
      case 3:
        return set_policy(topic(), byte());
      case 8:
        router_.block({who, now_ + std::chrono::seconds{code >> 4}}, now_);
        return;
      case 4:
        router_.unblock(who);
        return;
      default:
        return code & 128 ? cap(of, byte()) : validation(code);
    }
  }

  void publish_batch(std::string_view name) {
    std::vector<pubsub::Message> messages;
    for (int i = 0; i < 3; ++i) messages.push_back(message(name, payload(), 0));
    ASSERT(router_.publish_batch(std::move(messages), now_) <= 3);
  }

  /// Publishes, and forgets some other receipt first.
  void follow(std::string_view name) {
    auto made = message(name, payload(), 0);
    const std::chrono::milliseconds time{byte() * 100};
    if (receipts_ % 3 == 2) {
      router_.untrack(ReceiptId{receipts_});
      progress_.erase(receipts_);
    }
    router_.track(made.id, {ReceiptId{++receipts_}, time}, now_);
    (void)router_.publish(std::move(made), now_);
  }

  void take_progress(const Progress& news) {
    auto& last = progress_[std::to_underlying(news.receipt)];
    ASSERT(!last.over && news.queued >= last.queued && news.written >= last.written);
    ASSERT(news.acknowledged >= last.acknowledged);
    last = news;
  }

  /// A topic that is only published to from now on is left.
  void set_policy(std::string_view name, std::uint8_t code) {
    TopicPolicy policy;
    if (code & 1) {
      policy.d = policy.d_high = 2;
      policy.d_low = 1;
      policy.d_out = 0;
    }
    if (code & 2) policy.signature_policy = pubsub::SignaturePolicy::strict_no_sign;
    if (code & 4) policy.message_size_max = 100;
    if (code & 8) policy.expiry = 300ms;
    if (code & 16) policy.queue_share = 0.1;
    policy.priority = static_cast<Priority>((code >> 5) % 3);
    policy.fanout_only = code & 128;
    const auto mesh = policy.fanout_only ? router_.mesh(name) : std::vector<PeerId>{};
    ASSERT(router_.set_policy(name, policy, now_));
    highs_[std::string{name}] = policy.d_high.value_or(config_->d_high);
    for (const auto& peer : mesh) {
      auto& end = backoffs_[{std::string{name}, peer}];
      end = std::max(end, now_ + config_->unsubscribe_backoff);
    }
  }

  void cap(Slot& slot, std::uint8_t code) {
    if (!slot.peer) return;
    const auto size_max = code == 0 ? std::nullopt : std::optional<std::size_t>{code};
    router_.set_rpc_size_max(*slot.peer, size_max);
    router_.set_agent(*slot.peer, code & 1 ? "js-libp2p/3" : "");
  }

  /// Of a topic, or of all; short times, so that some run out.
  void validation(std::uint8_t code) {
    const Validating how{(code & 8) != 0, (code & 16) != 0,
                         std::chrono::milliseconds{1 + 100 * (code >> 5)},
                         std::size_t{1} + (code >> 6)};
    router_.set_validation(code % 11 == 10 ? std::string_view{} : topic(), how);
    if (!validate_.empty()) router_.extend_validation(validate_.back(), how.timeout);
  }

  void carry(Slot& slot, bool late = false) {
    while (const auto packed = router_.pack(*slot.peer, now_)) {
      const auto frame = frame_of(*packed);
      const auto read = pubsub::read_rpc(frame, pubsub::RpcLimits{});
      ASSERT(read);
      ASSERT(read->idontwant.size() <= 500);  // to js
      for (const auto body : read->publish_bodies) {
        slot.heard.insert(to_text(pubsub::parse_message(body)->payload()));
      }
      if (!late) take_control(slot, *read);
    }
  }

  /// What left in the turn that caused it: budgets count, and we keep to the backoffs we announce.
  void take_control(Slot& slot, const pubsub::RpcView& rpc) {
    slot.asked += rpc.iwant.size();
    for (const auto& advert : rpc.ihave) slot.told += advert.ids.size();
    ASSERT(slot.asked <= config_->ihave_ids_max && slot.told <= config_->ihave_ids_max);
    for (const auto& prune : rpc.prune) {
      check_named(slot, prune);
      if (!prune.backoff_seconds) continue;
      const std::chrono::seconds span{*prune.backoff_seconds};
      back_off(prune.topic, number(slot), now_ + span);
    }
  }

  void check_named(const Slot& slot, const pubsub::Prune& prune) const {
    ASSERT(prune.peers.empty() || config_->peer_exchange);
    ASSERT(prune.peers.size() <= config_->send_limits.px_peers);
    std::size_t bytes = 0;
    for (const auto& peer : prune.peers) {
      ASSERT(!equal(peer.peer_id, identity(number(slot)).bytes()));
      bytes += peer.signed_record.size();
    }
    ASSERT(bytes <= config_->px_bytes_max);
  }

  void take_named(const Connect& connect) {
    ASSERT(config_->peer_exchange && connect.peer != identity(0));
    ASSERT(router_.score(connect.offered_by) >= 0);
    for (auto& slot : slots_) {
      ASSERT(!slot.peer || connect.peer != identity(number(slot)));
      if (connect.offered_by != identity(number(slot))) continue;
      ASSERT(slot.peer && ++slot.named <= config_->rpc_limits.px_peers_max);
    }
  }

  /// What is recorded of meshes is all that happens to them; whatever is recorded can be written.
  void take_record(Recorded record) {
    const std::pair key{record.topic, record.peer};
    if (record.kind == Recorded::Kind::graft) ASSERT(meshed_.insert(key).second);
    if (record.kind == Recorded::Kind::prune) ASSERT(meshed_.erase(key) == 1);
    const obs::TraceEvent event{identity(slots), 1, std::move(record)};
    std::string line;
    obs::append_json(line, event, config_->message_id);
    ASSERT(line.ends_with("}\n") && std::ranges::count(line, '\n') == 1);
    Bytes encoded;
    obs::append_protobuf(encoded, event, config_->message_id);
    base::ByteReader in{encoded};
    const auto body = base::take_frame(in, encoded.size());
    ASSERT(body && *body && in.remaining() == 0);
  }

  void drain() {
    while (auto output = router_.poll()) {
      if (const auto* write = std::get_if<WantsWrite>(&*output)) {
        for (auto& slot : slots_) {
          if (slot.peer == write->peer && !slot.holds) carry(slot);
        }
      } else if (const auto* connect = std::get_if<Connect>(&*output)) {
        if (!connect->offered_by.empty()) take_named(*connect);
      } else if (const auto* deliver = std::get_if<Deliver>(&*output)) {
        const auto id = to_text(deliver->message.id.bytes());
        const auto known = delivered_.find(id);
        ASSERT(known == delivered_.end() || now_ - known->second >= config_->seen.ttl);
        delivered_[id] = now_;
      } else if (const auto* verify = std::get_if<Verify>(&*output)) {
        for (const auto& job : verify->jobs) verify_.push_back(job.ticket);
      } else if (const auto* validate = std::get_if<Validate>(&*output)) {
        validate_.push_back(validate->ticket);
      } else if (const auto* progress = std::get_if<Progress>(&*output)) {
        take_progress(*progress);
      } else if (auto* record = std::get_if<Recorded>(&*output)) {
        take_record(std::move(*record));
      }
    }
  }

  void check() {
    router_.check_invariants(now_);
    for (const auto& slot : slots_) check_unwanted(identity(number(slot)));
    for (const auto& [key, end] : backoffs_) {
      if (end <= now_) continue;
      const auto mesh = router_.mesh(key.first);
      ASSERT(std::ranges::find(mesh, key.second) == mesh.end());
    }
    std::size_t meshed = 0;
    for (const auto& topic : router_.topics()) meshed += router_.mesh(topic).size();
    ASSERT(meshed == meshed_.size());
  }

  void check_unwanted(const PeerId& peer) const {
    for (const auto topic : topics) {
      const bool taken = !router_.is_blocked(peer, now_) &&
                         (!config_->peer_filter || config_->peer_filter(peer, topic));
      const auto subscribers = router_.subscribers(topic);
      ASSERT(taken || std::ranges::find(subscribers, peer) == subscribers.end());
    }
  }

  void finish() {
    for (auto& slot : slots_) disconnect(slot);
    drain();
    ASSERT(router_.peer_state_size() == 0);
    ASSERT(!router_.has_pending());
    router_.check_invariants(now_);
  }

  base::ByteReader script_;
  TimePoint now_{1s};
  std::shared_ptr<const Config> config_;
  Router router_;
  std::uint32_t next_ = 1;
  std::array<Slot, slots> slots_{};
  std::uint64_t receipts_ = 0;
  std::map<std::uint64_t, Progress> progress_;
  std::vector<Ticket> verify_;
  std::vector<Ticket> validate_;
  std::map<std::string, std::size_t, std::less<>> highs_;  ///< of topics that had a policy
  std::map<std::string, TimePoint> delivered_;
  std::set<std::pair<std::string, PeerId>> meshed_;  ///< by what is recorded
  std::map<std::pair<std::string, PeerId>, TimePoint> backoffs_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Run{{data, size}}.all();
  return 0;
}
