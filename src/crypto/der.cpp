// SPDX-License-Identifier: Apache-2.0
#include "crypto/der.hpp"

#include <bit>

namespace grapevine::crypto::der {

namespace {

// Four length bytes reach beyond any key; the value is compared with what is there before it is
// used.
constexpr std::size_t length_bytes_max = 4;

std::optional<std::size_t> take_length(base::ByteReader& in) {
  if (in.empty()) return std::nullopt;
  const auto first = in.u8();
  if (first < 0x80) return first;
  const std::size_t count = first & 0x7f;
  if (count == 0 || count > length_bytes_max || count > in.remaining()) return std::nullopt;
  const auto digits = in.take(count);
  if (digits.front() == 0) return std::nullopt;
  std::size_t length = 0;
  for (const auto digit : digits) length = (length << 8) | digit;
  if (length < 0x80) return std::nullopt;
  return length;
}

}  // namespace

std::optional<ByteView> take(base::ByteReader& in, std::uint8_t tag) {
  if (in.empty() || in.u8() != tag) return std::nullopt;
  const auto length = take_length(in);
  if (!length || *length > in.remaining()) return std::nullopt;
  return in.take(*length);
}

std::optional<ByteView> take_unsigned(base::ByteReader& in) {
  auto body = take(in, integer);
  if (!body || body->empty()) return std::nullopt;
  if (body->front() & 0x80) return std::nullopt;
  if (body->front() != 0) return body;
  if (body->size() > 1 && !((*body)[1] & 0x80)) return std::nullopt;
  return body->subspan(1);
}

std::size_t bit_length(ByteView magnitude) {
  if (magnitude.empty()) return 0;
  return (magnitude.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(magnitude.front()));
}

std::optional<ByteView> parse_whole(ByteView encoded, std::uint8_t tag) {
  base::ByteReader in{encoded};
  const auto body = take(in, tag);
  if (!in.empty()) return std::nullopt;
  return body;
}

std::optional<PublicKeyInfo> parse_public_key_info(ByteView encoded) {
  const auto outer = parse_whole(encoded, sequence);
  if (!outer) return std::nullopt;
  base::ByteReader fields{*outer};
  const auto algorithm = take(fields, sequence);
  const auto bits = take(fields, bit_string);
  if (!algorithm || !bits || !fields.empty()) return std::nullopt;
  if (bits->empty() || bits->front() != 0) return std::nullopt;  // the count of unused bits
  return PublicKeyInfo{*algorithm, bits->subspan(1)};
}

Bytes encode(const PublicKeyInfo& info) {
  Bytes bits{0};
  grapevine::append(bits, info.key);
  Bytes fields;
  append(fields, sequence, info.algorithm);
  append(fields, bit_string, bits);
  Bytes out;
  append(out, sequence, fields);
  return out;
}

void append(Bytes& out, std::uint8_t tag, ByteView body) {
  out.push_back(tag);
  if (body.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(body.size()));
  } else {
    Bytes digits;
    for (auto rest = body.size(); rest > 0; rest >>= 8)
      digits.push_back(static_cast<std::uint8_t>(rest));
    out.push_back(static_cast<std::uint8_t>(0x80 | digits.size()));
    out.insert(out.end(), digits.rbegin(), digits.rend());
  }
  grapevine::append(out, body);
}

void append_unsigned(Bytes& out, ByteView magnitude) {
  Bytes body;
  if (magnitude.empty() || magnitude.front() & 0x80) body.push_back(0);
  grapevine::append(body, magnitude);
  append(out, integer, body);
}

}  // namespace grapevine::crypto::der
