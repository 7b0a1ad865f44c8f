// SPDX-License-Identifier: Apache-2.0
#include "core/noise/handshake.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "base/protobuf.hpp"
#include "core/noise/payload.hpp"
#include "core/noise/xx.hpp"
#include "unit/crypto/rsa_key.hpp"
#include "unit/crypto/spec_keys.hpp"

namespace grapevine::noise {
namespace {

using spec_keys::unhex;

constexpr std::string_view yamux = "/yamux/1.0.0";
constexpr std::string_view mplex = "/mplex/6.7.0";
constexpr std::string_view prefix = "noise-libp2p-static-key:";

KeyPair alice() { return KeyPair::from_ed25519_seed({1}); }
KeyPair bob() { return KeyPair::from_ed25519_seed({2}); }
Rng rng_of(std::uint8_t seed) { return Rng{Rng::Seed{seed}}; }

using Muxers = std::vector<std::string>;

struct Pair {
  KeyPair initiator_key = alice();
  KeyPair responder_key = bob();
  Handshake initiator;
  Handshake responder;

  explicit Pair(Muxers wanted = {}, Muxers offered = {})
      : initiator{{Role::initiator, bob().peer_id(), std::move(wanted)}, initiator_key, rng_of(3)},
        responder{{Role::responder, {}, std::move(offered)}, responder_key, rng_of(4)} {}

  // Whole messages back and forth until both are done.
  void run() {
    for (int turn = 0; turn < 3; ++turn) {
      auto& writer = turn % 2 == 0 ? initiator : responder;
      auto& reader = turn % 2 == 0 ? responder : initiator;
      const auto bytes = writer.take_output();
      base::ByteReader in{bytes};
      ASSERT_TRUE(reader.on_bytes(in));
      ASSERT_TRUE(in.empty());
    }
  }
};

Bytes framed(ByteView message) {
  Bytes out;
  base::append_big_endian(out, static_cast<std::uint16_t>(message.size()));
  append(out, message);
  return out;
}

Result<void, HandshakeError> feed(Handshake& handshake, ByteView bytes) {
  base::ByteReader in{bytes};
  return handshake.on_bytes(in);
}

// A remote that follows Noise but says what it likes.
struct Puppet {
  explicit Puppet(Role role) : keys{make_keys()}, xx{role, keys} {}

  static Xx::Keys make_keys() {
    auto rng = rng_of(5);
    return {.ephemeral = crypto::X25519::generate(rng), .identity = crypto::X25519::generate(rng)};
  }
  Bytes sign(const KeyPair& key, std::string_view with_prefix = prefix) const {
    return key.sign(std::array{as_bytes(with_prefix), ByteView{keys.identity.public_key}});
  }

  Xx::Keys keys;
  Xx xx;
};

Payload honest(const Puppet& puppet, const KeyPair& key) {
  return {.identity_key = key.public_key().protobuf(),
          .identity_signature = puppet.sign(key),
          .muxers = {}};
}

// What alice, who dialled bob, makes of a responder that sends `payload`.
using Fake = std::function<Bytes(const Puppet&)>;
Result<void, HandshakeError> meet_responder(const Fake& fake, std::optional<PeerId> expected) {
  const auto key = alice();
  Handshake initiator{{Role::initiator, expected, {}}, key, rng_of(3)};
  Puppet puppet{Role::responder};
  const auto first = initiator.take_output();
  ASSERT(puppet.xx.read(ByteView{first}.subspan(2)));
  const auto result = feed(initiator, framed(*puppet.xx.write(fake(puppet))));
  if (!result) {
    EXPECT_FALSE(initiator.done());
    EXPECT_TRUE(initiator.take_output().empty()) << "nothing is said to a stranger";
    EXPECT_EQ(feed(initiator, Bytes(64)).error(), result.error());
  }
  return result;
}

// What bob makes of an initiator that sends `payload`.
Result<void, HandshakeError> meet_initiator(const Fake& fake) {
  const auto key = bob();
  Handshake responder{{Role::responder, {}, {}}, key, rng_of(4)};
  Puppet puppet{Role::initiator};
  ASSERT(feed(responder, framed(*puppet.xx.write({}))));
  const auto second = responder.take_output();
  ASSERT(puppet.xx.read(ByteView{second}.subspan(2)));
  const auto result = feed(responder, framed(*puppet.xx.write(fake(puppet))));
  EXPECT_EQ(responder.done(), result.has_value());
  return result;
}

TEST(Handshake, ProvesBothSidesToEachOther) {
  Pair pair;
  pair.run();
  ASSERT_TRUE(pair.initiator.done() && pair.responder.done());
  const auto initiator = pair.initiator.take_result();
  const auto responder = pair.responder.take_result();

  EXPECT_EQ(initiator.remote, bob().peer_id());
  EXPECT_EQ(responder.remote, alice().peer_id());
  EXPECT_EQ(initiator.remote_key.protobuf(), bob().public_key().protobuf());
  EXPECT_EQ(initiator.send_key, responder.receive_key);
  EXPECT_EQ(initiator.receive_key, responder.send_key);
  EXPECT_NE(initiator.send_key, initiator.receive_key);
}

TEST(Handshake, WorksWithEveryKeyType) {
  for (const auto secret : {spec_keys::ed25519_secret, spec_keys::secp256k1_secret,
                            spec_keys::ecdsa_secret, spec_keys::rsa_secret}) {
    const auto key = KeyPair::from_protobuf(unhex(secret)).value();
    EXPECT_TRUE(meet_responder([&](const Puppet& puppet) { return honest(puppet, key).encode(); },
                               key.peer_id()));
  }
}

TEST(Handshake, SurvivesAnyFragmentation) {
  auto rng = rng_of(9);
  for (int round = 0; round < 30; ++round) {
    Pair pair{{std::string{yamux}}, {std::string{yamux}}};
    struct Side {
      Handshake& handshake;
      Bytes arrived;    // not taken yet
      Bytes in_flight;  // sent by the other, not arrived yet
    };
    Side sides[] = {{pair.initiator, {}, {}}, {pair.responder, {}, {}}};
    for (int step = 0; step < 10'000 && !(pair.initiator.done() && pair.responder.done()); ++step) {
      const auto at = rng.below(2);
      auto& side = sides[at];
      auto& other = sides[1 - at];
      append(other.in_flight, side.handshake.take_output());
      const auto size = round == 0 ? std::min<std::size_t>(side.in_flight.size(), 1)
                                   : rng.below(side.in_flight.size() + 1);
      append(side.arrived, ByteView{side.in_flight}.first(size));
      side.in_flight.erase(side.in_flight.begin(),
                           side.in_flight.begin() + static_cast<std::ptrdiff_t>(size));
      base::ByteReader in{side.arrived};
      ASSERT_TRUE(side.handshake.on_bytes(in));
      side.arrived = to_bytes(in.rest());
    }
    ASSERT_TRUE(pair.initiator.done() && pair.responder.done()) << round;
    EXPECT_EQ(pair.initiator.take_result().send_key, pair.responder.take_result().receive_key);
  }
}

TEST(Handshake, LeavesWhatFollowsToTheRecordLayer) {
  Pair pair;
  ASSERT_TRUE(feed(pair.responder, pair.initiator.take_output()));
  ASSERT_TRUE(feed(pair.initiator, pair.responder.take_output()));
  auto bytes = pair.initiator.take_output();
  append(bytes, as_bytes("records"));
  base::ByteReader in{bytes};

  ASSERT_TRUE(pair.responder.on_bytes(in));

  EXPECT_TRUE(pair.responder.done());
  EXPECT_EQ(as_text(in.rest()), "records");
}

TEST(Handshake, DiffersEveryTime) {
  const auto key = alice();
  auto rng = rng_of(1);
  Handshake a{{Role::initiator, {}, {}}, key, rng.fork()};
  Handshake b{{Role::initiator, {}, {}}, key, rng.fork()};

  EXPECT_NE(a.take_output(), b.take_output());
}

TEST(EarlyMuxer, IsTheInitiatorsFirstThatTheResponderOffers) {
  struct Case {
    Muxers wanted;
    Muxers offered;
    std::string_view chosen;
  };
  const std::string y{yamux};
  const std::string m{mplex};
  const Case cases[] = {{{y}, {y}, yamux},    {{m, y}, {y, m}, mplex}, {{y, m}, {m, y}, yamux},
                        {{y, m}, {m}, mplex}, {{y}, {m}, ""},          {{}, {y}, ""},
                        {{y}, {}, ""}};
  for (const auto& [wanted, offered, chosen] : cases) {
    Pair pair{wanted, offered};
    pair.run();
    EXPECT_EQ(pair.initiator.take_result().muxer, chosen);
    EXPECT_EQ(pair.responder.take_result().muxer, chosen);
  }
}

// Whoever cannot sign for the key it shows does not get in.
TEST(Handshake, V09RefusesEverySignatureButTheRightOne) {
  const Fake fakes[] = {
      [](const Puppet& p) {  // broken
        auto payload = honest(p, bob());
        payload.identity_signature[10] ^= 1;
        return payload.encode();
      },
      [](const Puppet& p) {  // empty
        auto payload = honest(p, bob());
        payload.identity_signature.clear();
        return payload.encode();
      },
      [](const Puppet& p) {  // mallory's signature under bob's key
        auto payload = honest(p, bob());
        payload.identity_signature = p.sign(KeyPair::from_ed25519_seed({66}));
        return payload.encode();
      },
      [](const Puppet& p) {  // for another purpose
        auto payload = honest(p, bob());
        payload.identity_signature = p.sign(bob(), "noise-libp2p-static-key");
        return payload.encode();
      },
      [](const Puppet& p) {  // of another handshake's static key
        auto payload = honest(p, bob());
        const crypto::X25519::Key other{7};
        payload.identity_signature = bob().sign(std::array{as_bytes(prefix), ByteView{other}});
        return payload.encode();
      },
      [](const Puppet& p) {  // bob's key in front of mallory's honest payload
        auto payload = honest(p, KeyPair::from_ed25519_seed({66}));
        payload.identity_key = bob().public_key().protobuf();
        return payload.encode();
      },
      [](const Puppet&) {  // accepted by OpenSSL for any message (V12)
        crypto::ed25519::PublicKey identity{1};
        Payload payload{.identity_key = PublicKey::from_ed25519(identity).protobuf(),
                        .identity_signature = Bytes(64),
                        .muxers = {}};
        payload.identity_signature[0] = 1;
        return payload.encode();
      },
  };
  for (const auto& fake : fakes) {
    EXPECT_EQ(meet_responder(fake, bob().peer_id()).error(), HandshakeError::bad_signature);
    EXPECT_EQ(meet_responder(fake, {}).error(), HandshakeError::bad_signature);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(meet_initiator(fakes[i]).error(), HandshakeError::bad_signature);
  }
}

TEST(Handshake, RefusesKeysThatAreNone) {
  const auto with_key = [](Bytes key) {
    return [key = std::move(key)](const Puppet& p) {
      auto payload = honest(p, bob());
      payload.identity_key = key;
      return payload.encode();
    };
  };
  auto unknown_type = bob().public_key().protobuf();
  unknown_type[1] = 9;

  EXPECT_EQ(meet_responder(with_key({}), {}).error(), HandshakeError::bad_key);
  EXPECT_EQ(meet_responder(with_key(Bytes(16)), {}).error(), HandshakeError::bad_key);
  EXPECT_EQ(meet_responder(with_key(unknown_type), {}).error(), HandshakeError::bad_key);
  EXPECT_EQ(meet_responder([](const Puppet&) { return Bytes{}; }, {}).error(),
            HandshakeError::bad_key);
  EXPECT_EQ(meet_initiator(with_key(unknown_type)).error(), HandshakeError::bad_key);
}

/// An RSA key's protobuf with a modulus of so many bits.
Bytes rsa_key_of(std::size_t bits) {
  Bytes encoded{0x08, 0x00};
  base::FieldWriter{encoded}.bytes(2, spec_keys::rsa_key(bits));
  return encoded;
}

TEST(Handshake, V07RefusesRsaKeysBySizeAndTakesThoseWithinTheBounds) {
  const auto error_with = [](std::size_t bits) {
    const auto fake = [&](const Puppet& p) {
      auto payload = honest(p, bob());
      payload.identity_key = rsa_key_of(bits);
      payload.identity_signature = Bytes(bits / 8, 1);
      return payload.encode();
    };
    EXPECT_EQ(meet_initiator(fake).error(), meet_responder(fake, {}).error());
    return meet_responder(fake, {}).error();
  };
  for (const std::size_t bits : {1024U, 8193U, 16384U}) {
    EXPECT_EQ(error_with(bits), HandshakeError::bad_key) << bits;
  }
  for (const std::size_t bits : {2048U, 8192U}) {
    EXPECT_EQ(error_with(bits), HandshakeError::bad_signature) << bits;
  }
}

TEST(Handshake, V08RefusesAKeyThatClaimsMoreThanItHolds) {
  const auto fake = [](const Puppet& p) {
    auto payload = honest(p, bob());
    payload.identity_key = Bytes{0x08, 0x00, 0x12, 0x14};
    append(payload.identity_key, unhex("301202847fffffff01020304050607080910ffff"));
    return payload.encode();
  };

  EXPECT_EQ(meet_responder(fake, {}).error(), HandshakeError::bad_key);
  EXPECT_EQ(meet_initiator(fake).error(), HandshakeError::bad_key);
}

TEST(Handshake, RefusesPayloadsThatAreNoProtobuf) {
  const auto junk = [](const Puppet&) { return Bytes{0x0a, 0xff}; };

  EXPECT_EQ(meet_responder(junk, {}).error(), HandshakeError::malformed);
  EXPECT_EQ(meet_initiator(junk).error(), HandshakeError::malformed);
}

// F22.
TEST(Handshake, V10RefusesAnotherPeerThanTheOneDialled) {
  const auto mallory = KeyPair::from_ed25519_seed({66});
  const auto fake = [&](const Puppet& p) { return honest(p, mallory).encode(); };

  EXPECT_EQ(meet_responder(fake, bob().peer_id()).error(), HandshakeError::wrong_peer);
  EXPECT_TRUE(meet_responder(fake, mallory.peer_id()));
  EXPECT_TRUE(meet_responder(fake, {}));
}

TEST(Handshake, RefusesItself) {
  const auto fake = [](const Puppet& p) { return honest(p, alice()).encode(); };

  EXPECT_EQ(meet_responder(fake, {}).error(), HandshakeError::self);
  EXPECT_EQ(meet_responder(fake, bob().peer_id()).error(), HandshakeError::self);
}

TEST(Handshake, IgnoresWhatItDoesNotKnow) {
  const auto fake = [](const Puppet& p) {
    auto encoded = honest(p, bob()).encode();
    base::FieldWriter writer{encoded};
    writer.bytes(3, as_bytes("data of an older revision"));
    writer.bytes(1025, as_bytes("experiment"));
    Bytes extensions;
    base::FieldWriter{extensions}.bytes(1, as_bytes("certhash"));
    base::FieldWriter{extensions}.varint(2, 7);
    writer.bytes(4, extensions);
    return encoded;
  };

  EXPECT_TRUE(meet_responder(fake, bob().peer_id()));
}

TEST(Handshake, IgnoresAPayloadInTheFirstMessage) {
  const auto key = bob();
  Handshake responder{{Role::responder, {}, {}}, key, rng_of(4)};
  Puppet puppet{Role::initiator};

  EXPECT_TRUE(feed(responder, framed(*puppet.xx.write(as_bytes("early and unread")))));
  EXPECT_FALSE(responder.take_output().empty());
}

// What is announced too large is refused before it is waited for.
TEST(Handshake, V03RefusesMessagesAboveItsLimitAtOnce) {
  for (const std::uint16_t size : {16385, 32768, 65535}) {
    const auto key = bob();
    Handshake responder{{Role::responder, {}, {}}, key, rng_of(4)};
    Bytes header;
    base::append_big_endian(header, size);
    EXPECT_EQ(feed(responder, header).error(), HandshakeError::message_too_large) << size;
  }
  const auto key = bob();
  Handshake responder{{Role::responder, {}, {}}, key, rng_of(4)};
  EXPECT_TRUE(feed(responder, framed(Bytes(16384, 9))));
}

TEST(Handshake, RefusesShortMessages) {
  for (const std::size_t size : {0U, 1U, 31U}) {
    const auto key = bob();
    Handshake responder{{Role::responder, {}, {}}, key, rng_of(4)};
    EXPECT_EQ(feed(responder, framed(Bytes(size))).error(), HandshakeError::malformed) << size;
  }
}

TEST(Handshake, RefusesBrokenMessages) {
  for (const std::size_t at : {2U, 40U, 120U, 200U}) {
    Pair pair;
    ASSERT_TRUE(feed(pair.responder, pair.initiator.take_output()));
    auto second = pair.responder.take_output();
    ASSERT_LT(at, second.size());
    second[at] ^= 1;
    EXPECT_EQ(feed(pair.initiator, second).error(), HandshakeError::bad_tag) << at;
  }
}

// F20: a recorded handshake cannot be played again, because the responder's key is fresh.
TEST(Handshake, RefusesAReplay) {
  Pair pair;
  const auto first = pair.initiator.take_output();
  ASSERT_TRUE(feed(pair.responder, first));
  ASSERT_TRUE(feed(pair.initiator, pair.responder.take_output()));
  const auto third = pair.initiator.take_output();
  ASSERT_TRUE(feed(pair.responder, third));

  const auto key = bob();
  Handshake again{{Role::responder, {}, {}}, key, rng_of(77)};
  ASSERT_TRUE(feed(again, first));
  EXPECT_EQ(feed(again, third).error(), HandshakeError::bad_tag);
}

TEST(Payload, BoundsTheMuxersItBelieves) {
  Payload payload;
  payload.muxers.assign(Payload::muxers_max, "m");
  payload.muxers.emplace_back(1000, 'x');
  auto encoded = payload.encode();
  payload.muxers.assign(5000, "");
  append(encoded, payload.encode());

  const auto parsed = Payload::parse(encoded);

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->muxers, Muxers(Payload::muxers_max, "m"));
}

TEST(Payload, PassesOverMuxersWithOverlongNames) {
  Payload payload;
  payload.muxers = {std::string(Payload::muxer_size_max + 1, 'x'),
                    std::string(Payload::muxer_size_max, 'y')};

  const auto parsed = Payload::parse(payload.encode());

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->muxers, Muxers{std::string(Payload::muxer_size_max, 'y')});
}

TEST(Payload, TakesTheLastOfEachField) {
  auto encoded = Payload{{1}, {2}, {}}.encode();
  append(encoded, Payload{{3}, {4}, {}}.encode());

  EXPECT_EQ(Payload::parse(encoded)->identity_key, Bytes{3});
  EXPECT_EQ(Payload::parse(encoded)->identity_signature, Bytes{4});
}

}  // namespace
}  // namespace grapevine::noise
