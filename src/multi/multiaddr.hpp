// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "multi/protocols.hpp"

namespace grapevine {

/// Why text or bytes are no address.
enum class MultiaddrErrorCode {
  empty,                ///< no component at all
  no_leading_slash,     ///< text that does not begin with `/`
  empty_name,           ///< two slashes where a protocol's name should stand
  unknown_protocol,     ///< a name or code that is not in the protocol table
  missing_value,        ///< text that ends behind a protocol that needs a value
  bad_value,            ///< a value that its protocol does not allow
  bad_varint,           ///< bytes with a malformed code or length
  truncated,            ///< bytes that end within a component
  too_long,             ///< more bytes than an address may have
  too_many_components,  ///< more components than an address may have
};
std::string_view name(MultiaddrErrorCode code);

/// What is wrong and where.
struct MultiaddrError {
  MultiaddrErrorCode code;
  std::size_t at = 0;  ///< byte position in the text or bytes given, from 0
  std::string text;    ///< the offending piece, cut and made printable; may be empty

  /// For people: `unknown protocol 'tpc' at byte 15`.
  std::string message() const;
};

/// Where to reach somebody over plain TCP.
struct TcpEndpoint {
  multi::Protocol host_protocol;  ///< ip4, ip6, dns, dns4 or dns6
  std::string host;               ///< an address in text form, or a name
  std::uint16_t port = 0;

  friend bool operator==(const TcpEndpoint&, const TcpEndpoint&) = default;
};

/// A self-describing network address (multiformats multiaddr), like
/// `/ip4/127.0.0.1/tcp/4001/p2p/12D3…`. An immutable value that holds the binary form. Invariant:
/// the bytes are well-formed components of known protocols with valid values, so that text and
/// bytes convert into each other without loss.
class Multiaddr {
 public:
  /// Limits of what is read. Joining addresses may go beyond them; nobody would read the result.
  static constexpr std::size_t size_max = 1024;
  static constexpr std::size_t text_size_max = 4096;
  static constexpr std::size_t components_max = 32;

  /// One protocol with its value, which views the address.
  struct Component {
    multi::Protocol protocol;
    ByteView value;

    std::string value_text() const;
  };

  Multiaddr() = default;  ///< the empty address: no components, leads nowhere, parsed from nothing
  /// From text. Slashes at the end are ignored.
  static Result<Multiaddr, MultiaddrError> parse(std::string_view text);
  /// From the binary form, as identify and peer records carry it.
  static Result<Multiaddr, MultiaddrError> from_bytes(ByteView bytes);

  /// `inner` behind this address.
  Multiaddr encapsulate(const Multiaddr& inner) const;
  /// This address ending in `/p2p/<peer>` instead of whichever peer it ends in. `peer` is a valid
  /// peer multihash.
  Multiaddr with_p2p(ByteView peer) const;
  /// This address without the peer at its end, if there is one.
  Multiaddr without_p2p() const;

  const Bytes& bytes() const { return bytes_; }
  std::string to_string() const;  ///< canonical text; `/` for the empty address
  bool empty() const { return bytes_.empty(); }
  std::vector<Component> components() const;
  /// Whether `protocol` stands anywhere in the address.
  bool has(multi::Protocol protocol) const;
  /// The multihash of the peer at the end: the one that answers there, not a relay on the way.
  std::optional<ByteView> peer_id_bytes() const;
  /// Host and port when the address is one host, `/tcp`, optionally `/p2p`, and nothing else.
  std::optional<TcpEndpoint> tcp_endpoint() const;

  /// By bytes.
  friend bool operator==(const Multiaddr&, const Multiaddr&) = default;
  friend std::strong_ordering operator<=>(const Multiaddr&, const Multiaddr&) = default;

 private:
  explicit Multiaddr(Bytes bytes) : bytes_{std::move(bytes)} {}

  Bytes bytes_;
};

}  // namespace grapevine
