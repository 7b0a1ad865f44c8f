// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/seen_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>

namespace grapevine::pubsub {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

ByteView id_of(std::string_view text) { return as_bytes(text); }

SeenCache cache_of(Duration ttl, std::size_t ids_max = 1'000'000) {
  Rng rng{Rng::Seed{5}};
  return SeenCache{{.ttl = ttl, .ids_max = ids_max}, rng};
}

TEST(SeenCache, KnowsAnIdFromItsFirstSightForTheTtl) {
  auto seen = cache_of(120s);

  EXPECT_FALSE(seen.contains(id_of("a"), start));
  EXPECT_TRUE(seen.insert(id_of("a"), start));
  EXPECT_FALSE(seen.insert(id_of("a"), start));
  EXPECT_TRUE(seen.contains(id_of("a"), start + 120s - 1us));
  EXPECT_FALSE(seen.contains(id_of("b"), start));
}

TEST(SeenCache, ForgetsWithinAnEighthAfterTheTtl) {
  auto seen = cache_of(120s);
  seen.insert(id_of("a"), start);

  EXPECT_FALSE(seen.contains(id_of("a"), start + 135s));
  EXPECT_TRUE(seen.insert(id_of("a"), start + 135s));
}

TEST(SeenCache, V43SeeingAgainDoesNotProlong) {
  auto seen = cache_of(120s);
  seen.insert(id_of("a"), start);
  for (auto at = start; at < start + 135s; at += 1s) seen.insert(id_of("a"), at);

  EXPECT_EQ(seen.size(), 1U);
  EXPECT_TRUE(seen.insert(id_of("a"), start + 135s + 120s));
}

TEST(SeenCache, V43NothingStaysLongAfterAnIdleTime) {
  auto seen = cache_of(120s);
  seen.insert(id_of("a"), start);

  EXPECT_TRUE(seen.insert(id_of("b"), start + 100h));

  EXPECT_EQ(seen.size(), 1U);
}

TEST(SeenCache, V42AnErasedIdIsNewAgain) {
  auto seen = cache_of(120s);
  seen.insert(id_of("forged"), start);
  seen.insert(id_of("other"), start + 20s);

  seen.erase(id_of("forged"));
  seen.erase(id_of("unknown"));

  EXPECT_FALSE(seen.contains(id_of("forged"), start + 20s));
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_TRUE(seen.insert(id_of("forged"), start + 21s));
  EXPECT_FALSE(seen.insert(id_of("other"), start + 21s));
  EXPECT_EQ(seen.evicted(), 0U);
}

TEST(SeenCache, EvictsTheOldestEighthAboveItsBoundAndSaysSo) {
  auto seen = cache_of(120s, 800);
  for (int i = 0; i < 800; ++i) seen.insert(id_of(std::to_string(i)), start);
  EXPECT_EQ(seen.evicted(), 0U);
  EXPECT_EQ(seen.size(), 800U);

  EXPECT_TRUE(seen.insert(id_of("one more"), start));

  EXPECT_EQ(seen.evicted(), 100U);
  EXPECT_EQ(seen.size(), 701U);
  EXPECT_FALSE(seen.contains(id_of("0"), start));
  EXPECT_TRUE(seen.contains(id_of("100"), start));
  EXPECT_TRUE(seen.contains(id_of("one more"), start));
}

TEST(SeenCache, KeepsTheLeastBounds) {
  for (const std::size_t ids_max : {1, 2, 7, 9}) {
    auto seen = cache_of(1us, ids_max);
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(seen.insert(id_of(std::to_string(i)), start));
      EXPECT_LE(seen.size(), ids_max);
      EXPECT_TRUE(seen.contains(id_of(std::to_string(i)), start));
    }
  }
}

TEST(SeenCache, SurvivesTheEndOfTime) {
  auto seen = cache_of(120s);

  EXPECT_TRUE(seen.insert(id_of("a"), TimePoint::max() - 1us));
  EXPECT_FALSE(seen.insert(id_of("a"), TimePoint::max() - 1us));
}

TEST(SeenCache, V21KeysOfTwoNodesDiffer) {
  // An attacker who finds ids that collide in one cache has found nothing for another: all that
  // shows outside is that equal seeds and different seeds both work.
  Rng one{Rng::Seed{1}};
  Rng two{Rng::Seed{2}};
  SeenCache first{{}, one};
  SeenCache second{{}, two};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(first.insert(id_of(std::to_string(i)), start));
    EXPECT_TRUE(second.insert(id_of(std::to_string(i)), start));
  }
}

/// When each id was first seen, and nothing else.
class NaiveTwin {
 public:
  /// Expects what the cache may answer: never true within the TTL, always true one part after it.
  void check_insert(const std::string& id, bool answer, TimePoint now) {
    const auto known = first_.find(id);
    if (known == first_.end()) {
      EXPECT_TRUE(answer) << id;
    } else if (now < known->second + ttl) {
      EXPECT_FALSE(answer) << id;
    } else if (now >= known->second + ttl + ttl / 8) {
      EXPECT_TRUE(answer) << id;
    }
    if (answer) first_[id] = now;
  }
  void erase(const std::string& id) { first_.erase(id); }

  static constexpr Duration ttl = 80s;

 private:
  std::map<std::string, TimePoint> first_;
};

TEST(SeenCache, V43NeverAnswersNewTwiceWithinTheTtl) {
  for (std::uint8_t seed = 0; seed < 20; ++seed) {
    Rng rng{Rng::Seed{seed}};
    SeenCache seen{{.ttl = NaiveTwin::ttl, .ids_max = 1'000'000}, rng};
    NaiveTwin twin;
    auto now = start;
    for (int step = 0; step < 5000 && !testing::Test::HasFailure(); ++step) {
      if (rng.chance(1, 3)) now += Duration{static_cast<Duration::rep>(rng.below(3'000'000))};
      if (rng.chance(1, 500)) now += NaiveTwin::ttl;
      const auto id = std::to_string(rng.below(300));
      if (rng.chance(1, 20)) {
        seen.erase(id_of(id));
        twin.erase(id);
      } else {
        twin.check_insert(id, seen.insert(id_of(id), now), now);
      }
    }
    EXPECT_EQ(seen.evicted(), 0U);
  }
}

/// The same rules as SeenCache with a set for each part of time.
class NaiveParts {
 public:
  NaiveParts(Duration ttl, std::size_t ids_max) : ttl_{ttl}, ids_max_{ids_max} {}

  bool insert(const std::string& id, TimePoint now) {
    if (contains(id, now)) return false;
    if (parts_.empty() || parts_.back().until <= now || parts_.back().ids.size() >= ids_max_ / 8) {
      if (!parts_.empty()) parts_.back().until = std::min(parts_.back().until, now);
      parts_.push_back({now + ttl_ / 8, {}});
    }
    while (size() >= ids_max_ || parts_.size() > 18) parts_.pop_front();
    parts_.back().ids.insert(id);
    return true;
  }
  bool contains(const std::string& id, TimePoint now) {
    while (!parts_.empty() && parts_.front().until + ttl_ <= now) parts_.pop_front();
    return std::ranges::any_of(parts_, [&](const Part& part) { return part.ids.contains(id); });
  }
  void erase(const std::string& id) {
    for (auto& part : parts_) part.ids.erase(id);
  }
  std::size_t size() const {
    std::size_t sum = 0;
    for (const auto& part : parts_) sum += part.ids.size();
    return sum;
  }

 private:
  struct Part {
    TimePoint until;
    std::set<std::string> ids;
  };
  Duration ttl_;
  std::size_t ids_max_;
  std::deque<Part> parts_;
};

/// Bursts fill and overfill the table, quiet times empty it: it grows, is cleaned, and shrinks.
TEST(SeenCache, BehavesAsItsNaiveParts) {
  Rng rng{Rng::Seed{11}};
  SeenCache seen{{.ttl = 80s, .ids_max = 2000}, rng};
  NaiveParts naive{80s, 2000};
  auto now = start;
  for (int step = 0; step < 60'000; ++step) {
    const bool quiet = step / 10'000 % 2 == 1;
    if (rng.chance(1, quiet ? 2 : 500)) now += Duration{std::chrono::seconds{1 + rng.below(3)}};
    const auto id = std::to_string(static_cast<std::uint64_t>(step) / 4 + rng.below(3000));
    if (rng.chance(1, 10)) {
      seen.erase(id_of(id));
      naive.erase(id);
    } else {
      ASSERT_EQ(seen.insert(id_of(id), now), naive.insert(id, now)) << step;
      ASSERT_EQ(seen.size(), naive.size()) << step;
    }
    const auto other = std::to_string(static_cast<std::uint64_t>(step) / 4 + rng.below(3000));
    ASSERT_EQ(seen.contains(id_of(other), now), naive.contains(other, now)) << step;
  }
  EXPECT_GT(seen.evicted(), 0U);
}

TEST(SeenCache, StaysBoundedWhateverIsErased) {
  Rng rng{Rng::Seed{9}};
  SeenCache seen{{.ttl = 120s, .ids_max = 64}, rng};  // eight ids fill a bucket
  const auto id = [](int bucket, int i) { return std::to_string(bucket * 8 + i); };
  for (int bucket = 0; bucket < 100; ++bucket) {
    for (int i = 0; i < 8; ++i) seen.insert(id_of(id(bucket, i)), start);
    for (int i = 1; i < 8; ++i) seen.erase(id_of(id(bucket - 1, i)));
    ASSERT_LE(seen.size(), 18U + 8U) << "one id a bucket is left, and buckets are few";
  }
  EXPECT_GT(seen.evicted(), 0U);
  EXPECT_TRUE(seen.contains(id_of(id(99, 0)), start));
}

}  // namespace
}  // namespace grapevine::pubsub
