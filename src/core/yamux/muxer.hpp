// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "base/queue.hpp"
#include "base/result.hpp"
#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "core/yamux/batch.hpp"
#include "core/yamux/frame.hpp"
#include "core/yamux/keep_alive.hpp"
#include "core/yamux/stream_ids.hpp"
#include "core/yamux/stream_table.hpp"

namespace grapevine::yamux {

/// The dialer is the client.
enum class Role { client, server };

/// Why a muxer ended. After any of them it takes and gives nothing but, for our complaints, a
/// GoAway.
enum class Error {
  bad_version,       ///< a frame of another version
  bad_type,          ///< a frame of an unknown type
  bad_stream_id,     ///< zero, or not zero, or of the wrong parity for its frame
  stream_reused,     ///< SYN for a number that was used before
  credit_exceeded,   ///< more data than granted (V19)
  credit_overflow,   ///< credit above 32 bits (V18)
  too_many_refused,  ///< opens far more streams than allowed, and does not read the refusals (V16)
  keep_alive_timeout,  ///< pings went unanswered
  remote_closed,       ///< GoAway: normal end
  remote_complained,   ///< GoAway: protocol error
  remote_failed,       ///< GoAway: internal error, or an unknown code
};
std::string_view name(Error error);

/// Why a stream was not opened.
enum class OpenError {
  too_many,       ///< the limit of our streams
  backlog,        ///< too many the remote has not acknowledged; yamux spec, "ACK backlog"
  ids_exhausted,  ///< all numbers are used
  ended,          ///< the muxer has ended
};
std::string_view name(OpenError error);

/// Code of a GoAway. yamux spec, "Session termination".
enum class GoAway : std::uint32_t { normal = 0, protocol_error = 1, internal_error = 2 };

struct Config {
  std::size_t inbound_streams_max = 256;
  std::size_t outbound_streams_max = 1024;
  std::size_t unacknowledged_max = 256;
  std::size_t receive_window = initial_credit;        ///< bytes per stream at first; not less
  std::size_t receive_window_max = 16 * 1024 * 1024;  ///< bytes per stream, grown to; < 2 GiB
  std::size_t receive_budget = 32 * 1024 * 1024;      ///< bytes all windows may grow together
  std::size_t control_frames_max = 256;               ///< answers waiting to be sent
  Duration keep_alive_interval = std::chrono::seconds{30};
  Duration keep_alive_timeout = std::chrono::seconds{10};
};

/// The remote opened a stream.
struct Opened {
  StreamId stream;
};
/// Bytes of a stream, in order; answered with `consumed()`.
struct Data {
  StreamId stream;
  SharedBytes bytes;
};
/// The remote will send no more on this stream.
struct Ended {
  StreamId stream;
};
/// The stream is gone and unknown from here on; not told after our own `reset()`.
struct Closed {
  enum class Reason { finished, reset };
  StreamId stream;
  Reason reason;
};
/// All that was written is on its way and there is credit for more.
struct Writable {
  StreamId stream;
};
using Event = std::variant<Opened, Data, Ended, Closed, Writable>;

/// Many streams over one ordered, reliable, already secured connection. yamux spec (hashicorp, and
/// libp2p's r0 with its ACK backlog). Plaintext pieces in, stream events out; written bytes leave
/// as frames gathered into batches: answers and window updates first, then the streams with data in
/// turns, one frame of at most a batch each.
///
/// Streams hold no buffers of their own: received data goes out as slices of the input.
/// Invariant: what the remote may make us keep is bounded by `Config`.
class Muxer {
 public:
  Muxer(Role role, const Config& config, TimePoint now);

  /// Takes all of `bytes`. On an error the events so far stand, and the streams are gone.
  Result<void, Error> on_bytes(const SharedBytes& bytes, TimePoint now);
  Result<void, Error> on_deadline(TimePoint now);

  Result<StreamId, OpenError> open(TimePoint now);
  /// Queues bytes to be sent; false when the stream is gone or was ended.
  bool write(StreamId stream, SharedBytes bytes);
  /// Our side ends when what is queued has been sent.
  void end(StreamId stream);
  /// Ends both sides at once. What is queued in and out for the stream is dropped; nothing more is
  /// heard of it.
  void reset(StreamId stream);
  /// `size` bytes told as `Data` are done with. Ignored when the stream is gone.
  void consumed(StreamId stream, std::size_t size);
  /// Ends the muxer; only the GoAway is still to be gathered.
  void close(GoAway code);

  std::optional<Event> poll();
  /// Adds frames while there are any and `batch` has room for one.
  void gather(Batch& batch, TimePoint now);
  std::optional<TimePoint> next_deadline() const;

  bool has_output() const;
  /// Answers wait that the remote does not read: take no more input until `gather()` (V17).
  bool congested() const { return pongs_.size() + resets_.size() >= config_.control_frames_max; }
  std::size_t queued(StreamId stream) const;  ///< bytes written and not gathered
  bool knows(StreamId stream) const { return streams_.find(stream) != nullptr; }
  std::size_t stream_count() const { return streams_.size(); }
  std::optional<Duration> round_trip() const { return keep_alive_.round_trip(); }
  /// Stops the program when an invariant is broken. For tests.
  void check_invariants() const;

 private:
  /// Where in the stream of bytes the input stands.
  struct Input {
    std::array<std::uint8_t, header_size> header;
    std::uint8_t collected = 0;  ///< bytes of `header` so far
    bool fin = false;            ///< the body being received ends the remote's side
    StreamId stream = 0;         ///< whose body; zero when it is for nobody
    std::uint32_t body_left = 0;
  };

  bool inbound(StreamId id) const { return (id % 2 == 1) == (role_ == Role::server); }

  Result<std::size_t, Error> take_header(ByteView rest, TimePoint now);
  std::size_t take_body(const SharedBytes& bytes, std::size_t offset);
  Result<void, Error> on_header(const Header& header, TimePoint now);
  Result<void, Error> on_stream_frame(const Header& header, TimePoint now);
  Result<void, Error> on_known(Stream& stream, const Header& header, TimePoint now);
  Result<void, Error> on_syn(const Header& header, TimePoint now);
  Result<void, Error> on_unknown(const Header& header);
  Result<void, Error> on_reset(Stream& stream, const Header& header);
  Result<void, Error> on_data(Stream& stream, const Header& header, TimePoint now);
  Result<void, Error> on_credit(Stream& stream, const Header& header);
  Result<void, Error> on_ping(const Header& header, TimePoint now);
  Result<void, Error> on_go_away(const Header& header);
  void on_fin(Stream& stream);
  void expect_body(StreamId stream, const Header& header);
  void acknowledge(Stream& stream);

  void gather_answers(Batch& batch, TimePoint now);
  void gather_control(Batch& batch, TimePoint now);
  void gather_control_frame(Batch& batch, Stream& stream, TimePoint now);
  void gather_data(Batch& batch);
  void gather_data_frame(Batch& batch, Stream& stream);
  static std::uint32_t gather_body(Batch& batch, Stream& stream);
  std::uint16_t take_flags(Stream& stream);
  std::uint32_t grant(Stream& stream, TimePoint now);
  void tell_writable(Stream& stream);
  void finish_if_done(Stream& stream);

  Stream& add_stream(StreamId id, TimePoint now);
  void drop(Stream& stream);
  void remove(Stream& stream);
  void schedule(Stream& stream);
  static bool owes_control(const Stream& stream);
  void give_memory_back();
  std::unexpected<Error> fail(Error error);

  Role role_;
  Config config_;
  KeepAlive keep_alive_;
  IdSequence ids_;
  UsedIds used_ids_;
  StreamTable streams_;
  std::size_t inbound_count_ = 0;
  std::size_t unacknowledged_count_ = 0;
  std::uint64_t discard_allowance_ = 0;  ///< bytes the remote was granted on streams that are gone
  std::size_t growth_ = 0;               ///< bytes the windows have grown
  Input input_;
  base::Queue<Event> events_;
  base::Queue<std::uint32_t> pongs_;
  base::Queue<StreamId> resets_;
  base::Queue<StreamId> control_;  ///< streams owing a SYN, ACK, FIN or window update
  base::Queue<StreamId> ready_;    ///< streams with data and credit, in turns
  std::optional<GoAway> go_away_;  ///< to be sent
  bool ended_ = false;
};

}  // namespace grapevine::yamux
