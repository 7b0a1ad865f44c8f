// SPDX-License-Identifier: Apache-2.0
#include "http/origin.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace grapevine::http {
namespace {

struct Authority {
  std::string host;  ///< in lower case, without brackets
  unsigned port = 80;
};

std::optional<unsigned> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc{} || end != text.data() + text.size() || port > 65535) return std::nullopt;
  return port;
}

std::optional<Authority> parse_authority(std::string_view text) {
  Authority authority;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return std::nullopt;
    authority.host = to_lower(text.substr(1, end - 1));
    if (!authority.host.contains(':')) return std::nullopt;
    rest = text.substr(end + 1);
  } else {
    const auto end = std::min(text.find(':'), text.size());
    authority.host = to_lower(text.substr(0, end));
    rest = text.substr(end);
  }
  if (authority.host.empty()) return std::nullopt;
  if (rest.empty()) return authority;
  const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  authority.port = *port;
  return authority;
}

bool is_ip_literal(const std::string& host) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

bool names_us(std::string_view text, const Site& site) {
  const auto authority = parse_authority(text);
  if (!authority) return false;
  // Behind a forwarded port an address keeps being an address: rebinding needs a name.
  if (site.wildcard && is_ip_literal(authority->host)) return true;
  if (authority->port != site.port) return false;
  return authority->host == "localhost" || authority->host == "127.0.0.1" ||
         authority->host == "::1" || authority->host == to_lower(site.host);
}

std::optional<std::string> cross_site(const Request& request, const Site& site) {
  if (request.count("sec-fetch-site") > 1 || request.count("origin") > 1) {
    return "more than one Origin or Sec-Fetch-Site";
  }
  const auto relation = request.header("sec-fetch-site");
  if (relation && *relation != "same-origin" && *relation != "none") {
    return "a page of another site asked for this: Sec-Fetch-Site is not same-origin";
  }
  const auto origin = request.header("origin");
  if (!origin) return std::nullopt;
  constexpr std::string_view scheme = "http://";
  const auto host = request.header("host").value_or("");
  if (origin->starts_with(scheme) && same_name(origin->substr(scheme.size()), host) &&
      names_us(host, site)) {
    return std::nullopt;
  }
  return "a page of another origin asked for this";
}

}  // namespace grapevine::http
