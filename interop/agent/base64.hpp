// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grapevine::agent {

/// Standard base64 with padding (RFC 4648), as the contract writes binary values. Decoding answers
/// nullopt for anything else, bits set behind the last byte included.
std::string to_base64(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

}  // namespace grapevine::agent
