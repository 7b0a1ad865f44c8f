// SPDX-License-Identifier: Apache-2.0
#include "store/author_marks.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace grapevine::store {
namespace {

/// Bytes that a line has at most: a peer id in base58, a number, two separators.
constexpr std::size_t line_max = 96;
/// The file may grow to this many lines an author, and these bytes at least.
constexpr std::size_t lines_per_author = 2;
constexpr std::size_t size_free = 64 * 1024;

std::optional<AuthorNumber> parse_line(std::string_view line) {
  const auto space = line.find(' ');
  if (line.size() > line_max || space == line.npos) return std::nullopt;
  const auto author = PeerId::parse(line.substr(0, space));
  if (!author) return std::nullopt;
  const auto digits = line.substr(space + 1);
  AuthorNumber number{*author, 0};
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number.seqno);
  if (fault != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

/// Sorted rather than hashed: authors choose their ids.
std::vector<AuthorNumber> last_of_each(const std::vector<AuthorNumber>& lines) {
  std::vector<std::size_t> order(lines.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return lines[i].author; });
  std::vector<std::pair<std::size_t, std::uint64_t>> last;  // line, highest number
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& [author, seqno] = lines[order[i]];
    if (i > 0 && lines[order[i - 1]].author == author) {
      last.back() = {order[i], std::max(last.back().second, seqno)};
    } else {
      last.emplace_back(order[i], seqno);
    }
  }
  std::ranges::sort(last);
  std::vector<AuthorNumber> numbers;
  numbers.reserve(last.size());
  for (const auto& [line, highest] : last) numbers.push_back({lines[line].author, highest});
  return numbers;
}

std::string lines_of(std::span<const AuthorNumber> numbers) {
  std::string text;
  for (const auto& [author, seqno] : numbers) {
    text.append(author.to_string()).append(" ").append(std::to_string(seqno)).append("\n");
  }
  return text;
}

}  // namespace

std::vector<AuthorNumber> parse_author_numbers(std::string_view content) {
  std::vector<AuthorNumber> lines;
  while (true) {
    const auto end = content.find('\n');
    if (end == content.npos) break;
    if (auto number = parse_line(content.substr(0, end))) lines.push_back(*number);
    content.remove_prefix(end + 1);
  }
  return last_of_each(lines);
}

AuthorMarks::AuthorMarks(std::filesystem::path path, std::size_t authors_max, StepProbe probe)
    : path_{std::move(path)}, authors_max_{authors_max}, probe_{std::move(probe)} {}

AuthorMarks::AuthorMarks(AuthorMarks&& other) noexcept
    : path_{std::move(other.path_)},
      authors_max_{other.authors_max_},
      probe_{std::move(other.probe_)},
      loaded_{std::move(other.loaded_)},
      size_{other.size_},
      torn_{other.torn_} {}

/// One batch may come on top of what makes the file be written anew.
std::size_t AuthorMarks::size_max() const {
  return size_free + lines_per_author * authors_max_ * line_max;
}

Stored<AuthorMarks> AuthorMarks::open(const std::filesystem::path& path, std::size_t authors_max,
                                      StepProbe probe) {
  AuthorMarks marks{path, authors_max, std::move(probe)};
  const auto content = read_file(path, {.size_max = 2 * marks.size_max()});
  if (!content && content.error().code == ErrorCode::missing) return marks;
  if (!content) return unexpected{content.error()};
  const auto text = as_text(*content);
  marks.loaded_ = parse_author_numbers(text);
  if (marks.loaded_.empty() && !text.empty()) {
    return unexpected{
        Error{ErrorCode::bad_content, path.string() + " holds no sequence numbers of authors"}};
  }
  const auto surplus = marks.loaded_.size() - std::min(marks.loaded_.size(), authors_max);
  marks.loaded_.erase(marks.loaded_.begin(),
                      marks.loaded_.begin() + static_cast<std::ptrdiff_t>(surplus));
  marks.size_ = text.size();
  marks.torn_ = !text.empty() && !text.ends_with('\n');
  return marks;
}

Stored<void> AuthorMarks::append(std::span<const AuthorNumber> numbers) {
  const std::lock_guard held{mutex_};
  auto text = lines_of(numbers);
  if (std::exchange(torn_, false)) text.insert(text.begin(), '\n');  // ends the line cut off
  if (auto written = append_file(path_, as_bytes(text), probe_); !written) {
    torn_ = true;
    return written;
  }
  size_ += text.size();
  return size_ > size_max() ? compact() : Stored<void>{};
}

Stored<void> AuthorMarks::compact() {
  const auto content = read_file(path_, {.size_max = 2 * size_max() + size_});
  if (!content) return unexpected{content.error()};
  const auto numbers = parse_author_numbers(as_text(*content));
  const auto kept = std::min(numbers.size(), authors_max_);
  const auto text = lines_of(std::span{numbers}.last(kept));
  auto written = write_file(path_, as_bytes(text), {.replace = true, .probe = probe_});
  if (written) size_ = text.size();
  return written;
}

}  // namespace grapevine::store
