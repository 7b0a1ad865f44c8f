// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Field numbers of the identify message. libp2p identify spec, "The Identify Message".
namespace grapevine::identify::fields {

inline constexpr std::uint32_t public_key = 1;
inline constexpr std::uint32_t listen_addresses = 2;
inline constexpr std::uint32_t protocols = 3;
inline constexpr std::uint32_t observed_address = 4;
inline constexpr std::uint32_t protocol_version = 5;
inline constexpr std::uint32_t agent_version = 6;
inline constexpr std::uint32_t signed_record = 8;

}  // namespace grapevine::identify::fields
