// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.hpp"

#include <openssl/evp.h>

#include <limits>

namespace grapevine::crypto {

namespace {

using Nonce = std::array<std::uint8_t, 12>;

const EVP_CIPHER* algorithm() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
  return fetched;
}

EVP_CIPHER_CTX* cipher(void* context) { return static_cast<EVP_CIPHER_CTX*>(context); }

// Noise revision 34, §12.3.
Nonce encode(std::uint64_t counter) {
  Nonce nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return nonce;
}

void start(EVP_CIPHER_CTX* context, std::uint64_t counter) {
  const auto nonce = encode(counter);
  ASSERT(EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), -1, nullptr) == 1);
}

// `out` is null for associated data; in place when it is where `in` lies.
void update(EVP_CIPHER_CTX* context, ByteView in, std::uint8_t* out) {
  if (in.empty()) return;
  ASSERT(in.size() <= std::size_t{std::numeric_limits<int>::max()});
  int written = 0;
  ASSERT(EVP_CipherUpdate(context, out, &written, in.data(), static_cast<int>(in.size())) == 1);
  ASSERT(static_cast<std::size_t>(written) == in.size());
}

}  // namespace

void ChaChaPoly::Free::operator()(void* context) const { EVP_CIPHER_CTX_free(cipher(context)); }

ChaChaPoly::ChaChaPoly(const Key& key, Direction direction) : context_{EVP_CIPHER_CTX_new()} {
  const int seals = direction == Direction::seal ? 1 : 0;
  ASSERT(context_);
  ASSERT(EVP_CipherInit_ex2(cipher(context_.get()), algorithm(), key.data(), nullptr, seals,
                            nullptr) == 1);
}

ChaChaPoly::ChaChaPoly(ChaChaPoly&&) noexcept = default;
ChaChaPoly& ChaChaPoly::operator=(ChaChaPoly&&) noexcept = default;
ChaChaPoly::~ChaChaPoly() = default;

void ChaChaPoly::seal(std::uint64_t nonce, ByteView associated, std::span<const ByteView> pieces,
                      MutableBytes out) {
  auto* const context = cipher(context_.get());
  ASSERT(EVP_CIPHER_CTX_is_encrypting(context) == 1);

  start(context, nonce);
  update(context, associated, nullptr);
  std::size_t at = 0;
  for (const auto piece : pieces) {
    ASSERT(piece.size() + tag_size <= out.size() - at);
    update(context, piece, out.data() + at);
    at += piece.size();
  }
  ASSERT(at + tag_size == out.size());

  int rest = 0;
  ASSERT(EVP_CipherFinal_ex(context, out.data() + at, &rest) == 1 && rest == 0);
  ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, out.data() + at) == 1);
}

bool ChaChaPoly::open(std::uint64_t nonce, ByteView associated, MutableBytes sealed) {
  auto* const context = cipher(context_.get());
  ASSERT(EVP_CIPHER_CTX_is_encrypting(context) == 0);
  ASSERT(sealed.size() >= tag_size);
  const auto body = sealed.first(sealed.size() - tag_size);
  const auto tag = sealed.last(tag_size);

  start(context, nonce);
  ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1);
  update(context, associated, nullptr);
  update(context, body, body.data());
  int rest = 0;
  return EVP_CipherFinal_ex(context, tag.data(), &rest) == 1;
}

}  // namespace grapevine::crypto
