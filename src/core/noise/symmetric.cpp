// SPDX-License-Identifier: Apache-2.0
#include "core/noise/symmetric.hpp"

#include "crypto/wipe.hpp"

namespace grapevine::noise {

using crypto::ChaChaPoly;

SymmetricState::SymmetricState(std::string_view protocol_name, ByteView prologue) {
  if (protocol_name.size() <= hash_.size()) {
    std::ranges::copy(protocol_name, hash_.begin());
  } else {
    hash_ = crypto::sha256(as_bytes(protocol_name));
  }
  chaining_key_ = hash_;
  mix_hash(prologue);
}

SymmetricState::~SymmetricState() {
  crypto::wipe(chaining_key_);
  crypto::wipe(key_);
}

void SymmetricState::mix_hash(ByteView data) {
  hash_ = crypto::sha256(std::array{ByteView{hash_}, data});
}

void SymmetricState::mix_key(ByteView input) {
  auto [chaining_key, key] = crypto::hkdf2(chaining_key_, input);
  chaining_key_ = chaining_key;
  key_ = key;
  has_key_ = true;
  nonce_ = 0;
  crypto::wipe(chaining_key);
  crypto::wipe(key);
}

void SymmetricState::encrypt_and_hash(ByteView plaintext, Bytes& out) {
  const auto at = out.size();
  if (has_key_) {
    out.resize(at + plaintext.size() + crypto::tag_size);
    ChaChaPoly cipher{key_, ChaChaPoly::Direction::seal};
    cipher.seal(nonce_++, hash_, std::array{plaintext}, MutableBytes{out}.subspan(at));
  } else {
    append(out, plaintext);
  }
  mix_hash(ByteView{out}.subspan(at));
}

std::optional<Bytes> SymmetricState::decrypt_and_hash(ByteView ciphertext) {
  Bytes opened = to_bytes(ciphertext);
  if (has_key_) {
    if (ciphertext.size() < crypto::tag_size) return std::nullopt;
    ChaChaPoly cipher{key_, ChaChaPoly::Direction::open};
    if (!cipher.open(nonce_++, hash_, opened)) return std::nullopt;
    opened.resize(opened.size() - crypto::tag_size);
  }
  mix_hash(ciphertext);
  return opened;
}

std::array<ChaChaPoly::Key, 2> SymmetricState::split() const {
  return crypto::hkdf2(chaining_key_, {});
}

}  // namespace grapevine::noise
