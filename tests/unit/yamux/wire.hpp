// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "base/rng.hpp"
#include "core/yamux/muxer.hpp"

namespace grapevine::yamux::test {

inline constexpr TimePoint start{std::chrono::seconds{1000}};

/// A frame as a test writes and reads it.
struct Frame {
  Header header;
  Bytes body;
  friend bool operator==(const Frame&, const Frame&) = default;
};

inline Frame data(StreamId stream, std::uint16_t flags, Bytes body = {}) {
  const auto size = static_cast<std::uint32_t>(body.size());
  return {{FrameType::data, flags, stream, size}, std::move(body)};
}
inline Frame update(StreamId stream, std::uint16_t flags, std::uint32_t credit = 0) {
  return {{FrameType::window_update, flags, stream, credit}, {}};
}
inline Frame ping(std::uint16_t flags, std::uint32_t value) {
  return {{FrameType::ping, flags, 0, value}, {}};
}
inline Frame go_away(std::uint32_t code) { return {{FrameType::go_away, 0, 0, code}, {}}; }

inline Bytes encode(const Frame& frame) {
  Bytes out = to_bytes(encode_header(frame.header));
  append(out, frame.body);
  return out;
}
inline SharedBytes encode(const std::vector<Frame>& frames) {
  Bytes out;
  for (const auto& frame : frames) append(out, encode(frame));
  return SharedBytes{std::move(out)};
}

/// Splits what a muxer sent; the bytes end with a frame.
inline std::vector<Frame> decode(ByteView bytes) {
  std::vector<Frame> frames;
  base::ByteReader in{bytes};
  while (!in.empty()) {
    const auto header = decode_header(in.take(header_size).first<header_size>());
    ASSERT(header.has_value());
    frames.push_back({*header, {}});
    if (header->type == FrameType::data) frames.back().body = to_bytes(in.take(header->length));
  }
  return frames;
}

inline void flatten(const Batch& batch, Bytes& out) {
  for (const auto piece : batch.pieces()) append(out, piece);
}

/// Everything the muxer has to send, or as much as `batches` batches take.
inline Bytes gather(Muxer& muxer, TimePoint now, std::size_t batches = 1'000'000) {
  Bytes out;
  Batch batch;
  for (; batches > 0 && muxer.has_output(); --batches) {
    batch.reset(Batch::capacity);
    muxer.gather(batch, now);
    ASSERT(!batch.empty());
    flatten(batch, out);
  }
  return out;
}
inline std::vector<Frame> sent(Muxer& muxer, TimePoint now = start) {
  return decode(gather(muxer, now));
}

inline std::vector<Event> events(Muxer& muxer) {
  std::vector<Event> all;
  while (auto event = muxer.poll()) all.push_back(std::move(*event));
  return all;
}

/// The byte that stands at `offset` of a stream's data, so that both ends can tell what is right.
inline std::uint8_t pattern(StreamId stream, std::uint64_t offset) {
  return static_cast<std::uint8_t>((offset * 0x9E3779B97F4A7C15U >> 32) + stream * 31 +
                                   (offset >> 13));
}
inline Bytes pattern_bytes(StreamId stream, std::uint64_t offset, std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = pattern(stream, offset + i);
  return bytes;
}

}  // namespace grapevine::yamux::test
