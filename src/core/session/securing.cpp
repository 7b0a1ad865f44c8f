// SPDX-License-Identifier: Apache-2.0
#include "core/session/securing.hpp"

#include <array>

namespace grapevine::session {
namespace {

Failure failure_of(noise::HandshakeError error) {
  switch (error) {
    case noise::HandshakeError::wrong_peer:
      return {SessionError::wrong_peer, name(error)};
    case noise::HandshakeError::self:
      return {SessionError::self_dial, name(error)};
    default:
      return {SessionError::handshake_failed, name(error)};
  }
}

}  // namespace

Securing::Securing(const SessionSetup& setup, Rng rng)
    : role_{setup.role},
      identity_{*setup.identity},
      expected_{setup.expected},
      rng_{std::move(rng)},
      bytes_left_{setup.config->handshake_bytes_max},
      negotiation_{role_ == Role::dialer
                       ? Negotiation::propose({std::string{noise_protocol}}, false)
                       : Negotiation::answer()},
      output_{negotiation_.take_output()} {}

Result<std::optional<Securing::Done>, Failure> Securing::on_bytes(ByteView in) {
  const auto allowed = in.first(std::min(in.size(), bytes_left_));
  bytes_left_ -= allowed.size();
  auto done = on_allowed(allowed);
  if (done && !*done && allowed.size() < in.size()) {
    return unexpected(Failure{SessionError::handshake_failed, "too many bytes before identity"});
  }
  return done;
}

Result<std::optional<Securing::Done>, Failure> Securing::on_allowed(ByteView in) {
  base::ByteReader reader{in};
  if (!handshake_) {
    if (const auto agreed = negotiate(reader); !agreed) return unexpected(agreed.error());
    if (!handshake_) return std::nullopt;
  }
  const auto left = shake_hands(reader.rest());
  if (!left) return unexpected(left.error());
  if (!handshake_->done()) return std::nullopt;
  return Done{handshake_->take_result(), in.size() - *left};
}

Result<void, Failure> Securing::negotiate(base::ByteReader& in) {
  const std::array supported{std::string{noise_protocol}};
  const auto agreed = negotiation_.on_bytes(in, supported);
  append(output_, negotiation_.take_output());
  if (!agreed) return unexpected(Failure{SessionError::negotiation_failed, name(agreed.error())});
  if (*agreed) begin_handshake();
  return {};
}

void Securing::begin_handshake() {
  const auto role = role_ == Role::dialer ? noise::Role::initiator : noise::Role::responder;
  handshake_.emplace(noise::HandshakeConfig{role, expected_, {std::string{yamux_protocol}}},
                     identity_, rng_.fork());
  append(output_, handshake_->take_output());
}

/// Answers how many bytes at the end of `in` are behind the handshake.
Result<std::size_t, Failure> Securing::shake_hands(ByteView in) {
  append(partial_, in);
  base::ByteReader reader{partial_};
  const auto taken = handshake_->on_bytes(reader);
  if (!taken) return unexpected(failure_of(taken.error()));
  append(output_, handshake_->take_output());
  const auto left = reader.remaining();
  partial_.erase(partial_.begin(), partial_.end() - static_cast<std::ptrdiff_t>(left));
  return left;
}

}  // namespace grapevine::session
