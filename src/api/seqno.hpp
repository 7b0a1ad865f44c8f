// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

namespace grapevine::api {

/// Sequence numbers may be used only below a mark that was recorded durably: after a crash the next
/// run starts above everything this one can have used (V44). The mark moves in blocks, and before
/// it is reached, so that no publisher waits for a disk.
class SeqnoMark {
 public:
  static constexpr std::uint64_t block = 1u << 20;

  using Record = std::function<bool(std::uint64_t below)>;
  using Offload = std::function<void(std::function<void()>)>;
  /// Without `record` every number may be used. `offload` runs slow work on another thread; the
  /// mark outlives that work.
  SeqnoMark(Record record, Offload offload)
      : record_{std::move(record)}, offload_{std::move(offload)} {}

  /// Whether `number` may be used; false when that could not be recorded.
  bool allows(std::uint64_t number);

 private:
  bool advance(std::uint64_t past);

  const Record record_;
  const Offload offload_;
  std::atomic<std::uint64_t> mark_ = 0;
  std::atomic<bool> advancing_ = false;
  std::mutex recording_;
};

}  // namespace grapevine::api
