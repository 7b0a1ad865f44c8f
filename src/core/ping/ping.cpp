// SPDX-License-Identifier: Apache-2.0
#include "core/ping/ping.hpp"

namespace grapevine::ping {

std::string_view name(PingError error) {
  switch (error) {
    case PingError::wrong_echo:
      return "wrong_echo";
    case PingError::unasked:
      return "unasked";
    case PingError::timeout:
      return "timeout";
    case PingError::flood:
      return "flood";
  }
  return "unknown";
}

Payload Pinger::start(TimePoint now) {
  ASSERT(!waiting());
  rng_.fill(payload_);
  echoed_ = 0;
  sent_at_ = now;
  return payload_;
}

Result<std::optional<Duration>, PingError> Pinger::on_bytes(ByteView bytes, TimePoint now) {
  if (bytes.empty()) return std::nullopt;
  if (!waiting()) return unexpected{PingError::unasked};
  // The answer and the deadline may come in the same turn, in either order.
  if (now >= *next_deadline()) return unexpected{PingError::timeout};
  const auto missing = ByteView{payload_}.subspan(echoed_);
  if (bytes.size() > missing.size()) return unexpected{PingError::unasked};
  if (!equal(bytes, missing.first(bytes.size()))) return unexpected{PingError::wrong_echo};
  echoed_ += bytes.size();
  if (echoed_ < payload_size) return std::nullopt;

  const auto round_trip = now - *sent_at_;
  sent_at_.reset();
  return round_trip;
}

Result<void, PingError> Pinger::on_deadline(TimePoint now) {
  const auto deadline = next_deadline();
  if (deadline && now >= *deadline) return unexpected{PingError::timeout};
  return {};
}

std::optional<TimePoint> Pinger::next_deadline() const {
  if (!sent_at_) return std::nullopt;
  return base::saturating_add(*sent_at_, timeout);
}

Result<Bytes, PingError> Responder::on_bytes(ByteView bytes, std::size_t queued) {
  const auto whole = (partial_.size() + bytes.size()) / payload_size * payload_size;
  if (whole > queued_max - std::min(queued, queued_max)) return unexpected{PingError::flood};
  append(partial_, bytes);
  Bytes echo = to_bytes(ByteView{partial_}.first(whole));
  partial_.erase(partial_.begin(), partial_.begin() + static_cast<std::ptrdiff_t>(whole));
  return echo;
}

}  // namespace grapevine::ping
