// SPDX-License-Identifier: Apache-2.0
#include "core/identify/reader.hpp"

// The first byte says where the stream is cut into reads; the rest is the stream.
namespace {

using namespace grapevine;
using namespace grapevine::identify;

const PeerId& alice() {
  static const auto id = KeyPair::from_ed25519_seed({1}).peer_id();
  return id;
}

void check(const Info& info) {
  ASSERT(info.addresses.size() <= addresses_max);
  ASSERT(info.protocols.size() <= protocols_max);
  ASSERT(info.agent_version.size() <= text_size_max);
  ASSERT(info.protocol_version.size() <= text_size_max);
  ASSERT(!info.public_key || info.public_key->peer_id() == alice());
  ASSERT(!info.record || info.record->peer == alice());
  ASSERT(info.record.has_value() == !info.signed_record.empty());
}

std::optional<Info> read(ByteView stream, std::size_t step) {
  Reader reader{alice()};
  while (!stream.empty()) {
    const auto size = std::min(stream.size(), step);
    if (!reader.on_bytes(stream.first(size))) return std::nullopt;
    stream = stream.subspan(size);
  }
  auto info = reader.finish();
  if (!info) return std::nullopt;
  check(*info);
  return std::move(*info);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView stream{data + 1, size - 1};
  const auto whole = read(stream, std::max<std::size_t>(stream.size(), 1));
  const auto cut = read(stream, std::size_t{1} + data[0]);
  ASSERT(whole.has_value() == cut.has_value());
  if (!whole) return 0;
  ASSERT(whole->protocols == cut->protocols && whole->addresses == cut->addresses);

  const auto encoded = encode(*whole);
  const auto again = read(encoded, encoded.size());
  ASSERT(again);
  ASSERT(again->protocols == whole->protocols && again->addresses == whole->addresses);
  ASSERT(again->agent_version == whole->agent_version);

  Info known;
  update(known, *whole);
  update(known, *again);
  check(known);
  return 0;
}
