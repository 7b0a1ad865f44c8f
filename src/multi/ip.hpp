// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

/// Text forms of IP addresses, without the socket library.
namespace grapevine::multi {

using Ip4 = std::array<std::uint8_t, 4>;
using Ip6 = std::array<std::uint8_t, 16>;

/// Four decimal numbers, no leading zeros (RFC 6943, section 3.1.1, "strict").
std::optional<Ip4> parse_ip4(std::string_view text);
std::string to_string(const Ip4& address);

/// RFC 4291, section 2.2, all three forms; no zone.
std::optional<Ip6> parse_ip6(std::string_view text);
/// RFC 5952; an IPv4-mapped address ends in dotted form.
std::string to_string(const Ip6& address);

}  // namespace grapevine::multi
