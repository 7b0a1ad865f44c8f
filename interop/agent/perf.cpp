// SPDX-License-Identifier: Apache-2.0
#include "agent/perf.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "agent/clock.hpp"

namespace grapevine::agent {

namespace {

/// The other side may take so long for the next bytes.
constexpr std::chrono::seconds idle_max{30};
constexpr std::array<std::uint8_t, 64 * 1024> block{};
constexpr std::size_t wish_size = 8;

Expected<void> send_zeros(Stream& stream, std::uint64_t size) {
  while (size > 0) {
    const auto part = std::min<std::uint64_t>(size, block.size());
    if (auto sent = stream.write(std::span{block}.first(part), idle_max); !sent) return sent;
    size -= part;
  }
  return {};
}

/// Reads to the end and answers how much it was.
Expected<std::uint64_t> discard(Stream& stream) {
  for (std::uint64_t size = 0;;) {
    const auto piece = stream.read(idle_max);
    if (!piece) return std::unexpected(piece.error());
    if (piece->size() == 0) return size;
    size += piece->size();
  }
}

Expected<void> answer(Stream& stream) {
  const auto wish = stream.read_exactly(wish_size, idle_max);
  if (!wish) return std::unexpected(wish.error());
  std::uint64_t wanted = 0;
  for (const auto byte : *wish) wanted = wanted << 8 | byte;
  if (const auto uploaded = discard(stream); !uploaded) return std::unexpected(uploaded.error());
  return send_zeros(stream, wanted);
}

Expected<std::uint64_t> exchange(Stream& stream, Transfer transfer) {
  std::array<std::uint8_t, wish_size> wish{};
  for (std::size_t i = 0; i < wish_size; ++i)
    wish[i] = static_cast<std::uint8_t>(transfer.download >> 8 * (wish_size - 1 - i));
  if (auto sent = stream.write(wish, idle_max); !sent) return std::unexpected(sent.error());
  if (auto sent = send_zeros(stream, transfer.upload); !sent) return std::unexpected(sent.error());
  stream.close_write();
  return discard(stream);
}

}  // namespace

void serve_perf(Stream stream) {
  if (answer(stream)) {
    stream.close_write();
  } else {
    stream.reset();
  }
}

std::expected<std::int64_t, std::string> measure_perf(Node& node, const Peer& peer,
                                                      Transfer transfer) {
  const auto start = monotonic_ns();
  auto stream = node.open_stream(peer, std::string{perf_protocol}, idle_max);
  if (!stream) return std::unexpected(stream.error().detail);
  const auto downloaded = exchange(*stream, transfer);
  if (!downloaded) {
    stream->reset();
    return std::unexpected(downloaded.error().detail);
  }
  if (*downloaded != transfer.download) {
    return std::unexpected(std::to_string(*downloaded) + " bytes came back, not " +
                           std::to_string(transfer.download));
  }
  return monotonic_ns() - start;
}

}  // namespace grapevine::agent
