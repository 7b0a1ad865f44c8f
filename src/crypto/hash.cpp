// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.hpp"

#include <openssl/evp.h>

#include <memory>

#include "crypto/wipe.hpp"

namespace grapevine::crypto {

namespace {

constexpr std::size_t block_size = 64;
using Block = std::array<std::uint8_t, block_size>;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// One running hash. Its failures would be our own: a known algorithm and valid memory leave nothing
// to fail on.
class Hasher {
 public:
  explicit Hasher(const EVP_MD* algorithm) : context_{EVP_MD_CTX_new()} {
    ASSERT(context_ && EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1);
  }
  void add(ByteView bytes) {
    ASSERT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  void add(std::span<const ByteView> pieces) {
    for (const auto piece : pieces) add(piece);
  }
  void finish(MutableBytes out) {
    ASSERT(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
  }

 private:
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context_;
};

const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

const EVP_MD* sha512_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  return algorithm;
}

}  // namespace

Digest256 sha256(ByteView bytes) { return sha256(std::span{&bytes, 1}); }

Digest256 sha256(std::span<const ByteView> pieces) {
  Digest256 digest;
  Hasher hasher{sha256_algorithm()};
  hasher.add(pieces);
  hasher.finish(digest);
  return digest;
}

Digest512 sha512(std::span<const ByteView> pieces) {
  Digest512 digest;
  Hasher hasher{sha512_algorithm()};
  hasher.add(pieces);
  hasher.finish(digest);
  return digest;
}

Digest256 hmac_sha256(ByteView key, std::span<const ByteView> pieces) {
  Block padded{};
  if (key.size() > block_size) {
    std::ranges::copy(sha256(key), padded.begin());
  } else {
    std::ranges::copy(key, padded.begin());
  }
  Block inner_key = padded;
  for (auto& byte : inner_key) byte ^= 0x36;
  Block outer_key = padded;
  for (auto& byte : outer_key) byte ^= 0x5c;

  Digest256 digest;
  Hasher inner{sha256_algorithm()};
  inner.add(inner_key);
  inner.add(pieces);
  inner.finish(digest);
  Hasher outer{sha256_algorithm()};
  outer.add(outer_key);
  outer.add(digest);
  outer.finish(digest);

  wipe(padded);
  wipe(inner_key);
  wipe(outer_key);
  return digest;
}

std::array<Digest256, 2> hkdf2(const Digest256& chaining_key, ByteView input) {
  constexpr std::array<std::uint8_t, 1> one{1};
  constexpr std::array<std::uint8_t, 1> two{2};
  auto extracted = hmac_sha256(chaining_key, std::array{input});

  std::array<Digest256, 2> out;
  out[0] = hmac_sha256(extracted, std::array{ByteView{one}});
  out[1] = hmac_sha256(extracted, std::array{ByteView{out[0]}, ByteView{two}});
  wipe(extracted);
  return out;
}

}  // namespace grapevine::crypto
