// SPDX-License-Identifier: Apache-2.0
#include "multi/multihash.hpp"

#include <optional>

#include "base/text.hpp"
#include "base/varint.hpp"

namespace grapevine::multi {
namespace {

constexpr std::uint64_t cid_version = 1;
constexpr std::uint64_t libp2p_key_codec = 0x72;
constexpr std::size_t sha2_256_size = 32;

std::optional<std::uint64_t> take_number(base::ByteReader& in) {
  const auto number = base::take_varint(in);
  return number ? *number : std::nullopt;
}

std::optional<Bytes> from_multibase(std::string_view text) {
  switch (text[0]) {
    case 'b':
      return base::from_base32(text.substr(1));
    case 'k':
      return base::from_base36(text.substr(1));
    case 'z':
      return base::from_base58(text.substr(1));
    default:
      return std::nullopt;
  }
}

Result<Bytes, MultihashError> checked(Bytes multihash) {
  if (const auto parsed = parse_peer_multihash(multihash); !parsed) {
    return unexpected(parsed.error());
  }
  return multihash;
}

}  // namespace

std::string_view name(MultihashError error) {
  switch (error) {
    case MultihashError::malformed:
      return "malformed";
    case MultihashError::unknown_code:
      return "unknown_code";
    case MultihashError::bad_length:
      return "bad_length";
    case MultihashError::bad_text:
      return "bad_text";
    case MultihashError::bad_cid:
      return "bad_cid";
  }
  return "unknown";
}

Result<Multihash, MultihashError> parse_multihash(ByteView bytes) {
  base::ByteReader in{bytes};
  const auto code = take_number(in);
  const auto size = code ? take_number(in) : std::nullopt;
  if (!size) return unexpected(MultihashError::malformed);
  if (*size == 0 || *size > digest_size_max) return unexpected(MultihashError::bad_length);
  if (*size != in.remaining()) return unexpected(MultihashError::malformed);
  return Multihash{*code, in.rest()};
}

Result<Multihash, MultihashError> parse_peer_multihash(ByteView bytes) {
  const auto parsed = parse_multihash(bytes);
  if (!parsed) return parsed;
  const auto size = parsed->digest.size();
  switch (parsed->code) {
    case identity_code:
      if (size > peer_identity_size_max) return unexpected(MultihashError::bad_length);
      return parsed;
    case sha2_256_code:
      if (size != sha2_256_size) return unexpected(MultihashError::bad_length);
      return parsed;
    default:
      return unexpected(MultihashError::unknown_code);
  }
}

Bytes encode_multihash(const Multihash& multihash) {
  Bytes out;
  base::append_varint(out, multihash.code);
  base::append_varint(out, multihash.digest.size());
  append(out, multihash.digest);
  return out;
}

Result<Bytes, MultihashError> peer_multihash_from_text(std::string_view text) {
  if (text.empty() || text.size() > peer_text_max) return unexpected(MultihashError::bad_text);
  if (text.starts_with('1') || text.starts_with("Qm")) {
    auto multihash = base::from_base58(text);
    if (!multihash) return unexpected(MultihashError::bad_text);
    return checked(std::move(*multihash));
  }
  const auto cid = from_multibase(text);
  if (!cid) return unexpected(MultihashError::bad_text);
  base::ByteReader in{*cid};
  if (take_number(in) != cid_version || take_number(in) != libp2p_key_codec) {
    return unexpected(MultihashError::bad_cid);
  }
  return checked(to_bytes(in.rest()));
}

std::string peer_cid_text(ByteView multihash) {
  Bytes cid;
  base::append_varint(cid, cid_version);
  base::append_varint(cid, libp2p_key_codec);
  append(cid, multihash);
  return "b" + base::to_base32(cid);
}

}  // namespace grapevine::multi
