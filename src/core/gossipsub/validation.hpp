// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.hpp"

namespace grapevine::gossipsub {

/// The application's word on a message. gossipsub v1.1, "Extended Validators". Reject is for what
/// the sender could know: it costs every peer that sent the message. What follows from our own
/// state (an old number, a full disk, a lack of time) is ignored, and costs nobody (V49).
enum class Validation { accept, reject, ignore };

/// How the application wants to be asked about the messages of a topic.
struct Validating {
  bool screened = false;                        ///< first by validators that answer within the turn
  bool asked = false;                           ///< then by those that take their time
  Duration timeout = std::chrono::seconds{30};  ///< of the latter; then the message is ignored
  std::size_t concurrency = 1024;               ///< questions to the latter under way

  bool any() const { return screened || asked; }
};

}  // namespace grapevine::gossipsub
