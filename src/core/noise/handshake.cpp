// SPDX-License-Identifier: Apache-2.0
#include "core/noise/handshake.hpp"

#include <utility>

#include "core/noise/payload.hpp"
#include "core/noise/xx.hpp"

namespace grapevine::noise {

namespace {

constexpr std::size_t message_size_max = 16 * 1024;
constexpr std::size_t message_length_size = 2;
constexpr std::string_view signature_prefix = "noise-libp2p-static-key:";

std::array<ByteView, 2> signed_pieces(const crypto::X25519::Key& static_key) {
  return {as_bytes(signature_prefix), ByteView{static_key}};
}

// Early muxer negotiation: libp2p connection inlining, "inlined muxer negotiation".
std::string choose(const std::vector<std::string>& initiator,
                   const std::vector<std::string>& responder) {
  for (const auto& muxer : initiator) {
    if (std::ranges::find(responder, muxer) != responder.end()) return muxer;
  }
  return {};
}

Xx::Keys fresh_keys(Rng& rng) {
  return {.ephemeral = crypto::X25519::generate(rng), .identity = crypto::X25519::generate(rng)};
}

}  // namespace

std::string_view name(HandshakeError error) {
  switch (error) {
    case HandshakeError::message_too_large:
      return "message_too_large";
    case HandshakeError::malformed:
      return "malformed";
    case HandshakeError::bad_tag:
      return "bad_tag";
    case HandshakeError::bad_key:
      return "bad_key";
    case HandshakeError::bad_signature:
      return "bad_signature";
    case HandshakeError::wrong_peer:
      return "wrong_peer";
    case HandshakeError::self:
      return "self";
  }
  return "unknown";
}

struct Handshake::State {
  State(HandshakeConfig config_, const KeyPair& identity_, Rng rng)
      : State{std::move(config_), identity_, fresh_keys(rng)} {}
  State(HandshakeConfig config_, const KeyPair& identity_, const Xx::Keys& keys)
      : config{std::move(config_)},
        identity{identity_},
        static_key{keys.identity.public_key},
        xx{config.role, keys} {}

  Result<void, HandshakeError> send_turn();
  Result<void, HandshakeError> receive(ByteView message);
  Result<void, HandshakeError> believe(const Payload& payload);
  Bytes own_payload() const;

  HandshakeConfig config;
  const KeyPair& identity;
  crypto::X25519::Key static_key;
  Xx xx;
  Bytes output;
  Secured secured;
  std::optional<HandshakeError> failed;
};

// Writes whatever is ours to write now. The first message says nothing: anybody could read it.
Result<void, HandshakeError> Handshake::State::send_turn() {
  if (!xx.writes_next()) return {};
  const bool first = config.role == Role::initiator && !xx.remote_static();
  const auto message = xx.write(first ? Bytes{} : own_payload());
  if (!message) return unexpected{message.error()};
  ASSERT(message->size() <= message_size_max);
  base::append_big_endian(output, static_cast<std::uint16_t>(message->size()));
  append(output, *message);
  return {};
}

Bytes Handshake::State::own_payload() const {
  return Payload{.identity_key = identity.public_key().protobuf(),
                 .identity_signature = identity.sign(signed_pieces(static_key)),
                 .muxers = config.muxers}
      .encode();
}

Result<void, HandshakeError> Handshake::State::receive(ByteView message) {
  const auto read = xx.read(message);
  if (!read) return unexpected{read.error()};
  // Without a static key to hold it against, the payload of the first message means nothing.
  if (xx.remote_static()) {
    const auto payload = Payload::parse(*read);
    if (!payload) return unexpected{HandshakeError::malformed};
    if (const auto believed = believe(*payload); !believed) return believed;
  }
  if (const auto sent = send_turn(); !sent) return sent;
  if (xx.done()) {
    const auto [send_key, receive_key] = xx.transport_keys();
    secured.send_key = send_key;
    secured.receive_key = receive_key;
  }
  return {};
}

// libp2p noise spec, "Static Key Authentication"; then whom we wanted to meet.
Result<void, HandshakeError> Handshake::State::believe(const Payload& payload) {
  auto key = PublicKey::from_protobuf(payload.identity_key);
  if (!key) return unexpected{HandshakeError::bad_key};
  const auto verdict = key->verify(signed_pieces(*xx.remote_static()), payload.identity_signature);
  if (verdict != crypto::Verdict::valid) return unexpected{HandshakeError::bad_signature};

  const auto remote = key->peer_id();
  if (remote == identity.peer_id()) return unexpected{HandshakeError::self};
  if (config.expected && remote != *config.expected) {
    return unexpected{HandshakeError::wrong_peer};
  }
  secured.remote_key = std::move(*key);
  secured.remote = remote;
  secured.muxer = config.role == Role::initiator ? choose(config.muxers, payload.muxers)
                                                 : choose(payload.muxers, config.muxers);
  return {};
}

Handshake::Handshake(HandshakeConfig config, const KeyPair& identity, Rng rng)
    : state_{std::make_unique<State>(std::move(config), identity, std::move(rng))} {
  ASSERT(state_->send_turn());
}

Handshake::Handshake(Handshake&&) noexcept = default;
Handshake& Handshake::operator=(Handshake&&) noexcept = default;
Handshake::~Handshake() = default;

Result<void, HandshakeError> Handshake::on_bytes(base::ByteReader& in) {
  if (state_->failed) return unexpected{*state_->failed};
  while (!done() && in.remaining() >= message_length_size) {
    const auto size = base::ByteReader{in.rest()}.u16();
    if (size > message_size_max) {
      state_->failed = HandshakeError::message_too_large;
      return unexpected{*state_->failed};
    }
    if (in.remaining() < message_length_size + size) break;
    in.take(message_length_size);
    if (const auto received = state_->receive(in.take(size)); !received) {
      state_->failed = received.error();
      return received;
    }
  }
  return {};
}

Bytes Handshake::take_output() { return std::exchange(state_->output, {}); }

bool Handshake::done() const { return !state_->failed && state_->xx.done(); }

Secured Handshake::take_result() {
  ASSERT(done());
  return std::move(state_->secured);
}

}  // namespace grapevine::noise
