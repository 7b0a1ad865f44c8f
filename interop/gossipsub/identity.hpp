// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "grapevine/peer.hpp"

/// Who a node is, in the contracts of the agent and of gossipsub-interop.
namespace grapevine::interop {

/// The number as 8 bytes little-endian, then zeros: the seed of an Ed25519 key.
std::array<std::uint8_t, 32> seed_of(std::uint64_t number);
Peer peer_of(std::uint64_t number);
/// "node" and the number, in decimal; nullopt for another name.
std::optional<std::uint32_t> node_number(std::string_view host_name);

}  // namespace grapevine::interop
