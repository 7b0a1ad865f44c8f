// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "core/multistream/negotiation.hpp"

namespace grapevine::multistream {

/// The side that answers: the header with the header, a supported proposal with itself, all else
/// (`ls` included) with `na`. It never sends first, and never more than twice what it received.
/// Invariant: at most `proposals_max` answers.
class Listener {
 public:
  /// Takes the negotiation's bytes off the front of `in` and leaves what is the protocol's, which
  /// may have come along. `supported` are the ids accepted, by exact match, and `also` says which
  /// others; both may change between calls. Answers what was agreed on, nullopt while that is open.
  /// Not to be called after an outcome or error.
  using Accepts = std::function<bool(std::string_view id)>;
  Result<std::optional<Outcome>, NegotiationError> on_bytes(base::ByteReader& in,
                                                            std::span<const std::string> supported,
                                                            const Accepts& also = {});

  /// What must be sent now; empty when nothing. Also after an outcome.
  Bytes take_output();

 private:
  enum class State : std::uint8_t { greeting, proposals, agreed, failed };

  std::optional<NegotiationError> on_message(std::string_view message,
                                             std::span<const std::string> supported,
                                             const Accepts& also);

  State state_ = State::greeting;
  std::uint8_t tries_ = 0;
  MessageReader reader_;
  Bytes output_;
};

}  // namespace grapevine::multistream
