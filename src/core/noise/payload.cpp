// SPDX-License-Identifier: Apache-2.0
#include "core/noise/payload.hpp"

#include "base/protobuf.hpp"

namespace grapevine::noise {

namespace {

// Field numbers of NoiseHandshakePayload and NoiseExtensions.
constexpr std::uint32_t identity_key_field = 1;
constexpr std::uint32_t identity_signature_field = 2;
constexpr std::uint32_t extensions_field = 4;
constexpr std::uint32_t stream_muxers_field = 2;

bool parse_extensions(ByteView encoded, std::vector<std::string>& muxers) {
  base::FieldReader reader{encoded};
  for (;;) {
    const auto field = reader.next();
    if (!field) return false;
    if (!*field) return true;
    if (!(*field)->is_bytes(stream_muxers_field)) continue;
    const auto muxer = (*field)->bytes;
    if (muxer.empty() || muxer.size() > Payload::muxer_size_max) continue;
    if (muxers.size() < Payload::muxers_max) muxers.push_back(to_text(muxer));
  }
}

}  // namespace

Bytes Payload::encode() const {
  Bytes extensions;
  for (const auto& muxer : muxers) {
    base::FieldWriter{extensions}.text(stream_muxers_field, muxer);
  }
  Bytes out;
  base::FieldWriter writer{out};
  writer.bytes(identity_key_field, identity_key);
  writer.bytes(identity_signature_field, identity_signature);
  if (!extensions.empty()) writer.bytes(extensions_field, extensions);
  return out;
}

std::optional<Payload> Payload::parse(ByteView encoded) {
  Payload payload;
  base::FieldReader reader{encoded};
  for (;;) {
    const auto next = reader.next();
    if (!next) return std::nullopt;
    if (!*next) return payload;
    const auto& field = **next;
    if (field.is_bytes(identity_key_field)) payload.identity_key = to_bytes(field.bytes);
    if (field.is_bytes(identity_signature_field))
      payload.identity_signature = to_bytes(field.bytes);
    if (field.is_bytes(extensions_field) && !parse_extensions(field.bytes, payload.muxers)) {
      return std::nullopt;
    }
  }
}

}  // namespace grapevine::noise
