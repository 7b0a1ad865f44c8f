// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

/// Who may ask. A browser on this machine reaches a loopback port for every page it shows; these
/// checks keep foreign pages, and foreign names that resolve to us (DNS rebinding), out.
namespace grapevine::http {

/// Under which names this server is asked.
struct Site {
  std::string host;  ///< the address it is bound to, without brackets
  std::uint16_t port = 80;
  bool wildcard = false;  ///< bound to every address: an IP literal of any kind is our name
};

/// Whether a Host header, or the authority of a target, names this server: loopback or the bound
/// address, with our port. No other name, whatever it resolves to.
bool names_us(std::string_view authority, const Site& site);

/// Why a request that changes something is refused; nullopt lets it pass. Other origins betray
/// themselves by `Sec-Fetch-Site` or `Origin`; programs send neither.
std::optional<std::string> cross_site(const Request& request, const Site& site);

}  // namespace grapevine::http
