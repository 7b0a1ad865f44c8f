// SPDX-License-Identifier: Apache-2.0
#include "net/addresses.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

#include "base/assert.hpp"

namespace grapevine::net {

namespace {

asio::ip::address unmapped(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

std::optional<asio::ip::address> address_of(const sockaddr* raw) {
  if (raw == nullptr) return std::nullopt;
  if (raw->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, raw, sizeof in);
    return asio::ip::address_v4{ntohl(in.sin_addr.s_addr)};
  }
  if (raw->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, raw, sizeof in);
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  asio::ip::address_v6 address{bytes};
  // Link-local addresses need a zone that means nothing elsewhere.
  if (address.is_link_local()) return std::nullopt;
  return address;
}

std::vector<asio::ip::address> interface_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner{list, &freeifaddrs};
  std::vector<asio::ip::address> addresses;
  for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if ((entry->ifa_flags & IFF_UP) == 0) continue;
    if (const auto address = address_of(entry->ifa_addr)) addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace

Multiaddr to_multiaddr(const tcp::endpoint& endpoint) {
  const auto address = unmapped(endpoint.address());
  auto host = address;
  if (host.is_v6()) host = asio::ip::address_v6{address.to_v6().to_bytes()};  // without its zone
  const auto text = (host.is_v4() ? "/ip4/" : "/ip6/") + host.to_string() + "/tcp/" +
                    std::to_string(endpoint.port());
  auto parsed = Multiaddr::parse(text);
  ASSERT(parsed.has_value());
  return *std::move(parsed);
}

std::optional<tcp::endpoint> to_endpoint(const TcpEndpoint& address) {
  if (address.host_protocol != multi::Protocol::ip4 &&
      address.host_protocol != multi::Protocol::ip6) {
    return std::nullopt;
  }
  ErrorCode failed;
  const auto host = asio::ip::make_address(address.host, failed);
  if (failed) return std::nullopt;
  return tcp::endpoint{host, address.port};
}

std::vector<Multiaddr> reachable(const tcp::endpoint& listening) {
  if (!listening.address().is_unspecified()) return {to_multiaddr(listening)};
  std::vector<Multiaddr> addresses;
  for (const auto& address : interface_addresses()) {
    if (address.is_v4() != listening.address().is_v4()) continue;
    const tcp::endpoint endpoint{address, listening.port()};
    addresses.push_back(to_multiaddr(endpoint));
  }
  return addresses;
}

}  // namespace grapevine::net
