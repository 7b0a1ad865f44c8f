// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/message.hpp"

#include <gtest/gtest.h>

#include "go_vectors.hpp"
#include "wire.hpp"

namespace grapevine::pubsub {
namespace {

using wire::field;
using wire::join;

Bytes author() {
  auto bytes = PeerId::parse(go_vectors::ed25519::peer);
  return to_bytes(bytes->bytes());
}
Bytes seqno(std::size_t size = 8) { return Bytes(size, 1); }

/// A message that has all its fields, valid but for the signature.
MessageView whole_message() {
  static const auto from = author();
  static const auto eight = seqno();
  MessageView message;
  message.from = from;
  message.data = as_bytes(std::string_view{"data"});
  message.seqno = eight;
  message.topic = "grapes";
  message.signature = as_bytes(std::string_view{"signature"});
  return message;
}

TEST(ParseMessage, GivesEveryFieldAsAViewIntoTheBody) {
  const auto body = join({field(1, "author"), field(2, "data"), field(3, "seqno"),
                          field(4, "topic"), field(5, "signature"), field(6, "key")});

  const auto message = parse_message(body);

  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(as_text(*message->from), "author");
  EXPECT_EQ(as_text(*message->data), "data");
  EXPECT_EQ(as_text(*message->seqno), "seqno");
  EXPECT_EQ(message->topic, "topic");
  EXPECT_EQ(as_text(*message->signature), "signature");
  EXPECT_EQ(as_text(*message->key), "key");
  EXPECT_EQ(message->body.data(), body.data());
  EXPECT_EQ(message->data->data(), body.data() + 8 + 2);
}

TEST(ParseMessage, TellsAbsentFromEmpty) {
  const auto absent = field(4, "topic");
  const auto empty = join(
      {field(1, ""), field(2, ""), field(3, ""), field(4, "topic"), field(5, ""), field(6, "")});

  const auto without = parse_message(absent);
  const auto with = parse_message(empty);

  ASSERT_TRUE(without && with);
  EXPECT_FALSE(without->from || without->data || without->seqno || without->signature ||
               without->key);
  EXPECT_TRUE(with->from && with->data && with->seqno && with->signature && with->key);
  EXPECT_TRUE(without->payload().empty());
}

TEST(ParseMessage, TakesTheLastTopicOfOldMultiTopicMessages) {
  const auto body = join({field(4, "first"), field(2, "data"), field(4, "second")});

  EXPECT_EQ(parse_message(body)->topic, "second");
}

TEST(ParseMessage, PassesOverUnknownFieldsOfEveryType) {
  const auto fixed = wire::hex(
      "3d01020304"
      "410102030405060708");
  const auto body = join({wire::number(15, 7), fixed, field(4, "topic"), field(2047, "later")});

  EXPECT_EQ(parse_message(body)->topic, "topic");
}

TEST(ParseMessage, RefusesMessagesWithoutATopic) {
  EXPECT_EQ(parse_message({}).error(), MessageError::no_topic);
  EXPECT_EQ(parse_message(field(2, "data")).error(), MessageError::no_topic);
  EXPECT_EQ(parse_message(field(4, "")).error(), MessageError::no_topic);
}

TEST(ParseMessage, BoundsTheTopic) {
  const std::string longest(topic_size_max, 't');

  EXPECT_TRUE(parse_message(field(4, longest)).has_value());
  EXPECT_EQ(parse_message(field(4, longest + "t")).error(), MessageError::topic_too_long);
}

TEST(ParseMessage, RefusesKnownFieldsOfAnotherType) {
  for (std::uint32_t number = 1; number <= 6; ++number) {
    const auto body = join({field(4, "topic"), wire::number(number, 1)});

    EXPECT_EQ(parse_message(body).error(), MessageError::malformed) << number;
  }
}

TEST(ParseMessage, V04RefusesBrokenVarints) {
  const auto topic = field(4, "topic");

  EXPECT_EQ(parse_message(join({topic, wire::hex("12")})).error(), MessageError::malformed);
  EXPECT_EQ(parse_message(join({topic, wire::hex("1280")})).error(), MessageError::malformed);
  EXPECT_EQ(parse_message(join({topic, wire::hex("12ffffffffffffffffffffff01")})).error(),
            MessageError::malformed);
  EXPECT_EQ(parse_message(join({topic, wire::hex("1205aabb")})).error(), MessageError::malformed);
}

TEST(ParseMessage, V15RefusesGroupsHoweverDeep) {
  const auto open_groups = wire::repeat(wire::hex("3b"), 100'000);  // field 7, start group

  EXPECT_EQ(parse_message(join({field(4, "topic"), open_groups})).error(), MessageError::malformed);
  EXPECT_EQ(parse_message(join({field(4, "topic"), wire::hex("3b3c")})).error(),
            MessageError::malformed);
}

TEST(CheckFields, StrictSignWantsAuthorSequenceNumberAndSignature) {
  const auto check = [](auto change) {
    auto message = whole_message();
    change(message);
    return check_fields(message, SignaturePolicy::strict_sign);
  };
  const auto seven = seqno(7);
  const auto nine = seqno(9);

  EXPECT_EQ(check([](auto&) {}), Check::verify);
  EXPECT_EQ(check([](auto& m) { m.data.reset(); }), Check::verify);
  EXPECT_EQ(check([](auto& m) { m.signature.reset(); }).error(), RejectReason::missing_signature);
  EXPECT_EQ(check([](auto& m) { m.from.reset(); }).error(), RejectReason::missing_author);
  EXPECT_EQ(check([](auto& m) { m.from = as_bytes(std::string_view{"me"}); }).error(),
            RejectReason::bad_author);
  EXPECT_EQ(check([](auto& m) { m.seqno.reset(); }).error(), RejectReason::bad_seqno);
  EXPECT_EQ(check([&](auto& m) { m.seqno = seven; }).error(), RejectReason::bad_seqno);
  EXPECT_EQ(check([&](auto& m) { m.seqno = nine; }).error(), RejectReason::bad_seqno);
}

TEST(CheckFields, StrictNoSignWantsTheAbsenceOfEveryAuthorField) {
  MessageView anonymous;
  anonymous.topic = "grapes";
  const auto check = [&](auto change) {
    auto message = anonymous;
    change(message);
    return check_fields(message, SignaturePolicy::strict_no_sign);
  };

  EXPECT_EQ(check([](auto&) {}), Check::accept);
  EXPECT_EQ(check([](auto& m) { m.signature = ByteView{}; }).error(),
            RejectReason::unexpected_signature);
  EXPECT_EQ(check([](auto& m) { m.from = ByteView{}; }).error(),
            RejectReason::unexpected_auth_info);
  EXPECT_EQ(check([](auto& m) { m.seqno = ByteView{}; }).error(),
            RejectReason::unexpected_auth_info);
  EXPECT_EQ(check([](auto& m) { m.key = ByteView{}; }).error(), RejectReason::unexpected_auth_info);
}

TEST(CheckFields, LaxPoliciesVerifyWhatIsSignedAndAcceptTheRest) {
  for (const auto policy : {SignaturePolicy::lax_sign, SignaturePolicy::lax_no_sign}) {
    auto unsigned_message = whole_message();
    unsigned_message.signature.reset();
    auto without_author = whole_message();
    without_author.from.reset();
    auto without_seqno = whole_message();
    without_seqno.seqno.reset();

    EXPECT_EQ(check_fields(whole_message(), policy), Check::verify);
    EXPECT_EQ(check_fields(unsigned_message, policy), Check::accept);
    EXPECT_EQ(check_fields(without_author, policy).error(), RejectReason::missing_author);
    EXPECT_EQ(check_fields(without_seqno, policy), Check::verify);
  }
}

TEST(RejectReason, EveryOneHasAName) {
  for (int i = 0; i <= static_cast<int>(RejectReason::id_too_long); ++i) {
    EXPECT_NE(name(RejectReason{i}), "unknown") << i;
  }
}

}  // namespace
}  // namespace grapevine::pubsub
