// SPDX-License-Identifier: Apache-2.0
#include "core/multistream/listener.hpp"

#include <algorithm>
#include <utility>

namespace grapevine::multistream {

Result<std::optional<Outcome>, NegotiationError> Listener::on_bytes(
    base::ByteReader& in, std::span<const std::string> supported, const Accepts& also) {
  ASSERT(state_ == State::greeting || state_ == State::proposals);
  for (;;) {
    const auto message = reader_.next(in);
    if (message && !*message) return std::nullopt;
    const auto error = message ? on_message(**message, supported, also) : message.error();
    if (error) {
      state_ = State::failed;
      return unexpected(*error);
    }
    if (state_ == State::agreed) return Outcome{std::string{**message}};
  }
}

Bytes Listener::take_output() { return std::exchange(output_, {}); }

std::optional<NegotiationError> Listener::on_message(std::string_view message,
                                                     std::span<const std::string> supported,
                                                     const Accepts& also) {
  if (state_ == State::greeting) {
    if (message != header) return NegotiationError::bad_header;
    append_message(output_, header);
    state_ = State::proposals;
    return std::nullopt;
  }
  if (tries_ == proposals_max) return NegotiationError::too_many_tries;
  ++tries_;
  const bool accepted =
      std::ranges::find(supported, message) != supported.end() || (also && also(message));
  append_message(output_, accepted ? message : not_available);
  if (accepted) state_ = State::agreed;
  return std::nullopt;
}

}  // namespace grapevine::multistream
