// SPDX-License-Identifier: Apache-2.0
#include "core/host/host.hpp"

namespace grapevine::host {

std::string_view name(DialError error) {
  switch (error) {
    case DialError::none_given:
      return "no usable address";
    case DialError::unsupported:
      return "unsupported transport";
    case DialError::self:
      return "our own address";
    case DialError::wrong_peer:
      return "wrong peer id";
    case DialError::limit:
      return "limit of connections";
    case DialError::resolve_failed:
      return "name not resolved";
    case DialError::refused:
      return "connection refused";
    case DialError::unreachable:
      return "unreachable";
    case DialError::timeout:
      return "timed out";
    case DialError::negotiation_failed:
      return "nothing in common to secure the connection";
    case DialError::handshake_failed:
      return "handshake failed";
    case DialError::closed:
      return "closed before it was ready";
    case DialError::cancelled:
      return "cancelled";
    case DialError::blocked:
      return "blocked by us";
  }
  return "unknown";
}

std::string_view name(StreamError error) {
  switch (error) {
    case StreamError::not_connected:
      return "not connected";
    case StreamError::too_many:
      return "too many streams";
    case StreamError::closing:
      return "closing";
  }
  return "unknown";
}

}  // namespace grapevine::host
