// SPDX-License-Identifier: Apache-2.0
#include "core/multistream/negotiation.hpp"

#include <algorithm>

#include "base/varint.hpp"

namespace grapevine::multistream {

std::string_view name(NegotiationError error) {
  switch (error) {
    case NegotiationError::bad_length:
      return "bad_length";
    case NegotiationError::too_large:
      return "too_large";
    case NegotiationError::empty:
      return "empty";
    case NegotiationError::no_newline:
      return "no_newline";
    case NegotiationError::bad_header:
      return "bad_header";
    case NegotiationError::bad_answer:
      return "bad_answer";
    case NegotiationError::refused:
      return "refused";
    case NegotiationError::too_many_tries:
      return "too_many_tries";
  }
  return "unknown";
}

void append_message(Bytes& out, std::string_view text) {
  ASSERT(!text.empty() && text.size() < message_size_max && !text.contains('\n'));
  base::append_varint(out, text.size() + 1);
  append(out, as_bytes(text));
  out.push_back('\n');
}

Result<std::optional<std::string_view>, NegotiationError> MessageReader::next(
    base::ByteReader& in) {
  if (whole_) partial_ = {};
  whole_ = false;
  if (partial_.empty()) {
    const auto message = take_message(in);
    if (!message || *message) return message;
  }
  while (!in.empty()) {
    append(partial_, in.take(std::min(missing(), in.remaining())));
    base::ByteReader held{partial_};
    const auto message = take_message(held);
    whole_ = message && *message;
    if (!message || *message) return message;
  }
  return std::nullopt;
}

/// How many bytes may be taken without reaching into the next message: one while the length is
/// incomplete.
std::size_t MessageReader::missing() const {
  base::ByteReader held{partial_};
  const auto length = base::take_varint(held);
  if (!length || !*length) return 1;
  return static_cast<std::size_t>(**length) - held.remaining();
}

Result<std::optional<std::string_view>, NegotiationError> MessageReader::take_message(
    base::ByteReader& in) {
  // Without this an announced empty message would pass for one, and be answered for ever (V02).
  if (!in.empty() && in.rest()[0] == 0) return unexpected(NegotiationError::empty);
  const auto body = base::take_frame(in, message_size_max);
  if (!body) {
    return unexpected(body.error() == base::FrameError::too_large ? NegotiationError::too_large
                                                                  : NegotiationError::bad_length);
  }
  if (!*body) return std::nullopt;
  auto text = as_text(**body);
  if (!text.ends_with('\n')) return unexpected(NegotiationError::no_newline);
  text.remove_suffix(1);
  if (text.empty()) return unexpected(NegotiationError::empty);
  return text;
}

}  // namespace grapevine::multistream
