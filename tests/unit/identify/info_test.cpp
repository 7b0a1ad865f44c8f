// SPDX-License-Identifier: Apache-2.0
#include "core/identify/info.hpp"

#include <gtest/gtest.h>

#include "base/varint.hpp"
#include "unit/identify/example.hpp"

namespace grapevine::identify {
namespace {

using example::address;
using example::alice;
using example::read;
using example::record_of;

std::vector<ByteView> messages_of(ByteView stream) {
  std::vector<ByteView> out;
  base::ByteReader in{stream};
  while (!in.empty()) {
    const auto message = base::take_frame(in, 1 << 20);
    ASSERT(message && *message);
    out.push_back(**message);
  }
  return out;
}

TEST(Info, IsReadAsItWasWritten) {
  const auto info = example::info();

  const auto again = read(encode(info), alice().peer_id());

  ASSERT_TRUE(again);
  EXPECT_EQ(as_text(again->protocol_version), "ipfs/0.1.0");
  EXPECT_EQ(as_text(again->agent_version), "grapevine/0.1.0");
  EXPECT_EQ(again->public_key->protobuf(), alice().public_key().protobuf());
  EXPECT_EQ(again->addresses, info.addresses);
  EXPECT_EQ(again->observed_address, info.observed_address);
  EXPECT_EQ(again->protocols, info.protocols);
  EXPECT_EQ(again->signed_record, info.signed_record);
  ASSERT_TRUE(again->record);
  EXPECT_EQ(again->record->seq, 7U);
}

TEST(Info, OfUsualSizeIsOneMessage) { EXPECT_EQ(messages_of(encode(example::info())).size(), 1U); }

TEST(Info, OfGreatSizeIsCutIntoMessagesThatEveryoneReads) {
  auto info = example::info();
  info.addresses.clear();
  for (int i = 0; i < 64; ++i) {
    info.addresses.push_back(
        address("/dns4/" + std::string(60, 'x') + "/tcp/" + std::to_string(i)));
  }
  info.protocols.clear();
  for (int i = 0; i < 200; ++i) {
    info.protocols.push_back('/' + std::string(50, 'p') + std::to_string(i));
  }
  info.signed_record.clear();

  const auto stream = encode(info);

  const auto messages = messages_of(stream);
  EXPECT_GT(messages.size(), 3U);
  for (const auto message : messages) EXPECT_LE(message.size() + 2, sent_message_size_max);
  const auto again = read(stream, alice().peer_id());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->addresses, info.addresses);
  EXPECT_EQ(again->protocols, info.protocols);

  // rust and js read no further than this.
  Bytes first;
  base::append_varint(first, messages[0].size());
  append(first, messages[0]);
  const auto beginning = read(first, alice().peer_id());
  ASSERT_TRUE(beginning && beginning->public_key);
  EXPECT_EQ(as_text(beginning->agent_version), "grapevine/0.1.0");
  EXPECT_EQ(beginning->protocols.front(), info.protocols.front());
}

TEST(Info, WithoutAnythingIsOneEmptyMessage) { EXPECT_EQ(encode(Info{}), Bytes{0}); }

TEST(Update, KeepsWhatAPartialPushDoesNotMention) {
  auto known = read(encode(example::info()), alice().peer_id()).value();
  Info pushed;
  pushed.protocols = {"/new/1.0.0"};

  update(known, read(encode(pushed), alice().peer_id()).value());

  EXPECT_EQ(known.protocols, std::vector<std::string>{"/new/1.0.0"});
  EXPECT_EQ(known.addresses, example::info().addresses);
  EXPECT_EQ(as_text(known.agent_version), "grapevine/0.1.0");
  EXPECT_TRUE(known.public_key && known.record && known.observed_address);
}

// An address the peer no longer lists must not be dialled for ever.
TEST(Update, V32DropsAddressesMissingFromTheNewerList) {
  auto known = read(encode(example::info()), alice().peer_id()).value();
  Info pushed;
  pushed.signed_record = record_of(alice(), 8, {address("/ip4/192.0.2.9/tcp/9")});

  update(known, read(encode(pushed), alice().peer_id()).value());

  EXPECT_EQ(known.addresses, std::vector{address("/ip4/192.0.2.9/tcp/9")});
  EXPECT_EQ(known.record->seq, 8U);
  EXPECT_EQ(known.signed_record, pushed.signed_record);
}

TEST(Update, ANewerRecordWithoutAddressesLeavesNone) {
  auto known = read(encode(example::info()), alice().peer_id()).value();
  Info pushed;
  pushed.signed_record = record_of(alice(), 8, {});

  update(known, read(encode(pushed), alice().peer_id()).value());

  EXPECT_TRUE(known.addresses.empty());
}

// F20.
TEST(Update, V11IgnoresARecordWithALowerSequenceNumber) {
  auto known = read(encode(example::info()), alice().peer_id()).value();
  Info pushed;
  pushed.signed_record = record_of(alice(), 6, {address("/ip4/192.0.2.66/tcp/6")});
  pushed.agent_version = to_bytes(as_bytes("newer"));

  update(known, read(encode(pushed), alice().peer_id()).value());

  EXPECT_EQ(known.record->seq, 7U);
  EXPECT_EQ(known.addresses, example::info().addresses);
  EXPECT_EQ(as_text(known.agent_version), "newer");
}

TEST(Update, TakesPlainAddressesOfAPeerWithoutARecord) {
  Info known;
  known.addresses = {address("/ip4/192.0.2.1/tcp/1"), address("/ip4/192.0.2.2/tcp/2")};
  Info pushed;
  pushed.addresses = {address("/ip4/192.0.2.2/tcp/2")};

  update(known, pushed);

  EXPECT_EQ(known.addresses, pushed.addresses);
}

}  // namespace
}  // namespace grapevine::identify
