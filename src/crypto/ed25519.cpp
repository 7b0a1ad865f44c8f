// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium/crypto_sign_ed25519.h>

#include "crypto/evp.hpp"
#include "crypto/signatures.hpp"
#include "crypto/wipe.hpp"

namespace grapevine::crypto::ed25519 {

namespace {

using Coordinate = std::array<std::uint8_t, 32>;

// The y coordinates, little-endian, of the eight points whose order divides 8: 0, 1, -1, and the
// two of order 8.
constexpr std::array<Coordinate, 5> small_order_y{{
    {0},
    {1},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}};

// y >= 2^255 - 19: the same point has a smaller encoding.
bool canonical(const Coordinate& y) {
  if (y[31] != 0x7f || y[0] < 0xed) return true;
  return !std::all_of(y.begin() + 1, y.end() - 1, [](std::uint8_t byte) { return byte == 0xff; });
}

// What libsodium refuses a point for, beyond not being on the curve.
bool unusual(ByteView point) {
  Coordinate y;
  std::ranges::copy(point, y.begin());
  y[31] &= 0x7f;
  return !canonical(y) || std::ranges::find(small_order_y, y) != small_order_y.end();
}

bool others_accept(const PublicKey& key, ByteView message, ByteView signature) {
  const evp::Key parsed{
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.data(), key.size())};
  const evp::DigestContext context{EVP_MD_CTX_new()};
  const bool accepted = parsed && context &&
                        EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                                parsed.get(), nullptr) == 1 &&
                        EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                         message.data(), message.size()) == 1;
  ERR_clear_error();
  return accepted;
}

Verdict verify_whole(const PublicKey& key, ByteView message, ByteView signature) {
  if (crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(),
                                          key.data()) == 0) {
    return Verdict::valid;
  }
  if (!unusual(key) && !unusual(signature.first(32))) return Verdict::invalid;
  return others_accept(key, message, signature) ? Verdict::disputed : Verdict::invalid;
}

// Ed25519 reads its message twice, so libsodium wants it in one piece.
Bytes join(std::span<const ByteView> pieces) {
  std::size_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  Bytes whole;
  whole.reserve(size);
  for (const auto piece : pieces) append(whole, piece);
  return whole;
}

}  // namespace

KeyPair KeyPair::from_seed(const Seed& seed) {
  KeyPair pair{.seed = seed, .public_key = {}};
  std::array<std::uint8_t, crypto_sign_ed25519_SECRETKEYBYTES> expanded;
  ASSERT(crypto_sign_ed25519_seed_keypair(pair.public_key.data(), expanded.data(), seed.data()) ==
         0);
  wipe(expanded);
  return pair;
}

Signature KeyPair::sign(std::span<const ByteView> pieces) const {
  std::array<std::uint8_t, crypto_sign_ed25519_SECRETKEYBYTES> expanded;
  std::ranges::copy(seed, expanded.begin());
  std::ranges::copy(public_key, expanded.begin() + 32);
  const auto message = join(pieces);

  Signature signature;
  ASSERT(crypto_sign_ed25519_detached(signature.data(), nullptr, message.data(), message.size(),
                                      expanded.data()) == 0);
  wipe(expanded);
  return signature;
}

Verdict verify(const PublicKey& key, std::span<const ByteView> pieces, ByteView signature) {
  if (signature.size() != std::tuple_size_v<Signature>) return Verdict::invalid;
  if (pieces.size() == 1) return verify_whole(key, pieces.front(), signature);
  return verify_whole(key, join(pieces), signature);
}

}  // namespace grapevine::crypto::ed25519
