// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/multistream/negotiation.hpp"

namespace grapevine::multistream {

/// The side that proposes. Header and first proposal leave together; each `na` brings the next
/// proposal.
class Dialer {
 public:
  enum class Mode {
    wait,  ///< nothing of the protocol is sent before the answer
    lazy,  ///< one proposal only: the protocol's bytes may follow it at once
  };

  /// `proposals`: 1 to `proposals_max` protocol ids, most wanted first.
  Dialer(std::vector<std::string> proposals, Mode mode);

  /// Takes the negotiation's bytes off the front of `in` and leaves what is the protocol's. Answers
  /// what was agreed on, nullopt while the answer is missing. Not to be called after an outcome or
  /// error.
  Result<std::optional<Outcome>, NegotiationError> on_bytes(base::ByteReader& in);

  /// What must be sent now; empty when nothing.
  Bytes take_output();
  /// Whether the protocol's own bytes may be sent behind `take_output()`.
  bool may_send() const { return mode_ == Mode::lazy || agreed_; }
  /// What is proposed at present, or agreed on.
  const std::string& proposal() const { return proposals_[current_]; }

 private:
  std::optional<NegotiationError> on_message(std::string_view message);

  std::vector<std::string> proposals_;
  Mode mode_;
  std::size_t current_ = 0;
  bool header_seen_ = false;
  bool agreed_ = false;
  bool failed_ = false;
  MessageReader reader_;
  Bytes output_;
};

}  // namespace grapevine::multistream
