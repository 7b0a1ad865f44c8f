// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.hpp"

#include <gtest/gtest.h>

#include "unit/crypto/spec_keys.hpp"

namespace grapevine::crypto {
namespace {

using spec_keys::unhex;

// RFC 8439, A.5, whose nonce is of the shape that Noise uses.
constexpr std::string_view rfc_key =
    "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0";
constexpr std::string_view rfc_associated = "f33388860000000000004e91";
constexpr std::uint64_t rfc_nonce = 0x0807060504030201;
constexpr std::string_view rfc_plaintext =
    "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, "
    "replaced, or "
    "obsoleted by other documents at any time. It is inappropriate to use Internet-Drafts as "
    "reference material or "
    "to cite them other than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
constexpr std::string_view rfc_sealed =
    "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e"
    "382d26b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd"
    "60f982b1ff37c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c76"
    "7b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a"
    "0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a67276"
    "27097a1049e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b0270"
    "9beead9d67890cbb22392336fea1851f38";

ChaChaPoly::Key key_of(std::string_view hex) {
  ChaChaPoly::Key key;
  std::ranges::copy(unhex(hex), key.begin());
  return key;
}

Bytes seal(ChaChaPoly& cipher, std::uint64_t nonce, std::span<const ByteView> pieces,
           ByteView associated = {}) {
  std::size_t size = tag_size;
  for (const auto piece : pieces) size += piece.size();
  Bytes out(size);
  cipher.seal(nonce, associated, pieces, out);
  return out;
}

TEST(ChaChaPoly, SealsTheVectorOfRfc8439) {
  ChaChaPoly cipher{key_of(rfc_key), ChaChaPoly::Direction::seal};

  const auto sealed =
      seal(cipher, rfc_nonce, std::array{as_bytes(rfc_plaintext)}, unhex(rfc_associated));

  EXPECT_EQ(base::to_hex(sealed), rfc_sealed);
}

TEST(ChaChaPoly, SealsPiecesLikeTheWholeAtEveryCut) {
  ChaChaPoly cipher{key_of(rfc_key), ChaChaPoly::Direction::seal};
  const auto whole = as_bytes(rfc_plaintext);

  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    const auto pieces = std::array{whole.first(cut), whole.subspan(cut)};
    ASSERT_EQ(base::to_hex(seal(cipher, rfc_nonce, pieces, unhex(rfc_associated))), rfc_sealed)
        << cut;
  }
}

TEST(ChaChaPoly, OpensInPlace) {
  ChaChaPoly cipher{key_of(rfc_key), ChaChaPoly::Direction::open};
  auto sealed = unhex(rfc_sealed);

  ASSERT_TRUE(cipher.open(rfc_nonce, unhex(rfc_associated), sealed));
  EXPECT_EQ(as_text(ByteView{sealed}.first(sealed.size() - tag_size)), rfc_plaintext);
}

TEST(ChaChaPoly, RefusesEveryBrokenBitAndGoesOnWorking) {
  ChaChaPoly cipher{key_of(rfc_key), ChaChaPoly::Direction::open};
  const auto sealed = unhex(rfc_sealed);
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto broken = sealed;
    broken[at] ^= 1;
    ASSERT_FALSE(cipher.open(rfc_nonce, unhex(rfc_associated), broken)) << at;
  }
  auto other_nonce = sealed;
  EXPECT_FALSE(cipher.open(rfc_nonce + 1, unhex(rfc_associated), other_nonce));
  auto other_associated = sealed;
  EXPECT_FALSE(cipher.open(rfc_nonce, {}, other_associated));

  auto whole = sealed;
  EXPECT_TRUE(cipher.open(rfc_nonce, unhex(rfc_associated), whole));
}

TEST(ChaChaPoly, SealsAndOpensNothing) {
  ChaChaPoly sealer{key_of(rfc_key), ChaChaPoly::Direction::seal};
  ChaChaPoly opener{key_of(rfc_key), ChaChaPoly::Direction::open};

  auto sealed = seal(sealer, 0, {});

  EXPECT_EQ(sealed.size(), tag_size);
  EXPECT_TRUE(opener.open(0, {}, sealed));
}

TEST(ChaChaPoly, WorksOnAfterAMove) {
  ChaChaPoly cipher{key_of(rfc_key), ChaChaPoly::Direction::seal};
  ChaChaPoly moved{std::move(cipher)};

  EXPECT_EQ(base::to_hex(
                seal(moved, rfc_nonce, std::array{as_bytes(rfc_plaintext)}, unhex(rfc_associated))),
            rfc_sealed);
}

}  // namespace
}  // namespace grapevine::crypto
