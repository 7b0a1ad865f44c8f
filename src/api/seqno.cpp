// SPDX-License-Identifier: Apache-2.0
#include "api/seqno.hpp"

namespace grapevine::api {

bool SeqnoMark::allows(std::uint64_t number) {
  if (!record_) return true;
  const auto mark = mark_.load(std::memory_order_acquire);
  if (number >= mark) return advance(number);  // used up: the first time, or the disk is very slow
  if (mark - number < block / 2 && !advancing_.exchange(true)) {
    offload_([this, mark] {
      advance(mark);
      advancing_.store(false);
    });
  }
  return true;
}

bool SeqnoMark::advance(std::uint64_t past) {
  const std::lock_guard lock{recording_};
  if (past < mark_.load()) return true;  // another thread did it meanwhile
  if (!record_(past + block)) return false;
  mark_.store(past + block, std::memory_order_release);
  return true;
}

}  // namespace grapevine::api
