// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "multi/multiaddr.hpp"
#include "net/asio.hpp"

namespace grapevine::net {

/// `/ip4/…/tcp/…`; an IPv4 address mapped into IPv6 becomes itself again.
Multiaddr to_multiaddr(const tcp::endpoint& endpoint);

/// The endpoint of an address whose host is written in numbers.
std::optional<tcp::endpoint> to_endpoint(const TcpEndpoint& address);

/// The addresses under which a listener can be reached: itself, or one for each interface that is
/// up when it listens on all of them (`0.0.0.0`, `::`).
std::vector<Multiaddr> reachable(const tcp::endpoint& listening);

}  // namespace grapevine::net
