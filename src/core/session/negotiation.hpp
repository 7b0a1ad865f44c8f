// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "core/multistream/dialer.hpp"
#include "core/multistream/listener.hpp"

namespace grapevine::session {

/// One multistream-select exchange, whichever side of it is ours.
class Negotiation {
 public:
  /// We propose. A single proposal is lazy when `lazy`: what it is about may follow at once.
  static Negotiation propose(std::vector<std::string> proposals, bool lazy);
  /// We answer.
  static Negotiation answer() { return Negotiation{multistream::Listener{}}; }

  /// As the two sides' own `on_bytes`; `supported` and `also` are what we accept when we answer.
  Result<std::optional<multistream::Outcome>, multistream::NegotiationError> on_bytes(
      base::ByteReader& in, std::span<const std::string> supported,
      const multistream::Listener::Accepts& also = {});
  Bytes take_output();

  bool proposes() const { return std::holds_alternative<multistream::Dialer>(side_); }
  /// Bytes of the protocol itself may follow what was put out.
  bool may_send() const;

 private:
  using Side = std::variant<multistream::Dialer, multistream::Listener>;
  explicit Negotiation(Side side) : side_{std::move(side)} {}

  Side side_;
};

/// A stream whose protocol is not agreed yet.
struct NegotiatingStream {
  bool inbound() const { return !negotiation.proposes(); }

  std::uint32_t id;
  TimePoint deadline;
  Negotiation negotiation;
  std::vector<SharedBytes> held{};  ///< written by the application, waits for the agreement
  bool ending = false;              ///< the application has ended its side
};

/// The streams under negotiation, in the order they began.
class NegotiatingStreams {
 public:
  NegotiatingStream* find(std::uint32_t id);
  const NegotiatingStream* find(std::uint32_t id) const;
  NegotiatingStream& add(NegotiatingStream stream);
  /// Takes it out; the stream must be there.
  std::unique_ptr<NegotiatingStream> take(std::uint32_t id);
  void clear() { streams_.clear(); }

  std::size_t inbound_count() const;
  std::optional<TimePoint> next_deadline() const;
  /// One whose deadline has come.
  const NegotiatingStream* expired(TimePoint now) const;

 private:
  std::vector<std::unique_ptr<NegotiatingStream>> streams_;
};

}  // namespace grapevine::session
