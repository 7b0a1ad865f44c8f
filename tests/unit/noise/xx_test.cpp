// SPDX-License-Identifier: Apache-2.0
#include "core/noise/xx.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace grapevine::noise {
namespace {

using crypto::ChaChaPoly;
using crypto::X25519;

Bytes unhex(std::string_view text) { return base::from_hex(text).value(); }

X25519 pair_of(std::string_view secret) {
  X25519::Key key;
  std::ranges::copy(unhex(secret), key.begin());
  return X25519::from_secret(key);
}

// The vector Noise_XX_25519_ChaChaPoly_SHA256 of the cacophony project's collection, which other
// Noise libraries are tested with too.
const Xx::Keys initiator_keys{
    .ephemeral = pair_of("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"),
    .identity = pair_of("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1")};
const Xx::Keys responder_keys{
    .ephemeral = pair_of("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"),
    .identity = pair_of("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893")};
constexpr std::string_view prologue = "John Galt";
constexpr std::string_view handshake_hash =
    "c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e";
struct Message {
  std::string_view payload;
  std::string_view ciphertext;
};
constexpr Message messages[] = {
    {"4c756477696720766f6e204d69736573",
     "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d6973"
     "6573"},
    {"4d757272617920526f746862617264",
     "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381cbad1f276e038c48378ffce2b6"
     "5285e08d6b68aaa3629a5a8639392490e5b9bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b5c412f"
     "8a0db50f8814c7194e83f23dbd8d162c9326ad"},
    {"462e20412e20486179656b",
     "c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a80ae475b9df0f169ae80a89be0865"
     "b57f58c9fea0d4ec82a286427402f113e4b6ae769a1d95941d49b25030"},
    {"4361726c204d656e676572", "96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df"},
    {"4a65616e2d426170746973746520536179",
     "3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07f5"},
    {"457567656e2042f6686d20766f6e2042617765726b",
     "eb3f3515110702e047a6c9da4478b6ead94873c11c0f2d710ddb3f09fce024b3a58502ae3f"},
};

std::string seal(const ChaChaPoly::Key& key, std::uint64_t nonce, ByteView plaintext) {
  ChaChaPoly cipher{key, ChaChaPoly::Direction::seal};
  Bytes out(plaintext.size() + crypto::tag_size);
  cipher.seal(nonce, {}, std::array{plaintext}, out);
  return base::to_hex(out);
}

struct Pair {
  Xx initiator{Role::initiator, initiator_keys, as_bytes(prologue)};
  Xx responder{Role::responder, responder_keys, as_bytes(prologue)};

  // Exchanges the first `count` messages.
  void run(int count) {
    for (int i = 0; i < count; ++i) {
      auto& writer = i % 2 == 0 ? initiator : responder;
      auto& reader = i % 2 == 0 ? responder : initiator;
      const auto message = writer.write(unhex(messages[i].payload));
      ASSERT(message && reader.read(*message));
    }
  }
};

TEST(Xx, WritesTheMessagesOfTheVector) {
  Pair pair;
  EXPECT_EQ(base::to_hex(*pair.initiator.write(unhex(messages[0].payload))),
            messages[0].ciphertext);
  EXPECT_EQ(base::to_hex(*pair.responder.read(unhex(messages[0].ciphertext))), messages[0].payload);
  EXPECT_EQ(base::to_hex(*pair.responder.write(unhex(messages[1].payload))),
            messages[1].ciphertext);
  EXPECT_EQ(base::to_hex(*pair.initiator.read(unhex(messages[1].ciphertext))), messages[1].payload);
  EXPECT_EQ(base::to_hex(*pair.initiator.write(unhex(messages[2].payload))),
            messages[2].ciphertext);
  EXPECT_EQ(base::to_hex(*pair.responder.read(unhex(messages[2].ciphertext))), messages[2].payload);

  for (const auto* const side : {&pair.initiator, &pair.responder}) {
    EXPECT_TRUE(side->done());
    EXPECT_EQ(base::to_hex(side->handshake_hash()), handshake_hash);
  }
  EXPECT_EQ(pair.initiator.remote_static(), responder_keys.identity.public_key);
  EXPECT_EQ(pair.responder.remote_static(), initiator_keys.identity.public_key);
}

TEST(Xx, SplitsIntoTheTransportKeysOfTheVector) {
  Pair pair;
  pair.run(3);
  const auto [initiator_sends, initiator_receives] = pair.initiator.transport_keys();
  const auto [responder_sends, responder_receives] = pair.responder.transport_keys();

  EXPECT_EQ(seal(responder_sends, 0, unhex(messages[3].payload)), messages[3].ciphertext);
  EXPECT_EQ(seal(initiator_sends, 0, unhex(messages[4].payload)), messages[4].ciphertext);
  EXPECT_EQ(seal(responder_sends, 1, unhex(messages[5].payload)), messages[5].ciphertext);
  EXPECT_EQ(initiator_sends, responder_receives);
  EXPECT_EQ(responder_sends, initiator_receives);
}

TEST(Xx, TakesTurns) {
  Pair pair;
  EXPECT_TRUE(pair.initiator.writes_next());
  EXPECT_FALSE(pair.responder.writes_next());
  pair.run(1);
  EXPECT_FALSE(pair.initiator.writes_next());
  EXPECT_TRUE(pair.responder.writes_next());
  pair.run(0);
  EXPECT_FALSE(pair.responder.done());
}

TEST(Xx, RefusesEveryTruncation) {
  for (int turn = 0; turn < 3; ++turn) {
    const auto message = unhex(messages[turn].ciphertext);
    // What is cut off the first message is its payload, which nothing protects yet.
    const std::size_t end = turn == 0 ? 32 : message.size();
    for (std::size_t size = 0; size < end; ++size) {
      Pair pair;
      pair.run(turn);
      auto& reader = turn % 2 == 0 ? pair.responder : pair.initiator;
      ASSERT_FALSE(reader.read(ByteView{message}.first(size))) << turn << ' ' << size;
    }
  }
}

TEST(Xx, RefusesEveryBrokenByte) {
  for (int turn = 1; turn < 3; ++turn) {
    const auto message = unhex(messages[turn].ciphertext);
    for (std::size_t at = 0; at < message.size(); ++at) {
      Pair pair;
      pair.run(turn);
      auto& reader = turn % 2 == 0 ? pair.responder : pair.initiator;
      auto broken = message;
      broken[at] ^= 0x40;
      ASSERT_EQ(reader.read(broken).error(), HandshakeError::bad_tag) << turn << ' ' << at;
    }
  }
}

TEST(Xx, RefusesAnotherPrologue) {
  Pair pair;
  Xx responder{Role::responder, responder_keys, as_bytes("John Gault")};
  ASSERT_TRUE(responder.read(*pair.initiator.write({})));

  EXPECT_EQ(pair.initiator.read(*responder.write({})).error(), HandshakeError::bad_tag);
}

// Such a key would make every secret known to all.
TEST(Xx, RefusesEphemeralKeysOfLowOrder) {
  Xx responder{Role::responder, responder_keys};
  ASSERT_TRUE(responder.read(Bytes(32)));
  EXPECT_EQ(responder.write({}).error(), HandshakeError::malformed);

  Xx initiator{Role::initiator, initiator_keys};
  ASSERT_TRUE(initiator.write({}));
  EXPECT_EQ(initiator.read(Bytes(96)).error(), HandshakeError::malformed);
}

TEST(Xx, RefusesAStaticKeyOfLowOrder) {
  Xx::Keys weak = responder_keys;
  weak.identity.public_key = {};
  Xx responder{Role::responder, weak};
  Xx initiator{Role::initiator, initiator_keys};
  ASSERT_TRUE(responder.read(*initiator.write({})));

  EXPECT_EQ(initiator.read(*responder.write({})).error(), HandshakeError::malformed);
}

}  // namespace
}  // namespace grapevine::noise
