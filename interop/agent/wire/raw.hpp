// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

#include "base/bytes.hpp"
#include "multi/multiaddr.hpp"

namespace grapevine::wire {

/// A connected socket to the host and port of `address`; -1 when nobody listens there.
int connect_socket(const Multiaddr& address);

/// Writes `bytes` to a fresh connection in one piece and collects what comes back until `enough`
/// says so, the other side closes, or the time is over.
Bytes exchange(const Multiaddr& address, ByteView bytes,
               const std::function<bool(ByteView)>& enough, std::chrono::milliseconds wait);

}  // namespace grapevine::wire
