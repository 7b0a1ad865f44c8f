// SPDX-License-Identifier: Apache-2.0
#include "multi/protocols.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "multi/ip.hpp"
#include "multi/multihash.hpp"

namespace grapevine::multi {
namespace {

constexpr std::array table{
    ProtocolInfo{Protocol::ip4, "ip4", ValueKind::ip4},
    ProtocolInfo{Protocol::tcp, "tcp", ValueKind::port},
    ProtocolInfo{Protocol::ip6, "ip6", ValueKind::ip6},
    ProtocolInfo{Protocol::ip6zone, "ip6zone", ValueKind::zone},
    ProtocolInfo{Protocol::dns, "dns", ValueKind::host_name},
    ProtocolInfo{Protocol::dns4, "dns4", ValueKind::host_name},
    ProtocolInfo{Protocol::dns6, "dns6", ValueKind::host_name},
    ProtocolInfo{Protocol::dnsaddr, "dnsaddr", ValueKind::host_name},
    ProtocolInfo{Protocol::udp, "udp", ValueKind::port},
    ProtocolInfo{Protocol::webrtc_direct, "webrtc-direct", ValueKind::none},
    ProtocolInfo{Protocol::webrtc, "webrtc", ValueKind::none},
    ProtocolInfo{Protocol::p2p_circuit, "p2p-circuit", ValueKind::none},
    ProtocolInfo{Protocol::p2p, "p2p", ValueKind::peer},
    ProtocolInfo{Protocol::tls, "tls", ValueKind::none},
    ProtocolInfo{Protocol::sni, "sni", ValueKind::host_name},
    ProtocolInfo{Protocol::noise, "noise", ValueKind::none},
    ProtocolInfo{Protocol::quic, "quic", ValueKind::none},
    ProtocolInfo{Protocol::quic_v1, "quic-v1", ValueKind::none},
    ProtocolInfo{Protocol::webtransport, "webtransport", ValueKind::none},
    ProtocolInfo{Protocol::certhash, "certhash", ValueKind::hash},
    ProtocolInfo{Protocol::ws, "ws", ValueKind::none},
    ProtocolInfo{Protocol::wss, "wss", ValueKind::none},
    ProtocolInfo{Protocol::http, "http", ValueKind::none},
};

/// Names come from strangers and end up in logs, pages and resolvers: visible ASCII only, and no
/// slash, which would make another address of the text form.
bool plain_text(ByteView value, std::size_t size_max) {
  return !value.empty() && value.size() <= size_max &&
         std::ranges::all_of(value, [](auto c) { return c > ' ' && c < 0x7f && c != '/'; });
}

std::optional<Bytes> port_from_text(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || at != end) return std::nullopt;
  Bytes value;
  base::append_big_endian(value, port);
  return value;
}

std::optional<Bytes> hash_from_text(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto body = text.substr(1);
  switch (text[0]) {
    case 'b':
      return base::from_base32(body);
    case 'f':
      return base::from_hex(body);
    case 'k':
      return base::from_base36(body);
    case 'u':
      return base::from_base64url(body);
    case 'z':
      return base::from_base58(body);
    default:
      return std::nullopt;
  }
}

template <class Address>
std::optional<Bytes> as_value(const std::optional<Address>& address) {
  if (!address) return std::nullopt;
  return to_bytes(*address);
}

template <class Address>
std::string address_text(ByteView value) {
  Address address;
  std::ranges::copy(value, address.begin());
  return to_string(address);
}

/// The value `text` stands for, not yet checked.
std::optional<Bytes> decode(ValueKind kind, std::string_view text) {
  switch (kind) {
    case ValueKind::none:
      return Bytes{};
    case ValueKind::ip4:
      return as_value(parse_ip4(text));
    case ValueKind::ip6:
      return as_value(parse_ip6(text));
    case ValueKind::port:
      return port_from_text(text);
    case ValueKind::host_name:
    case ValueKind::zone:
      return to_bytes(as_bytes(text));
    case ValueKind::peer:
      if (auto multihash = peer_multihash_from_text(text)) return std::move(*multihash);
      return std::nullopt;
    case ValueKind::hash:
      return hash_from_text(text);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> ProtocolInfo::value_size() const {
  switch (value) {
    case ValueKind::none:
      return 0;
    case ValueKind::ip4:
      return sizeof(Ip4);
    case ValueKind::ip6:
      return sizeof(Ip6);
    case ValueKind::port:
      return sizeof(std::uint16_t);
    default:
      return std::nullopt;
  }
}

const ProtocolInfo* find_protocol(std::string_view name) {
  if (name == "ipfs") name = "p2p";
  const auto found = std::ranges::find(table, name, &ProtocolInfo::name);
  return found == table.end() ? nullptr : &*found;
}

const ProtocolInfo* find_protocol(std::uint64_t code) {
  const auto found = std::ranges::find_if(
      table, [code](const auto& row) { return std::to_underlying(row.protocol) == code; });
  return found == table.end() ? nullptr : &*found;
}

const ProtocolInfo& info(Protocol protocol) {
  const auto* found = find_protocol(std::uint64_t{std::to_underlying(protocol)});
  ASSERT(found != nullptr);
  return *found;
}

std::optional<Bytes> value_from_text(ValueKind kind, std::string_view text) {
  auto value = decode(kind, text);
  if (!value || !valid_value(kind, *value)) return std::nullopt;
  return value;
}

bool valid_value(ValueKind kind, ByteView value) {
  switch (kind) {
    case ValueKind::none:
      return value.empty();
    case ValueKind::ip4:
      return value.size() == sizeof(Ip4);
    case ValueKind::ip6:
      return value.size() == sizeof(Ip6);
    case ValueKind::port:
      return value.size() == sizeof(std::uint16_t);
    case ValueKind::host_name:
      return plain_text(value, host_name_size_max);
    case ValueKind::zone:
      return plain_text(value, zone_size_max);
    case ValueKind::peer:
      return parse_peer_multihash(value).has_value();
    case ValueKind::hash:
      return parse_multihash(value).has_value();
  }
  return false;
}

std::string value_to_text(ValueKind kind, ByteView value) {
  ASSERT(valid_value(kind, value));
  switch (kind) {
    case ValueKind::none:
      return {};
    case ValueKind::ip4:
      return address_text<Ip4>(value);
    case ValueKind::ip6:
      return address_text<Ip6>(value);
    case ValueKind::port:
      return std::to_string(base::ByteReader{value}.u16());
    case ValueKind::host_name:
    case ValueKind::zone:
      return to_text(value);
    case ValueKind::peer:
      return base::to_base58(value);
    case ValueKind::hash:
      return "u" + base::to_base64url(value);
  }
  return {};
}

}  // namespace grapevine::multi
