// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <variant>

#include "core/host/direct_link.hpp"
#include "core/session/session.hpp"

namespace grapevine::host {

/// What a link runs on: a session, or, in a simulation that need not pay for crypto, a direct
/// hand-over. The host works with both alike; only bytes, or frames, go in and out by their own
/// doors.
class Channel {
 private:
  template <class Call>
  decltype(auto) visit(Call call) {
    return std::visit(call, kind_);
  }
  template <class Call>
  decltype(auto) visit(Call call) const {
    return std::visit(call, kind_);
  }

 public:
  explicit Channel(session::Session session) : kind_{std::move(session)} {}
  explicit Channel(Direct direct) : kind_{std::move(direct)} {}

  /// nullptr when it is the other kind.
  session::Session* session() { return std::get_if<session::Session>(&kind_); }
  bool is_direct() const { return std::holds_alternative<Direct>(kind_); }
  Direct* direct() { return std::get_if<Direct>(&kind_); }

  // --- as in `session::Session` ---
  Result<session::StreamId, session::OpenError> open_stream(std::vector<std::string> proposals,
                                                            TimePoint now) {
    return visit([&](auto& kind) { return kind.open_stream(std::move(proposals), now); });
  }
  bool write(session::StreamId stream, SharedBytes bytes) {
    return visit([&](auto& kind) { return kind.write(stream, std::move(bytes)); });
  }
  void end_stream(session::StreamId stream) {
    visit([&](auto& kind) { kind.end_stream(stream); });
  }
  void reset_stream(session::StreamId stream) {
    visit([&](auto& kind) { kind.reset_stream(stream); });
  }
  void consumed(session::StreamId stream, std::size_t size) {
    visit([&](auto& kind) { kind.consumed(stream, size); });
  }
  void close() {
    visit([](auto& kind) { kind.close(); });
  }
  void set_protocols(std::shared_ptr<const session::Protocols> protocols) {
    visit([&](auto& kind) { kind.set_protocols(std::move(protocols)); });
  }
  std::optional<session::Event> poll() {
    return visit([](auto& kind) { return kind.poll(); });
  }
  void on_deadline(TimePoint now) {
    visit([&](auto& kind) { kind.on_deadline(now); });
  }
  void on_written(std::size_t size, TimePoint now) {
    visit([&](auto& kind) { kind.on_written(size, now); });
  }
  std::optional<TimePoint> next_deadline() const {
    return visit([](const auto& kind) { return kind.next_deadline(); });
  }
  bool wants_read() const {
    return visit([](const auto& kind) { return kind.wants_read(); });
  }
  std::size_t queued(session::StreamId stream) const {
    return visit([&](const auto& kind) { return kind.queued(stream); });
  }
  std::optional<Duration> round_trip() const {
    return visit([](const auto& kind) { return kind.round_trip(); });
  }

 private:
  std::variant<session::Session, Direct> kind_;
};

}  // namespace grapevine::host
