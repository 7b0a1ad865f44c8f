// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/noise/records.hpp"
#include "core/session/negotiation.hpp"
#include "core/session/securing.hpp"
#include "core/session/session.hpp"
#include "core/session/write_progress.hpp"
#include "core/yamux/muxer.hpp"

namespace grapevine::session {

/// What is needed until the muxer runs, and freed then.
struct Opening {
  Opening(const SessionSetup& setup, Rng rng, TimePoint until)
      : deadline{until}, securing{setup, std::move(rng)} {}

  TimePoint deadline;
  Securing securing;
  Established established{};
  std::optional<Negotiation> muxer_choice{};  ///< when it was not made within the handshake
};

/// Phases: `opening` (then maybe without records), running (a muxer, no `opening`), closed.
struct Session::State {
  State(SessionSetup setup, Rng rng, TimePoint now);

  void on_bytes(Received in, TimePoint now);
  void secured(Securing::Done done);
  void on_records(Received& in);
  void on_plaintext(const SharedBytes& bytes);
  void choose_muxer(const SharedBytes& bytes);
  void start_muxer();
  void feed_muxer(const SharedBytes& bytes);
  void drain_muxer();
  void on_deadline(TimePoint now);

  void on(const yamux::Opened& opened);
  void on(yamux::Data& data);
  void on(const yamux::Ended& ended);
  void on(const yamux::Closed& closed);
  void on(const yamux::Writable& writable);
  void negotiate(NegotiatingStream& stream, const SharedBytes& bytes);
  void agreed(StreamId id, std::string protocol);
  void give_up(StreamId id, StreamClosed::Reason reason);

  Result<StreamId, OpenError> open_stream(std::vector<std::string> proposals);
  bool write(StreamId id, SharedBytes bytes);
  void end_stream(StreamId id);
  void reset_stream(StreamId id);

  bool pack(Bytes& out, std::size_t budget);
  bool seal(std::span<const ByteView> pieces, Bytes& out);
  void pack_frames(Bytes& out, std::size_t end);
  void give_memory_back();
  bool has_output() const;
  void announce();
  void fail(Failure failure);
  std::optional<TimePoint> next_deadline() const;

  Role role;
  std::shared_ptr<const Config> config;
  std::shared_ptr<const Protocols> protocols;
  TimePoint now;  ///< of the latest input
  std::unique_ptr<Opening> opening;
  Bytes cleartext;  ///< to be sent before anything sealed
  Bytes plaintext;  ///< of the muxer's negotiation: to be sealed and sent before any frame
  std::optional<noise::RecordWriter> writer;
  std::optional<noise::RecordReader> reader;
  std::optional<yamux::Muxer> muxer;
  NegotiatingStreams negotiating;
  base::Queue<Event> events;
  WriteProgress writes;
  bool announced = false;  ///< WantsWrite was told and `pack()` has not run dry since
  bool closed = false;
};

}  // namespace grapevine::session
