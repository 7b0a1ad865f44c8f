// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/varint.hpp"
#include "core/history/allowance.hpp"
#include "core/history/requester.hpp"
#include "core/history/responder.hpp"
#include "identity/keys.hpp"

namespace grapevine::history {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1s};

SharedBytes field_of(std::string_view topic, std::string_view data) {
  return pubsub::encode({topic, as_bytes(data), nullptr, {}, nullptr}).field;
}

std::vector<Entry> entries(std::size_t count, std::size_t size = 50) {
  std::vector<Entry> all;
  for (std::size_t i = 0; i < count; ++i) {
    auto data = std::to_string(i);
    data.resize(std::max(size, data.size()), '.');
    all.push_back({i, field_of("t", data)});
  }
  return all;
}

/// A requester and a responder whose bytes arrive in pieces of random sizes.
struct Pair {
  explicit Pair(std::uint8_t seed = 0, const Limits& limits_in = {})
      : limits{limits_in}, rng{Rng::Seed{seed}} {}

  /// Everything the responder gives, in pieces; false when the requester refuses it.
  bool carry_answer() {
    Bytes all;
    while (auto piece = responder.pack(start)) append(all, *piece);
    const SharedBytes bytes{all};
    for (std::size_t at = 0; at < bytes.size();) {
      const auto size = std::min<std::size_t>(1 + rng.below(200), bytes.size() - at);
      if (const auto read = requester.on_bytes(bytes.slice(at, size)); !read) {
        fault = read.error();
        return false;
      }
      at += size;
    }
    return true;
  }
  bool carry_request(const Bytes& bytes) {
    const SharedBytes request{bytes};
    for (std::size_t at = 0; at < request.size();) {
      const auto size = std::min<std::size_t>(1 + rng.below(5), request.size() - at);
      if (!responder.on_bytes(request.slice(at, size), start)) return false;
      at += size;
    }
    return true;
  }
  std::vector<std::string> received() {
    std::vector<std::string> all;
    while (auto event = requester.poll()) {
      if (const auto* message = std::get_if<Received>(&*event)) {
        auto text = to_text(message->message.view.payload());
        all.push_back(text.substr(0, text.find('.')));
      } else {
        end = std::get<End>(*event);
      }
    }
    return all;
  }

  Limits limits;
  Rng rng;
  Requester requester{{.topic = "t"}, limits, pubsub::ids::sha256_data};
  Responder responder{limits, start};
  std::optional<End> end;
  std::optional<Fault> fault;
};

TEST(HistoryPair, CarriesPageAfterPageHoweverTheBytesAreCut) {
  for (std::uint8_t seed = 0; seed < 50; ++seed) {
    Pair pair{seed};
    std::vector<std::string> got;
    auto request = pair.requester.start(start);
    for (int page = 0; page < 3; ++page) {
      ASSERT_TRUE(pair.carry_request(request));
      const auto asked = pair.responder.poll();
      ASSERT_TRUE(asked);
      EXPECT_EQ(asked->topic, "t");
      EXPECT_EQ(asked->cursor, page == 0 ? "" : "7-" + std::to_string(page));
      const auto next = "7-" + std::to_string(page + 1);
      pair.responder.answer(entries(20, seed * 40), {End::Status::ok, next, 0, page < 2}, start);
      ASSERT_TRUE(pair.carry_answer());
      for (auto& text : pair.received()) got.push_back(std::move(text));
      ASSERT_TRUE(pair.end);
      EXPECT_FALSE(pair.requester.waiting());
      if (page < 2) request = pair.requester.go_on(*pair.end, start);
    }
    ASSERT_EQ(got.size(), 60U);
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], std::to_string(i % 20));
  }
}

TEST(Responder, HoldsARequestAtTheLimits) {
  Limits limits;
  limits.answer_messages_max = 10;
  limits.answer_bytes_max = 1000;
  const auto asked = [&](std::uint64_t count, std::uint64_t bytes) {
    Responder responder{limits, start};
    const SharedBytes request{
        encode(Request{.topic = "t", .count_max = count, .bytes_max = bytes})};
    EXPECT_TRUE(responder.on_bytes(request, start));
    return *responder.poll();
  };

  EXPECT_EQ(asked(0, 0).count_max, 10U);
  EXPECT_EQ(asked(0, 0).bytes_max, 1000U);
  EXPECT_EQ(asked(10, 1000).count_max, 10U);
  EXPECT_EQ(asked(11, 1001).count_max, 10U);
  EXPECT_EQ(asked(9, 1).count_max, 9U);
}

TEST(Responder, RefusesASecondRequestBeforeTheFirstIsAnswered) {
  Responder responder{{}, start};
  const SharedBytes request{encode(Request{.topic = "t"})};
  ASSERT_TRUE(responder.on_bytes(request, start));
  ASSERT_TRUE(responder.poll());

  EXPECT_EQ(responder.on_bytes(request, start).error(), Fault::not_asked);
}

TEST(Responder, RefusesALongRequestAtItsLength_V03) {
  Responder responder{{}, start};
  Bytes length;
  base::append_varint(length, request_size_max + 1);

  EXPECT_EQ(responder.on_bytes(SharedBytes{length}, start).error(), Fault::too_large);
}

TEST(Responder, WaitsForARequestAndForItsAnswerToBeTakenSoLong) {
  const Limits limits;
  Responder responder{limits, start};
  EXPECT_FALSE(responder.late(start + limits.request_timeout - 1us));
  EXPECT_TRUE(responder.late(start + limits.request_timeout));

  const auto asked = start + 5s;
  ASSERT_TRUE(responder.on_bytes(SharedBytes{encode(Request{.topic = "t"})}, asked));
  EXPECT_FALSE(responder.late(asked + limits.answer_timeout - 1us));
  EXPECT_TRUE(responder.late(asked + limits.answer_timeout));
}

TEST(Requester, RefusesMoreMessagesThanItAskedFor) {
  for (const std::size_t count : {3, 4}) {
    Limits limits;
    limits.answer_messages_max = 3;
    Pair pair{0, limits};
    pair.requester.start(start);
    Bytes all;
    for (const auto& entry : entries(count)) {
      append(all, encode_head(entry));
      append(all, entry.field);
    }

    const auto read = pair.requester.on_bytes(SharedBytes{all});

    EXPECT_EQ(read.has_value(), count == 3);
    if (count == 4) {
      EXPECT_EQ(read.error(), Fault::too_much);
    }
  }
}

TEST(Requester, RefusesMoreBytesThanItAskedForButOneMessage) {
  const auto size = entries(1)[0].field.size();
  for (const std::size_t bytes_max : {std::size_t{1}, 2 * size, 2 * size - 1}) {
    Limits limits;
    limits.answer_bytes_max = bytes_max;
    Pair pair{0, limits};
    pair.requester.start(start);
    std::size_t taken = 0;
    for (const auto& entry : entries(3)) {
      auto frame = encode_head(entry);
      append(frame, entry.field);
      if (!pair.requester.on_bytes(SharedBytes{frame})) break;
      ++taken;
    }

    EXPECT_EQ(taken, bytes_max == 2 * size ? 2U : 1U);
  }
}

TEST(Requester, RefusesAnswersNobodyAskedFor) {
  Pair pair;

  EXPECT_EQ(pair.requester.on_bytes(SharedBytes{encode(End{})}).error(), Fault::not_asked);
}

TEST(Requester, RefusesMessagesOfAnotherTopicAndWhatIsNone) {
  for (const auto& [field, fault] :
       {std::pair{field_of("other", "x"), Fault::wrong_topic},
        std::pair{SharedBytes{Bytes{0x12, 0x01, 0xFF}}, Fault::malformed}}) {
    Pair pair;
    pair.requester.start(start);
    auto frame = encode_head({1, field});
    append(frame, field);

    EXPECT_EQ(pair.requester.on_bytes(SharedBytes{frame}).error(), fault);
  }
}

TEST(Requester, RefusesAMessageAboveTheSizeAtItsLength_V03) {
  Limits limits;
  limits.message_size_max = 1000;
  for (const std::size_t size : {std::size_t{1000}, std::size_t{1001}}) {
    Pair pair{0, limits};
    pair.requester.start(start);
    Bytes length;
    base::append_varint(length, size + answer_slack);

    EXPECT_EQ(pair.requester.on_bytes(SharedBytes{length}).has_value(), size == 1000);
  }
}

TEST(Requester, WaitsForAnAnswerSoLong) {
  Pair pair;
  EXPECT_FALSE(pair.requester.late(TimePoint::max()));

  pair.requester.start(start);

  EXPECT_FALSE(pair.requester.late(start + pair.limits.answer_timeout - 1us));
  EXPECT_TRUE(pair.requester.late(start + pair.limits.answer_timeout));
}

PeerId peer(std::uint8_t number) { return KeyPair::from_ed25519_seed({number}).peer_id(); }

TEST(Allowance, GivesEachPeerSoManyStreamsAndAllTogetherSoMany) {
  Limits limits;
  limits.streams_per_peer_max = 2;
  limits.streams_max = 3;
  Allowance allowance{limits};

  EXPECT_TRUE(allowance.open_stream(peer(1), start));
  EXPECT_TRUE(allowance.open_stream(peer(1), start));
  EXPECT_FALSE(allowance.open_stream(peer(1), start));
  EXPECT_TRUE(allowance.open_stream(peer(2), start));
  EXPECT_FALSE(allowance.open_stream(peer(3), start));
  allowance.close_stream(peer(1));
  EXPECT_TRUE(allowance.open_stream(peer(3), start));
}

TEST(Allowance, LooksUpSoManyAtATime) {
  Limits limits;
  limits.lookups_max = 1;
  Allowance allowance{limits};
  allowance.open_stream(peer(1), start);

  EXPECT_TRUE(allowance.begin_lookup(peer(1), start));
  EXPECT_FALSE(allowance.begin_lookup(peer(1), start));
  allowance.end_lookup();
  EXPECT_TRUE(allowance.begin_lookup(peer(1), start));
}

TEST(Allowance, TakesABurstAndThenARateWhicheverConnectionItComesOn) {
  Limits limits;
  limits.requests_burst = 3;
  limits.requests_per_minute = 6;
  Allowance allowance{limits};
  allowance.open_stream(peer(1), start);
  const auto ask = [&](TimePoint now) {
    const bool taken = allowance.begin_lookup(peer(1), now);
    if (taken) allowance.end_lookup();
    return taken;
  };
  EXPECT_TRUE(ask(start) && ask(start) && ask(start));
  EXPECT_FALSE(ask(start));

  allowance.close_stream(peer(1));
  allowance.open_stream(peer(1), start + 1s);

  EXPECT_FALSE(ask(start + 9s));
  EXPECT_TRUE(ask(start + 10s));
  EXPECT_FALSE(ask(start + 10s));
}

TEST(Allowance, ForgetsWhoAsksNoMoreOnceItsRateHasRecovered) {
  Limits limits;
  limits.peers_max = 1;
  Allowance allowance{limits};
  allowance.open_stream(peer(1), start);
  allowance.begin_lookup(peer(1), start);
  allowance.end_lookup();
  allowance.close_stream(peer(1));

  EXPECT_FALSE(allowance.open_stream(peer(2), start));
  EXPECT_TRUE(allowance.open_stream(peer(2), start + 1min));
  EXPECT_EQ(allowance.peers(), 1U);
}

}  // namespace
}  // namespace grapevine::history
