// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/queue.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "identity/keys.hpp"

namespace grapevine::session {

enum class Role { dialer, listener };

/// Why a session ended. Each belongs to the scope of one connection and nothing wider.
enum class SessionError {
  negotiation_failed,  ///< multistream-select failed or found nothing in common
  handshake_failed,    ///< Noise failed; `handshake` in `Closed` says why
  wrong_peer,          ///< the proven peer id is not the dialled one (V10)
  self_dial,           ///< the remote is ourselves
  bad_record,          ///< a Noise record was refused
  muxer_violation,     ///< a yamux rule was broken
  handshake_timeout,   ///< not ready within `Config::handshake_timeout`
  keep_alive_timeout,  ///< the remote stopped answering pings
  write_stalled,       ///< no write progress for `Config::write_stall`
  remote_closed,       ///< GoAway from the remote
  local_closed,        ///< `close()`
};
std::string_view name(SessionError error);

/// Why a stream could not be opened.
enum class OpenError {
  not_ready,  ///< the session is not established, or closing
  too_many,   ///< the limit of streams, or the remote's unacknowledged backlog
};
std::string_view name(OpenError error);

/// Yamux stream number; unique within the session's life.
using StreamId = std::uint32_t;

/// What an inbound stream may be about: the ids told to others, and those `also` accepts. A pure
/// function, asked once per proposal.
struct Protocols {
  std::vector<std::string> supported;
  std::function<bool(std::string_view id)> also;
};

/// Limits of one session; reliability limits are rows of docs/limits.md.
struct Config {
  Duration handshake_timeout =
      std::chrono::seconds{10};                 ///< one deadline from the first byte to muxer ready
  std::size_t handshake_bytes_max = 32 * 1024;  ///< all bytes before identity is proven
  Duration negotiate_timeout = std::chrono::seconds{10};  ///< per stream
  std::size_t negotiating_streams_max = 64;
  std::size_t inbound_streams_max = 256;
  std::size_t outbound_streams_max = 1024;
  std::size_t receive_window = 256 * 1024;            ///< initial, bytes per stream
  std::size_t receive_window_max = 16 * 1024 * 1024;  ///< grown to, bytes per stream
  std::size_t receive_budget = 32 * 1024 * 1024;      ///< sum of windows beyond the initial, bytes
  std::size_t control_frames_max = 256;               ///< queued; then reading stops
  Duration keep_alive_interval = std::chrono::seconds{30};
  Duration keep_alive_timeout = std::chrono::seconds{10};
  Duration write_stall = std::chrono::seconds{10};
};

struct Established {
  PeerId remote;
  PublicKey remote_key;
  bool early_muxer = false;  ///< the muxer was agreed on in the handshake
};
/// An inbound stream whose protocol is agreed, or an outbound one whose answer came.
struct StreamOpened {
  StreamId stream;
  bool inbound;
  std::string protocol;
};
/// Bytes of a stream, in order. The receiver answers with `consumed()` when it is done with them,
/// which returns credit.
struct StreamData {
  StreamId stream;
  SharedBytes bytes;
};
/// The remote has finished writing.
struct StreamEnded {
  StreamId stream;
};
/// The stream is gone: reset by the remote, refused in negotiation, or closed on both sides.
struct StreamClosed {
  enum class Reason { finished, reset, protocol_refused, timeout };
  StreamId stream;
  Reason reason;
};
/// The send queue of a stream has run empty and credit is there.
struct StreamWritable {
  StreamId stream;
};
/// `pack()` has something to give. Sent once when that becomes so; again after `pack()` ran dry.
struct WantsWrite {};
struct Closed {
  SessionError reason;
  std::string_view detail;
};
using Event = std::variant<Established, StreamOpened, StreamData, StreamEnded, StreamClosed,
                           StreamWritable, WantsWrite, Closed>;

struct SessionSetup {
  Role role = Role::dialer;
  const KeyPair* identity = nullptr;  ///< outlives the session
  std::optional<PeerId> expected;     ///< dialer: whom it dials
  std::shared_ptr<const Config> config;
  std::shared_ptr<const Protocols> protocols;  ///< accepted on inbound streams
};

/// One connection without its socket: /multistream/1.0.0, /noise, early muxer or multistream,
/// /yamux/1.0.0, then streams, each with its own protocol negotiation. Bytes in, bytes and stream
/// events out. After `Closed` it does nothing more but let `pack()` give what is left (a GoAway).
class Session {
 public:
  Session(SessionSetup setup, Rng rng, TimePoint now);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  void on_bytes(Received in, TimePoint now);
  void on_deadline(TimePoint now);

  /// Opens a stream for one of `proposals` (most wanted first, 1..16). With one proposal the
  /// header, the proposal and queued data leave together (lazy negotiation). Writing is allowed at
  /// once.
  Result<StreamId, OpenError> open_stream(std::vector<std::string> proposals, TimePoint now);
  /// Queues bytes; false when the stream is gone or its writing side is closed. The caller bounds
  /// what it queues: `queued()` tells, `StreamWritable` asks for more.
  bool write(StreamId stream, SharedBytes bytes);
  /// Ends our writing side once the queue is sent.
  void end_stream(StreamId stream);
  void reset_stream(StreamId stream);
  /// `size` delivered bytes of the stream are done with: credit goes back to the remote.
  void consumed(StreamId stream, std::size_t size);
  /// GoAway, then `Closed{local_closed}`.
  void close();
  /// Replaces what later inbound streams may ask for.
  void set_protocols(std::shared_ptr<const Protocols> protocols);

  std::optional<Event> poll();
  /// Appends sealed bytes to `out` until about `budget` bytes are in it or nothing is left. One
  /// call per socket write. Answers whether more is waiting.
  bool pack(Bytes& out, std::size_t budget, TimePoint now);
  /// The shell says how far the socket took what was packed: no progress for `write_stall` ends the
  /// session.
  void on_written(std::size_t size, TimePoint now);
  std::optional<TimePoint> next_deadline() const;

  bool established() const;
  /// False while too much waits to be written: the shell stops reading until `pack()` emptied it
  /// (V02, V17).
  bool wants_read() const;
  std::size_t queued(StreamId stream) const;  ///< bytes written but not yet packed
  std::size_t stream_count() const;
  std::optional<Duration> round_trip() const;  ///< of the last keep-alive ping

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace grapevine::session
