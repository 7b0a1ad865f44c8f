// SPDX-License-Identifier: Apache-2.0
#include "core/identify/reader.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/text.hpp"
#include "base/varint.hpp"
#include "core/identify/fields.hpp"
#include "unit/crypto/spec_keys.hpp"
#include "unit/identify/example.hpp"

namespace grapevine::identify {
namespace {

using example::address;
using example::alice;
using example::mallory;
using example::read;
using example::record_of;

Bytes framed(ByteView message) {
  Bytes out;
  base::append_varint(out, message.size());
  append(out, message);
  return out;
}

Bytes field(std::uint32_t number, ByteView value) {
  Bytes out;
  base::FieldWriter{out}.bytes(number, value);
  return out;
}

// As many fields as one message of the largest size holds.
template <class Value>
Bytes full_message(std::uint32_t number, Value value) {
  Bytes message;
  for (std::size_t i = 0;; ++i) {
    const Bytes one = field(number, value(i));
    if (message.size() + one.size() > Reader::message_size_max) return message;
    append(message, one);
  }
}

// Written by go-libp2p 0.48 with the spec's Ed25519 key: two messages, the second with the record.
constexpr std::string_view go_stream =
    "8d010a24080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e120804c0"
    "000201060fa112172920010db800000000000000000000000191020fa1cd031a0e2f697066732f69642f312e"
    "302e301a0e2f6d6573687375622f312e322e30220804c633640706c3cb2a0a697066732f302e312e30320c67"
    "6f2d6167656e742f312e30c60142c3010a24080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cac"
    "f6010f0e42d474fce27e120203011a550a260024080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c"
    "3cacf6010f0e42d474fce27e10bdaadeec051a0a0a0804c0000201060fa11a190a172920010db80000000000"
    "0000000000000191020fa1cd032a408a64b273240b62281a77cd6805c89a0ec3bab923e87911d5c9bfa7b254"
    "ae560d9a5bd36d21958cd2c74146b60e62d9b0a9c80edb00ca792f66c8b219ff12cc03";

TEST(Reader, ReadsWhatGoWrites) {
  const auto key = KeyPair::from_protobuf(spec_keys::unhex(spec_keys::ed25519_secret)).value();

  const auto info = read(spec_keys::unhex(go_stream), key.peer_id());

  ASSERT_TRUE(info);
  EXPECT_EQ(as_text(info->protocol_version), "ipfs/0.1.0");
  EXPECT_EQ(as_text(info->agent_version), "go-agent/1.0");
  EXPECT_EQ(info->public_key->peer_id(), key.peer_id());
  EXPECT_EQ(info->observed_address, address("/ip4/198.51.100.7/tcp/50123"));
  EXPECT_EQ(info->protocols, (std::vector<std::string>{"/ipfs/id/1.0.0", "/meshsub/1.2.0"}));
  EXPECT_EQ(info->addresses, (std::vector{address("/ip4/192.0.2.1/tcp/4001"),
                                          address("/ip6/2001:db8::1/udp/4001/quic-v1")}));
  ASSERT_TRUE(info->record);
  EXPECT_EQ(info->record->seq, 1570215229U);
}

TEST(Reader, SurvivesAnyFragmentation) {
  const auto stream = encode(example::info());
  Rng rng{Rng::Seed{1}};
  for (int round = 0; round < 50; ++round) {
    Reader reader{alice().peer_id()};
    for (ByteView rest{stream}; !rest.empty();) {
      const auto size = round == 0 ? 1 : 1 + rng.below(rest.size());
      ASSERT_TRUE(reader.on_bytes(rest.first(size)));
      rest = rest.subspan(size);
    }
    const auto info = reader.finish();
    ASSERT_TRUE(info);
    EXPECT_EQ(info->protocols, example::info().protocols);
  }
}

TEST(Reader, MergesMessagesAsGoDoes) {
  auto first = field(fields::protocols, as_bytes("/a"));
  append(first, field(fields::agent_version, as_bytes("old")));
  auto second = field(fields::protocols, as_bytes("/b"));
  append(second, field(fields::agent_version, as_bytes("new")));
  auto stream = framed(first);
  append(stream, framed(second));

  const auto info = read(stream, alice().peer_id()).value();

  EXPECT_EQ(info.protocols, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(as_text(info.agent_version), "new");
}

TEST(Reader, RefusesStreamsThatEndTooSoon) {
  const auto stream = encode(example::info());
  EXPECT_EQ(read({}, alice().peer_id()).error(), ReadError::malformed);
  for (const auto size : {std::size_t{1}, std::size_t{2}, stream.size() / 2, stream.size() - 1}) {
    EXPECT_EQ(read(ByteView{stream}.first(size), alice().peer_id()).error(), ReadError::malformed);
  }
}

TEST(Reader, RefusesMessagesAboveItsLimitBeforeTheyCome) {
  const Bytes unknown = field(99, Bytes(Reader::message_size_max - 4));
  ASSERT_EQ(unknown.size(), Reader::message_size_max);
  EXPECT_TRUE(read(framed(unknown), alice().peer_id()));

  for (const std::uint64_t size : {8193ULL, 1ULL << 31, ~0ULL}) {
    Bytes header;
    base::append_varint(header, size);
    Reader reader{alice().peer_id()};
    EXPECT_EQ(reader.on_bytes(header).error(), ReadError::too_large) << size;
    EXPECT_EQ(reader.on_bytes(Bytes{0}).error(), ReadError::too_large);
    EXPECT_EQ(reader.finish().error(), ReadError::too_large);
  }
}

TEST(Reader, RefusesMoreMessagesThanItsLimit) {
  EXPECT_TRUE(read(Bytes(Reader::messages_max), alice().peer_id()));
  EXPECT_EQ(read(Bytes(Reader::messages_max + 1), alice().peer_id()).error(), ReadError::too_many);
}

TEST(Reader, RefusesWhatIsNoProtobuf) {
  EXPECT_EQ(read(Bytes(11, 0xff), alice().peer_id()).error(), ReadError::malformed);
  EXPECT_EQ(read(framed(Bytes{0x0a, 0x05, 1}), alice().peer_id()).error(), ReadError::malformed);
  EXPECT_EQ(read(framed(Bytes{0x0b}), alice().peer_id()).error(), ReadError::malformed);
}

TEST(Reader, RefusesTheKeyOfAnother) {
  const auto key_field = [](ByteView key) { return framed(field(fields::public_key, key)); };

  EXPECT_TRUE(read(key_field(alice().public_key().protobuf()), alice().peer_id()));
  EXPECT_EQ(read(key_field(mallory().public_key().protobuf()), alice().peer_id()).error(),
            ReadError::wrong_key);
  EXPECT_EQ(read(key_field(Bytes(36)), alice().peer_id()).error(), ReadError::wrong_key);
}

// Records of third parties are how one peer made go keep millions.
TEST(Reader, V31V11IgnoresRecordsThatAreNotTheSendersOwn) {
  auto info = example::info();
  info.signed_record = record_of(mallory(), 9, {address("/ip4/192.0.2.66/tcp/66")});

  const auto again = read(encode(info), alice().peer_id()).value();

  EXPECT_FALSE(again.record);
  EXPECT_TRUE(again.signed_record.empty());
  EXPECT_EQ(again.addresses, info.addresses);
}

TEST(Reader, IgnoresRecordsThatAreNotValid) {
  auto broken = example::info();
  broken.signed_record.back() ^= 1;
  auto junk = example::info();
  junk.signed_record = Bytes(100, 0xab);
  for (const auto& info : {broken, junk}) {
    const auto again = read(encode(info), alice().peer_id());
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->record);
    EXPECT_TRUE(again->signed_record.empty());
    EXPECT_EQ(again->agent_version, info.agent_version);
  }
}

TEST(Reader, PrefersTheAddressesOfTheRecord) {
  auto info = example::info();
  info.addresses = {address("/ip4/192.0.2.200/tcp/1")};

  EXPECT_EQ(read(encode(info), alice().peer_id())->addresses, example::info().addresses);
}

TEST(Reader, LeavesOutAddressesItCannotReadOrThatLeadElsewhere) {
  const auto own = address("/ip4/192.0.2.1/tcp/1/p2p/" + alice().peer_id().to_string());
  const auto other = address("/ip4/192.0.2.1/tcp/1/p2p/" + mallory().peer_id().to_string());
  Bytes message;
  for (const auto& bytes : {Bytes{0xff, 0x01}, Bytes{}, other.bytes(), own.bytes(), own.bytes()}) {
    append(message, field(fields::listen_addresses, bytes));
  }
  append(message, field(fields::observed_address, Bytes{0xff}));

  const auto info = read(framed(message), alice().peer_id()).value();

  EXPECT_EQ(info.addresses, std::vector{own});
  EXPECT_FALSE(info.observed_address);
}

TEST(Reader, KeepsTextAsBytesAndCutsIt) {
  auto message = field(fields::agent_version, Bytes(5000, 0xff));
  append(message, field(fields::protocol_version, as_bytes("<script>\x01\xc3")));

  const auto info = read(framed(message), alice().peer_id()).value();

  EXPECT_EQ(info.agent_version, Bytes(text_size_max, 0xff));
  EXPECT_EQ(as_text(info.protocol_version), "<script>\x01\xc3");
}

// Ten full messages of protocols and addresses.
TEST(Reader, V32StopsAtItsLimits) {
  Bytes protocols;
  Bytes addresses;
  for (std::size_t chunk = 0; chunk < Reader::messages_max; ++chunk) {
    append(protocols, framed(full_message(fields::protocols, [&](std::size_t i) {
             return to_bytes(as_bytes('/' + std::to_string(chunk) + '/' + std::to_string(i)));
           })));
    append(addresses, framed(full_message(fields::listen_addresses, [&](std::size_t i) {
             return address("/dns4/" + std::to_string(chunk) + "/tcp/" + std::to_string(i)).bytes();
           })));
  }

  EXPECT_EQ(read(protocols, alice().peer_id())->protocols.size(), protocols_max);
  EXPECT_EQ(read(addresses, alice().peer_id())->addresses.size(), addresses_max);
}

// Many elements in few bytes leave nothing behind.
TEST(Reader, V39SkipsEmptyAndOverlongNames) {
  Bytes stream;
  for (std::size_t chunk = 0; chunk + 1 < Reader::messages_max; ++chunk) {
    append(stream,
           framed(full_message(chunk % 2 == 0 ? fields::protocols : fields::listen_addresses,
                               [](std::size_t) { return Bytes{}; })));
  }
  append(stream, framed(field(fields::protocols, Bytes(protocol_size_max + 1, 'x'))));

  const auto info = read(stream, alice().peer_id()).value();

  EXPECT_TRUE(info.protocols.empty());
  EXPECT_TRUE(info.addresses.empty());
}

TEST(Reader, TakesRepeatedNamesOnce) {
  Bytes message;
  for (const auto* const name : {"/a", "/b", "/a", "/a"}) {
    append(message, field(fields::protocols, as_bytes(name)));
  }

  EXPECT_EQ(read(framed(message), alice().peer_id())->protocols,
            (std::vector<std::string>{"/a", "/b"}));
}

}  // namespace
}  // namespace grapevine::identify
