// SPDX-License-Identifier: Apache-2.0
#include "grapevine/error.hpp"

namespace grapevine {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_config:
      return "bad_config";
    case ErrorCode::bad_address:
      return "bad_address";
    case ErrorCode::bad_topic:
      return "bad_topic";
    case ErrorCode::address_in_use:
      return "address_in_use";
    case ErrorCode::not_connected:
      return "not_connected";
    case ErrorCode::dial_failed:
      return "dial_failed";
    case ErrorCode::wrong_peer:
      return "wrong_peer";
    case ErrorCode::self_dial:
      return "self_dial";
    case ErrorCode::too_large:
      return "too_large";
    case ErrorCode::duplicate:
      return "duplicate";
    case ErrorCode::queue_full:
      return "queue_full";
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::limit:
      return "limit";
    case ErrorCode::closed:
      return "closed";
    case ErrorCode::reset:
      return "reset";
    case ErrorCode::refused:
      return "refused";
    case ErrorCode::blocked:
      return "blocked";
    case ErrorCode::rejected:
      return "rejected";
    case ErrorCode::ignored:
      return "ignored";
    case ErrorCode::exists:
      return "exists";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::io:
      return "io";
    case ErrorCode::not_enabled:
      return "not_enabled";
    case ErrorCode::bad_group:
      return "bad_group";
  }
  return "unknown";
}

}  // namespace grapevine
