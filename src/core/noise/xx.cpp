// SPDX-License-Identifier: Apache-2.0
#include "core/noise/xx.hpp"

#include <utility>

#include "crypto/wipe.hpp"

namespace grapevine::noise {

namespace {

using Key = crypto::X25519::Key;

constexpr std::string_view protocol_name = "Noise_XX_25519_ChaChaPoly_SHA256";
constexpr std::size_t key_size = std::tuple_size_v<Key>;
constexpr std::size_t sealed_key_size = key_size + crypto::tag_size;

Key key_of(ByteView bytes) {
  Key key;
  ASSERT(bytes.size() == key.size());
  std::ranges::copy(bytes, key.begin());
  return key;
}

}  // namespace

Xx::Xx(Role role, const Keys& keys, ByteView prologue)
    : role_{role}, keys_{keys}, symmetric_{protocol_name, prologue} {}

Xx::~Xx() {
  crypto::wipe(keys_.ephemeral.secret);
  crypto::wipe(keys_.identity.secret);
}

// Message 1: e. Message 2: e, ee, s, es. Message 3: s, se.
Result<Bytes, HandshakeError> Xx::write(ByteView payload) {
  ASSERT(writes_next());
  Bytes out;
  if (next_ < 2) write_ephemeral(out);
  if (next_ == 1 && !mix_ee()) return unexpected{HandshakeError::malformed};
  if (next_ > 0) write_static(out);
  if (next_ == 1 && !mix_es()) return unexpected{HandshakeError::malformed};
  if (next_ == 2 && !mix_se()) return unexpected{HandshakeError::malformed};
  symmetric_.encrypt_and_hash(payload, out);
  ++next_;
  return out;
}

Result<Bytes, HandshakeError> Xx::read(ByteView message) {
  ASSERT(!done() && !writes_next());
  base::ByteReader in{message};
  const bool has_ephemeral = next_ < 2;
  const bool has_static = next_ > 0;
  const std::size_t keys_size = (has_ephemeral ? key_size : 0) + (has_static ? sealed_key_size : 0);
  const std::size_t payload_tag_size = has_static ? crypto::tag_size : 0;
  if (in.remaining() < keys_size + payload_tag_size) return unexpected{HandshakeError::malformed};

  if (has_ephemeral) read_ephemeral(in);
  if (next_ == 1 && !mix_ee()) return unexpected{HandshakeError::malformed};
  if (has_static && !read_static(in)) return unexpected{HandshakeError::bad_tag};
  if (next_ == 1 && !mix_es()) return unexpected{HandshakeError::malformed};
  if (next_ == 2 && !mix_se()) return unexpected{HandshakeError::malformed};
  auto payload = symmetric_.decrypt_and_hash(in.rest());
  if (!payload) return unexpected{HandshakeError::bad_tag};
  ++next_;
  return std::move(*payload);
}

bool Xx::writes_next() const { return !done() && (next_ % 2 == 0) == (role_ == Role::initiator); }

std::array<crypto::ChaChaPoly::Key, 2> Xx::transport_keys() const {
  ASSERT(done());
  auto keys = symmetric_.split();
  if (role_ == Role::responder) std::swap(keys[0], keys[1]);
  return keys;
}

void Xx::write_ephemeral(Bytes& out) {
  append(out, keys_.ephemeral.public_key);
  symmetric_.mix_hash(keys_.ephemeral.public_key);
}

void Xx::write_static(Bytes& out) { symmetric_.encrypt_and_hash(keys_.identity.public_key, out); }

void Xx::read_ephemeral(base::ByteReader& in) {
  remote_ephemeral_ = key_of(in.take(key_size));
  symmetric_.mix_hash(*remote_ephemeral_);
}

bool Xx::read_static(base::ByteReader& in) {
  const auto key = symmetric_.decrypt_and_hash(in.take(sealed_key_size));
  if (!key) return false;
  remote_static_ = key_of(*key);
  return true;
}

bool Xx::mix_ee() { return mix(keys_.ephemeral, remote_ephemeral_); }

// Between the initiator's ephemeral key and the responder's static one.
bool Xx::mix_es() {
  if (role_ == Role::initiator) return mix(keys_.ephemeral, remote_static_);
  return mix(keys_.identity, remote_ephemeral_);
}

// Between the initiator's static key and the responder's ephemeral one.
bool Xx::mix_se() {
  if (role_ == Role::initiator) return mix(keys_.identity, remote_ephemeral_);
  return mix(keys_.ephemeral, remote_static_);
}

// A point of low order would make the secret known to all.
bool Xx::mix(const crypto::X25519& own, const std::optional<Key>& remote) {
  ASSERT(remote);
  auto shared = own.agree(*remote);
  if (!shared) return false;
  symmetric_.mix_key(*shared);
  crypto::wipe(*shared);
  return true;
}

}  // namespace grapevine::noise
