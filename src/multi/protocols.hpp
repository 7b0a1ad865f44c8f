// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace grapevine::multi {

/// The parts an address can be made of; the numbers are those of the multicodec table.
enum class Protocol : std::uint32_t {
  ip4 = 0x04,
  tcp = 0x06,
  ip6 = 0x29,
  ip6zone = 0x2a,
  dns = 0x35,
  dns4 = 0x36,
  dns6 = 0x37,
  dnsaddr = 0x38,
  udp = 0x0111,
  webrtc_direct = 0x0118,
  webrtc = 0x0119,
  p2p_circuit = 0x0122,
  p2p = 0x01a5,
  tls = 0x01c0,
  sni = 0x01c1,
  noise = 0x01c6,
  quic = 0x01cc,
  quic_v1 = 0x01cd,
  webtransport = 0x01d1,
  certhash = 0x01d2,
  ws = 0x01dd,
  wss = 0x01de,
  http = 0x01e0,
};

/// How the value behind a protocol looks.
enum class ValueKind : std::uint8_t { none, ip4, ip6, port, host_name, zone, peer, hash };

/// One row of the protocol table. The rows live as long as the program.
struct ProtocolInfo {
  Protocol protocol;
  std::string_view name;
  ValueKind value;

  /// Bytes of the value; nullopt when a varint length stands before it.
  std::optional<std::size_t> value_size() const;
};

/// nullptr when there is no such protocol. `ipfs` is the old name of `p2p` and still read.
const ProtocolInfo* find_protocol(std::string_view name);
const ProtocolInfo* find_protocol(std::uint64_t code);
const ProtocolInfo& info(Protocol protocol);

/// Most characters of a DNS name (RFC 1035, section 2.3.4) and of an IPv6 zone.
inline constexpr std::size_t host_name_size_max = 253;
inline constexpr std::size_t zone_size_max = 64;

/// The binary form of a value; nullopt when `text` is no such value.
std::optional<Bytes> value_from_text(ValueKind kind, std::string_view text);
/// Whether `value` may stand in an address: then it has a text form, and that reads back as the
/// same bytes.
bool valid_value(ValueKind kind, ByteView value);
/// The text form of a valid value.
std::string value_to_text(ValueKind kind, ByteView value);

}  // namespace grapevine::multi
