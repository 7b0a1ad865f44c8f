// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

namespace grapevine::gossipsub {

/// A message id as a 64-bit keyed hash: what caches, outboxes and IDONTWANT lists compare. The key
/// is the router's secret, so nobody can make two ids meet.
enum class IdKey : std::uint64_t {};

/// Keys are hashes already.
struct IdKeyHash {
  using is_avalanching = void;
  std::size_t operator()(IdKey key) const noexcept { return std::to_underlying(key); }
};

}  // namespace grapevine::gossipsub
