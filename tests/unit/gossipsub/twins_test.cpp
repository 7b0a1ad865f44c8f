// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>

#include "core/gossipsub/backoff.hpp"
#include "core/gossipsub/mcache.hpp"
#include "core/gossipsub/outbox.hpp"
#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

/// The same rules as Backoffs, written to be obviously right.
class NaiveBackoffs {
 public:
  void extend(TopicHandle topic, int peer, TimePoint until) {
    auto& end = ends_[{topic, peer}];
    end = std::max(end, until);
  }
  bool holds(TopicHandle topic, int peer, TimePoint now) const {
    const auto found = ends_.find({topic, peer});
    return found != ends_.end() && now < found->second;
  }
  void sweep(TimePoint now, Duration slack) {
    std::erase_if(ends_, [&](const auto& entry) { return entry.second + slack <= now; });
  }
  bool concerns(TopicHandle topic) const {
    return std::ranges::any_of(ends_, [&](const auto& e) { return e.first.first == topic; });
  }
  std::size_t size() const { return ends_.size(); }

 private:
  std::map<std::pair<TopicHandle, int>, TimePoint> ends_;
};

TEST(Backoffs, BehaveAsTheirNaiveTwin) {
  Rng rng{Rng::Seed{1}};
  std::vector<PeerId> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(Alone::key(i).peer_id());
  Backoffs backoffs{rng};
  NaiveBackoffs naive;
  TimePoint now{1s};
  for (int step = 0; step < 20'000; ++step) {
    const TopicHandle topic{static_cast<std::uint32_t>(rng.below(6))};
    const auto peer = static_cast<int>(rng.below(ids.size()));
    const auto& id = ids[static_cast<std::size_t>(peer)];
    switch (rng.below(4)) {
      case 0:
        now += std::chrono::milliseconds{rng.below(2000)};
        break;
      case 1: {
        const auto until = now + std::chrono::milliseconds{rng.below(60'000)};
        backoffs.extend(topic, id, until);
        naive.extend(topic, peer, until);
        break;
      }
      case 2:
        if (rng.chance(1, 10)) {
          backoffs.sweep(now, 2s);
          naive.sweep(now, 2s);
        }
        break;
      default:
        break;
    }
    ASSERT_EQ(backoffs.holds(topic, id, now), naive.holds(topic, peer, now)) << step;
    ASSERT_EQ(backoffs.concerns(topic), naive.concerns(topic)) << step;
    ASSERT_EQ(backoffs.size(), naive.size()) << step;
  }
}

TEST(Backoffs, HoldUntilTheLongestEndGiven) {
  Rng rng{Rng::Seed{1}};
  Backoffs backoffs{rng};
  const auto alice = Alone::key(1).peer_id();
  const TimePoint start{5s};
  backoffs.extend(TopicHandle{1}, alice, start + 60s);
  backoffs.extend(TopicHandle{1}, alice, start + 10s);  // an unsubscribe must not shorten a prune

  EXPECT_TRUE(backoffs.holds(TopicHandle{1}, alice, start + 59s));
  EXPECT_FALSE(backoffs.holds(TopicHandle{1}, alice, start + 60s));
}

/// The same rules as MessageCache: a list of windows, each a list.
class NaiveCache {
 public:
  NaiveCache(std::size_t windows, std::size_t bytes_max) : bytes_max_{bytes_max} {
    windows_.resize(windows);
  }
  void put(const std::string& id, TopicHandle topic, std::size_t bytes) {
    if (find(id)) return;
    windows_.front().push_back({id, topic, bytes});
    while (bytes_in_all() > bytes_max_ && size() > 1) {
      const auto oldest = std::ranges::find_if(windows_.rbegin(), windows_.rend(),
                                               [](auto& w) { return !w.empty(); });
      oldest->pop_front();
    }
  }
  bool find(const std::string& id) const {
    return std::ranges::any_of(windows_, [&](const auto& window) {
      return std::ranges::any_of(window, [&](const auto& entry) { return entry.id == id; });
    });
  }
  std::set<std::string> gossip(TopicHandle topic, std::size_t windows) const {
    std::set<std::string> ids;
    for (std::size_t i = 0; i < windows; ++i) {
      for (const auto& entry : windows_[i]) {
        if (entry.topic == topic) ids.insert(entry.id);
      }
    }
    return ids;
  }
  void shift() {
    windows_.pop_back();
    windows_.emplace_front();
  }
  std::size_t size() const {
    std::size_t sum = 0;
    for (const auto& window : windows_) sum += window.size();
    return sum;
  }
  std::size_t bytes_in_all() const {
    std::size_t sum = 0;
    for (const auto& window : windows_) {
      for (const auto& entry : window) sum += entry.bytes;
    }
    return sum;
  }

 private:
  struct Entry {
    std::string id;
    TopicHandle topic;
    std::size_t bytes;
  };
  std::size_t bytes_max_;
  std::deque<std::deque<Entry>> windows_;
};

TEST(MessageCache, BehavesAsItsNaiveTwin) {
  Rng rng{Rng::Seed{2}};
  const base::KeyedHash hash{rng};
  const auto key_of = [&](std::string_view id) { return IdKey{hash(id)}; };
  MessageCache cache{{5, 3, 8000}};
  NaiveCache naive{5, 8000};
  for (int step = 0; step < 20'000; ++step) {
    const TopicHandle topic{static_cast<std::uint32_t>(rng.below(4))};
    const auto name = "m" + std::to_string(rng.below(40) + static_cast<std::uint64_t>(step) / 10);
    if (rng.chance(1, 12)) {
      cache.shift();
      naive.shift();
    } else if (rng.chance(1, 2)) {
      const SharedBytes field =
          SharedBytes::copy_of(as_bytes(name + std::string(rng.below(99), '.')));
      cache.put({field, {}, pubsub::MessageId{as_bytes(name)}}, key_of(name), topic);
      naive.put(name, topic, field.kept() + MessageCache::overhead);
    }
    ASSERT_EQ(cache.size(), naive.size()) << step;
    ASSERT_EQ(cache.bytes(), naive.bytes_in_all()) << step;
    ASSERT_EQ(cache.find(as_bytes(name), key_of(name)) != nullptr, naive.find(name)) << step;
    std::set<std::string> told;
    const auto all = cache.sample(topic, 1000, rng);
    for (const auto& id : all) told.insert(to_text(id.bytes()));
    ASSERT_EQ(told, naive.gossip(topic, 3)) << step;
    ASSERT_EQ(told.size(), all.size()) << step;
    const auto some = cache.sample(topic, 3, rng);
    ASSERT_EQ(some.size(), std::min<std::size_t>(3, told.size())) << step;
    std::set<std::string> different;
    for (const auto& id : some) different.insert(to_text(id.bytes()));
    ASSERT_EQ(different.size(), some.size()) << step;
    ASSERT_TRUE(std::ranges::includes(told, different)) << step;
  }
}

TEST(MessageCache, CountsWhatItsBytesPushOutAndKeepsTheNewest) {
  Rng rng{Rng::Seed{3}};
  MessageCache cache{{5, 3, 1000}};
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto name = std::to_string(i);
    const auto field = SharedBytes::copy_of(as_bytes(std::string(2000, 'x')));
    cache.put({field, {}, pubsub::MessageId{as_bytes(name)}}, IdKey{i + 1}, TopicHandle{0});
  }

  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.evicted(), 49u);
  EXPECT_NE(cache.find(as_bytes("49"), IdKey{50}), nullptr);
  EXPECT_EQ(cache.sample(TopicHandle{0}, 10, rng).size(), 1u);
  for (int i = 0; i < 5; ++i) cache.shift();
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_FALSE(cache.concerns(TopicHandle{0}));
}

SharedBytes field(std::size_t size) {
  Bytes bytes(size, 0);
  bytes[0] = 2 << 3 | 2;
  return SharedBytes{std::move(bytes)};
}

TEST(Outbox, ShedsGossipThenForwardedThenRefusesAndDropsNothingInVain) {
  const Outbox::Limits limits{.bytes_max = 1000, .items_max = 100};
  Outbox outbox;
  for (std::uint64_t i = 0; i < 5; ++i) outbox.push(Lane::gossip, {field(100), IdKey{i}}, limits);
  for (std::uint64_t i = 5; i < 10; ++i) outbox.push(Lane::forward, {field(100), IdKey{i}}, limits);

  EXPECT_TRUE(outbox.push(Lane::gossip, {field(100), IdKey{10}}, limits).refused);
  EXPECT_EQ(outbox.messages(), 10u);
  EXPECT_EQ(outbox.push(Lane::forward, {field(250), IdKey{11}}, limits).messages, 3u);
  EXPECT_TRUE(outbox.push(Lane::forward, {field(300), IdKey{12}}, limits).refused);
  EXPECT_EQ(outbox.messages(), 8u);  // two of gossip and six forwarded
  const auto own = outbox.push(Lane::own, {field(900), IdKey{13}}, limits);
  EXPECT_FALSE(own.refused);
  EXPECT_EQ(own.messages, 8u);
  EXPECT_TRUE(outbox.push(Lane::own, {field(200), IdKey{14}}, limits).refused);
  EXPECT_LE(outbox.bytes(), limits.bytes_max);
}

TEST(Outbox, PacksControlThenOwnThenForwardedThenGossip) {
  const Outbox::Limits limits{.bytes_max = 10'000, .items_max = 100};
  Outbox outbox;
  outbox.push(Lane::gossip, {field(10), IdKey{1}}, limits);
  outbox.push(Lane::forward, {field(20), IdKey{2}}, limits);
  outbox.push(Lane::own, {field(30), IdKey{3}}, limits);

  const auto packed = outbox.pack({}, {}, {});

  ASSERT_TRUE(packed.rpc);
  ASSERT_EQ(packed.rpc->messages, 3u);
  EXPECT_EQ(packed.rpc->pieces[1].size(), 30u);
  EXPECT_EQ(packed.rpc->pieces[2].size(), 20u);
  EXPECT_EQ(packed.rpc->pieces[3].size(), 10u);
  EXPECT_TRUE(outbox.empty());
  EXPECT_FALSE(outbox.pack({}, {}, {}).rpc);
}

TEST(Outbox, HoldsMessagesBackUntilEverySubscriptionIsOut) {
  const Outbox::Limits limits{.bytes_max = 10'000, .items_max = 100};
  Outbox outbox;
  outbox.push(Lane::own, {field(30), IdKey{3}}, limits);
  for (int i = 0; i < 250; ++i) {
    outbox.announce(std::make_shared<const std::string>(std::to_string(i)), true);
  }

  EXPECT_EQ(outbox.pack({}, {}, {}).rpc->messages, 0u);
  EXPECT_EQ(outbox.pack({}, {}, {}).rpc->messages, 0u);
  EXPECT_EQ(outbox.pack({}, {}, {}).rpc->messages, 1u);
}

TEST(Promises, AreBounded) {
  Promises promises;
  for (std::uint64_t i = 0; i < 2 * Promises::entries_max; ++i) {
    promises.add(IdKey{i * 0x9E3779B97F4A7C15u}, TimePoint{10s});
  }
  EXPECT_EQ(promises.size(), Promises::entries_max);
  EXPECT_TRUE(promises.holds(IdKey{5 * 0x9E3779B97F4A7C15u}, TimePoint{9s}));
  EXPECT_FALSE(promises.holds(IdKey{5 * 0x9E3779B97F4A7C15u}, TimePoint{10s}));
  promises.sweep(TimePoint{10s});
  EXPECT_EQ(promises.size(), 0u);
}

}  // namespace
}  // namespace grapevine::gossipsub
