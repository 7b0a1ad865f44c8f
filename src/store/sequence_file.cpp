// SPDX-License-Identifier: Apache-2.0
#include "store/sequence_file.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace grapevine::store {
namespace {

/// Above this a run could reach the end of 64 bits; no clock shows it before the year 2400.
constexpr std::uint64_t mark_max = std::uint64_t{15} << 60;

}  // namespace

/// Small enough to be one write, plain enough to be read by eye.
std::optional<std::uint64_t> parse_mark(std::string_view text) {
  if (!text.ends_with('\n')) return std::nullopt;
  text.remove_suffix(1);
  std::uint64_t mark = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), mark);
  if (fault != std::errc{} || end != text.data() + text.size() || mark > mark_max) {
    return std::nullopt;
  }
  return mark;
}

SequenceFile::SequenceFile(std::filesystem::path path, StepProbe probe, std::uint64_t mark)
    : path_{std::move(path)}, probe_{std::move(probe)}, mark_{mark} {}

SequenceFile::SequenceFile(SequenceFile&& other) noexcept
    : path_{std::move(other.path_)}, probe_{std::move(other.probe_)}, mark_{other.mark_} {}

Stored<SequenceFile> SequenceFile::open(const std::filesystem::path& path, StepProbe probe) {
  const auto content = read_file(path, {.size_max = 64});
  if (!content && content.error().code == ErrorCode::missing) {
    return SequenceFile{path, std::move(probe), 0};
  }
  if (!content) return unexpected{content.error()};
  const auto mark = parse_mark(as_text(*content));
  if (!mark) {
    return unexpected{
        Error{ErrorCode::bad_content, path.string() + " holds no sequence number mark"}};
  }
  return SequenceFile{path, std::move(probe), *mark};
}

std::uint64_t SequenceFile::start(std::uint64_t wall_clock) const {
  return std::max(mark(), wall_clock);
}

Stored<void> SequenceFile::reserve(std::uint64_t below) {
  const std::lock_guard held{mutex_};
  if (below <= mark_) return {};
  const auto content = std::to_string(below) + "\n";
  auto written =
      write_file(path_, as_bytes(content), {.mode = 0600, .replace = true, .probe = probe_});
  if (written) mark_ = below;
  return written;
}

std::uint64_t SequenceFile::mark() const {
  const std::lock_guard held{mutex_};
  return mark_;
}

}  // namespace grapevine::store
