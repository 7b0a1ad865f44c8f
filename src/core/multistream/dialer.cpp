// SPDX-License-Identifier: Apache-2.0
#include "core/multistream/dialer.hpp"

#include <utility>

namespace grapevine::multistream {

Dialer::Dialer(std::vector<std::string> proposals, Mode mode)
    : proposals_{std::move(proposals)}, mode_{mode} {
  ASSERT(!proposals_.empty() && proposals_.size() <= proposals_max);
  ASSERT(mode == Mode::wait || proposals_.size() == 1);
  append_message(output_, header);
  append_message(output_, proposal());
}

Result<std::optional<Outcome>, NegotiationError> Dialer::on_bytes(base::ByteReader& in) {
  ASSERT(!agreed_ && !failed_);
  for (;;) {
    const auto message = reader_.next(in);
    if (message && !*message) return std::nullopt;
    const auto error = message ? on_message(**message) : message.error();
    if (error) {
      failed_ = true;
      return unexpected(*error);
    }
    if (agreed_) return Outcome{proposal()};
  }
}

Bytes Dialer::take_output() { return std::exchange(output_, {}); }

std::optional<NegotiationError> Dialer::on_message(std::string_view message) {
  if (!header_seen_) {
    header_seen_ = true;
    if (message != header) return NegotiationError::bad_header;
    return std::nullopt;
  }
  if (message == proposal()) {
    agreed_ = true;
    return std::nullopt;
  }
  if (message != not_available) return NegotiationError::bad_answer;
  if (current_ + 1 == proposals_.size()) return NegotiationError::refused;
  ++current_;
  append_message(output_, proposal());
  return std::nullopt;
}

}  // namespace grapevine::multistream
