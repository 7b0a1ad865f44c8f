// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>

#include "store/file.hpp"

namespace grapevine::store {

/// The mark that a sequence file's content holds: a decimal number and a line end; nullopt for
/// anything else.
std::optional<std::uint64_t> parse_mark(std::string_view content);

/// The sequence numbers of an author only grow, across restarts, crashes and clocks set back: peers
/// drop a number they have seen (V44). The file holds the mark: every number used so far lies below
/// it. Numbers are reserved ahead in blocks, so that no message waits for the disk; those of a
/// block that a crash leaves unused are lost, of which there are plenty.
///
/// Safe on every thread.
class SequenceFile {
 public:
  /// Reads the mark; a missing file is mark 0, another content is refused.
  static Stored<SequenceFile> open(const std::filesystem::path& path, StepProbe probe = {});

  /// The first number to use in this run, never one of an earlier run: the mark, or the wall clock
  /// in nanoseconds since 1970 when that is ahead.
  std::uint64_t start(std::uint64_t wall_clock) const;

  /// Records durably that all numbers below `below` may be used. Never lowers the mark.
  Stored<void> reserve(std::uint64_t below);

  std::uint64_t mark() const;

  SequenceFile(SequenceFile&& other) noexcept;

 private:
  SequenceFile(std::filesystem::path path, StepProbe probe, std::uint64_t mark);

  std::filesystem::path path_;
  StepProbe probe_;
  mutable std::mutex mutex_;
  std::uint64_t mark_;
};

}  // namespace grapevine::store
