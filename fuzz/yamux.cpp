// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes, cut anywhere, into a muxer of either role.
// Input: one byte of role, one of piece size, then what the remote sends.
#include <cstdint>

#include "core/yamux/muxer.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::yamux;

constexpr TimePoint start{std::chrono::seconds{1}};

/// What the application does with each event: it echoes, consumes, ends when the remote does.
void serve(Muxer& muxer) {
  while (auto event = muxer.poll()) {
    if (auto* const data = std::get_if<Data>(&*event)) {
      muxer.consumed(data->stream, data->bytes.size());
      muxer.write(data->stream, data->bytes);
    }
    if (const auto* const ended = std::get_if<Ended>(&*event)) muxer.end(ended->stream);
  }
}

void send_all(Muxer& muxer) {
  Batch batch;
  while (muxer.has_output()) {
    batch.reset(Batch::capacity);
    muxer.gather(batch, start);
    ASSERT(!batch.empty());
    std::size_t size = 0;
    for (const auto piece : batch.pieces()) size += piece.size();
    ASSERT(size == batch.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  Muxer muxer{(bytes[0] & 1) != 0 ? Role::client : Role::server,
              {.inbound_streams_max = 8, .control_frames_max = 16},
              start};
  const std::size_t step = 1 + bytes[1];
  if ((bytes[0] & 2) != 0 && muxer.open(start)) muxer.write(1, SharedBytes{Bytes(1000, 7)});

  const auto input = SharedBytes::copy_of({bytes + 2, size - 2});
  bool failed = false;
  for (std::size_t at = 0; at < input.size() && !failed; at += step) {
    const auto piece = input.slice(at, std::min(step, input.size() - at));
    failed = !muxer.on_bytes(piece, start);
    serve(muxer);
    muxer.check_invariants();
    if ((bytes[0] & 4) == 0) send_all(muxer);
  }
  send_all(muxer);
  serve(muxer);
  if (failed) ASSERT(!muxer.has_output() && muxer.stream_count() == 0);
  return 0;
}
