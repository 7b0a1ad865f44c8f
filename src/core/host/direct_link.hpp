// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "core/identify/info.hpp"
#include "core/session/session.hpp"

/// What the two ends of a `Direct` hand each other, as values.
namespace grapevine::host::direct {

using session::StreamId;

/// Who speaks; nobody has to prove it.
struct Hello {
  PeerId peer;
};
/// What identify would have told.
struct Told {
  std::shared_ptr<const identify::Info> info;
};
struct Open {
  StreamId stream;
  std::vector<std::string> proposals;  ///< most wanted first
};
struct Agreed {
  StreamId stream;
  std::string protocol;
};
struct Refused {
  StreamId stream;
};
struct Data {
  StreamId stream;
  SharedBytes bytes;
};
struct Ended {
  StreamId stream;
};
struct Reset {
  StreamId stream;
};
struct Credit {
  StreamId stream;
  std::size_t size;
};
struct Ping {
  std::uint32_t value;
};
struct Pong {
  std::uint32_t value;
};
using Frame =
    std::variant<Hello, Told, Open, Agreed, Refused, Data, Ended, Reset, Credit, Ping, Pong>;
using Frames = std::vector<Frame>;

/// Bytes the frame would about take on a wire: what a bandwidth is charged.
std::size_t size_of(const Frame& frame);
std::size_t size_of(const Frames& frames);

}  // namespace grapevine::host::direct

namespace grapevine::host {

/// A connection as `session::Session` is one, its streams, limits, windows and times included, but
/// for a simulation that has no time for crypto and framing: both ends live in one process and hand
/// over values, bytes by reference. Nothing is proven or hidden. Differences that a scenario can
/// see: the handshake takes one round trip, a window does not grow, and identify is one value that
/// goes with the handshake.
class Direct {
 public:
  Direct(const session::SessionSetup& setup, TimePoint now);
  Direct(Direct&&) noexcept;
  Direct& operator=(Direct&&) noexcept;
  ~Direct();

  void on_frames(direct::Frames frames, TimePoint now);
  void on_deadline(TimePoint now);

  /// What the other side gets to know of us, now or when it has changed.
  void tell(identify::Info info);
  /// What it has told of itself, each once.
  std::optional<std::shared_ptr<const identify::Info>> take_told();

  // --- as in `session::Session` ---
  Result<session::StreamId, session::OpenError> open_stream(std::vector<std::string> proposals,
                                                            TimePoint now);
  bool write(session::StreamId stream, SharedBytes bytes);
  void end_stream(session::StreamId stream);
  void reset_stream(session::StreamId stream);
  void consumed(session::StreamId stream, std::size_t size);
  void close();
  void set_protocols(std::shared_ptr<const session::Protocols> protocols);
  std::optional<session::Event> poll();
  /// Appends what is to be handed over, about `budget` bytes; answers whether more is waiting.
  bool take(direct::Frames& out, std::size_t budget, TimePoint now);
  void on_written(std::size_t size, TimePoint now);
  std::optional<TimePoint> next_deadline() const;
  bool wants_read() const;
  std::size_t queued(session::StreamId stream) const;
  std::optional<Duration> round_trip() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace grapevine::host
