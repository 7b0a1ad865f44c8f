// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "identity/keys.hpp"
#include "multi/multiaddr.hpp"

namespace grapevine {

/// Why a signed envelope or peer record was refused.
enum class EnvelopeError {
  malformed,      ///< not the protobuf it should be
  bad_key,        ///< the public key is refused
  bad_signature,  ///< made by another key, for another domain, or of other bytes
  wrong_type,     ///< the payload type is not what was asked for
  wrong_peer,     ///< the record names a peer that the key does not hash to (V11)
  too_large,      ///< more bytes or addresses than allowed
};
std::string_view name(EnvelopeError error);

/// libp2p RFC 0002 "Signed envelopes". The caller bounds what it opens.
struct Envelope {
  PublicKey key;
  Bytes payload;
};
Bytes seal_envelope(const KeyPair& key, std::string_view domain, ByteView payload_type,
                    ByteView payload);
Result<Envelope, EnvelopeError> open_envelope(ByteView encoded, std::string_view domain,
                                              ByteView payload_type);

/// libp2p RFC 0003 "Peer routing records": where a peer says it can be reached. Only newer `seq`
/// replaces older.
struct PeerRecord {
  static constexpr std::size_t encoded_size_max = 4096;
  static constexpr std::size_t addresses_max = 64;

  PeerId peer;
  std::uint64_t seq = 0;
  std::vector<Multiaddr> addresses;

  /// A signed envelope, with the domain and payload type that go and js use; `key` is that of
  /// `peer`.
  Bytes seal(const KeyPair& key) const;
  /// From a signed envelope, also with RFC 0003's provisional domain and type, which rust uses. An
  /// address that cannot be read is left out.
  static Result<PeerRecord, EnvelopeError> open(ByteView envelope);
};

}  // namespace grapevine
