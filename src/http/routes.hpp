// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grapevine/error.hpp"
#include "http/message.hpp"
#include "http/origin.hpp"
#include "http/problem.hpp"

/// What a request asks for, and what is answered. Pure functions: everything that takes time lies
/// between `route` and the answers.
namespace grapevine::http {

/// `/send`: publish one message.
struct Publish {
  std::string message;               ///< may be empty
  std::optional<std::string> topic;  ///< absent: the node's first
};

/// `/addPeers`: connect to these, one after another. At least one; each is a multiaddr with a peer.
struct AddPeers {
  static constexpr std::size_t addresses_max = 64;
  std::vector<std::string> addresses;
};

/// `/livez`: does the node still move?
struct CheckLife {};

/// `/metrics`: all metrics of the node.
struct ShowMetrics {
  bool openmetrics = false;  ///< as the request's Accept wants it
};

/// A response that is ready, or what has to be done first.
using Action = std::variant<Response, Publish, AddPeers, CheckLife, ShowMetrics>;
Action route(const Request& request, const Site& site);

/// What is wrong with the text of an address to connect to; nullopt when it can be tried.
std::optional<std::string> address_fault(const std::string& text);

/// The answers to the actions.
Response published(const Request& request, const Expected<void>& outcome);
Response peers_added(const Request& request, const std::vector<DialResult>& results);

/// What `/livez` tells.
struct Life {
  bool listening = true;  ///< on every address asked for
  std::size_t peers = 0;
  std::string store = "off";  ///< ok, memory, failing
  double loop_lag_ms = 0;     ///< how long the network thread took to answer; negative: it did not
};
Response life_checked(const Life& life);

Response metrics_shown(const ShowMetrics& asked, std::string text);

}  // namespace grapevine::http
