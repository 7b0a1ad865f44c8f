// SPDX-License-Identifier: Apache-2.0
#include "multi/ip.hpp"

#include <charconv>

namespace grapevine::multi {
namespace {

using Groups = std::array<std::uint16_t, 8>;

/// Takes the piece before the next `separator` off the front of `text`; all of it when there is
/// none.
std::string_view take_piece(std::optional<std::string_view>& text, char separator) {
  const auto end = text->find(separator);
  const auto piece = text->substr(0, end);
  if (end == std::string_view::npos) {
    text.reset();
  } else {
    text->remove_prefix(end + 1);
  }
  return piece;
}

std::optional<std::uint16_t> parse_group(std::string_view text) {
  std::uint16_t value = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || text.size() > 4) return std::nullopt;
  const auto [at, error] = std::from_chars(text.data(), end, value, 16);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

/// Colon-separated groups of 16 bits, as bytes; the last may be an IPv4 address when `dotted_end`.
std::optional<Bytes> parse_groups(std::string_view text, bool dotted_end) {
  Bytes bytes;
  if (text.empty()) return bytes;
  for (std::optional<std::string_view> rest{text}; rest && bytes.size() < sizeof(Ip6);) {
    const auto piece = take_piece(rest, ':');
    if (const auto group = parse_group(piece)) {
      base::append_big_endian(bytes, *group);
    } else if (const auto dotted = parse_ip4(piece); dotted && dotted_end && !rest) {
      append(bytes, *dotted);
    } else {
      return std::nullopt;
    }
    if (!rest) return bytes;
  }
  return std::nullopt;
}

/// The longest run of at least two zero groups, the first of equals: what `::` replaces. RFC 5952,
/// section 4.2.
struct Run {
  std::size_t start = 0;
  std::size_t size = 0;
};
Run longest_zeros(const Groups& groups) {
  Run best;
  for (std::size_t start = 0; start < groups.size(); ++start) {
    std::size_t size = 0;
    while (start + size < groups.size() && groups[start + size] == 0) ++size;
    if (size >= 2 && size > best.size) best = {start, size};
  }
  return best;
}

std::string hexadecimal(std::uint16_t value) {
  std::array<char, 4> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value, 16).ptr};
}

}  // namespace

std::optional<Ip4> parse_ip4(std::string_view text) {
  Ip4 address;
  std::optional<std::string_view> rest{text};
  for (auto& byte : address) {
    if (!rest) return std::nullopt;
    const auto piece = take_piece(rest, '.');
    if (piece.empty() || (piece.size() > 1 && piece[0] == '0')) return std::nullopt;
    const char* const end = piece.data() + piece.size();
    const auto [at, error] = std::from_chars(piece.data(), end, byte);
    if (error != std::errc{} || at != end) return std::nullopt;
  }
  if (rest) return std::nullopt;
  return address;
}

std::string to_string(const Ip4& address) {
  std::string text;
  for (const auto byte : address) {
    if (!text.empty()) text += '.';
    text += std::to_string(byte);
  }
  return text;
}

std::optional<Ip6> parse_ip6(std::string_view text) {
  const auto gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_groups(text.substr(0, gap), !has_gap);
  const auto tail = parse_groups(has_gap ? text.substr(gap + 2) : std::string_view{}, true);
  if (!head || !tail) return std::nullopt;
  const auto size = head->size() + tail->size();
  if (has_gap ? size + 2 > sizeof(Ip6) : size != sizeof(Ip6)) return std::nullopt;
  Ip6 address{};
  std::ranges::copy(*head, address.begin());
  std::ranges::copy_backward(*tail, address.end());
  return address;
}

std::string to_string(const Ip6& address) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const ByteView bytes{address};
  if (equal(bytes.first(mapped.size()), mapped)) {
    Ip4 inner;
    std::ranges::copy(bytes.last(inner.size()), inner.begin());
    return "::ffff:" + to_string(inner);
  }
  Groups groups;
  base::ByteReader in{bytes};
  for (auto& group : groups) group = in.u16();
  const auto gap = longest_zeros(groups);
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (gap.size > 0 && i == gap.start) {
      text += "::";
      i += gap.size - 1;
      continue;
    }
    if (!text.empty() && !text.ends_with(':')) text += ':';
    text += hexadecimal(groups[i]);
  }
  return text;
}

}  // namespace grapevine::multi
