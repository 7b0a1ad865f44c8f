// SPDX-License-Identifier: Apache-2.0
#include "gossipsub/group.hpp"

#include <algorithm>
#include <bit>

namespace grapevine::interop {

namespace {

bool names(std::uint8_t bitmap, std::size_t at) { return (bitmap >> at & 1) != 0; }

void put(std::uint64_t number, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    out[i] = static_cast<std::uint8_t>(number >> (8 * (sizeof number - 1 - i)));
  }
}

std::uint64_t number_of(const Group::Id& id) {
  std::uint64_t number = 0;
  for (const auto byte : id) number = number << 8 | byte;
  return number;
}

}  // namespace

Group::Id Group::id_of(std::uint64_t number) {
  Id id{};
  put(number, id);
  return id;
}

std::optional<Group::Id> Group::id_of(std::span<const std::uint8_t> bytes) {
  Id id{};
  if (bytes.size() != id.size()) return std::nullopt;
  std::ranges::copy(bytes, id.begin());
  return id;
}

std::optional<std::uint8_t> Group::which(std::span<const std::uint8_t> encoded) {
  if (encoded.empty()) return std::nullopt;
  const auto parts = static_cast<std::size_t>(std::popcount(encoded[0]));
  if (encoded.size() != 1 + parts * part_size + sizeof(Id)) return std::nullopt;
  return encoded[0];
}

void Group::fill(std::uint8_t which) {
  constexpr std::size_t numbers = part_size / sizeof(std::uint64_t);
  const auto start = number_of(id_);
  for (std::size_t at = 0; at < parts_count; ++at) {
    if (!names(which, at)) continue;
    Part part(part_size);
    for (std::size_t i = 0; i < numbers; ++i) {
      const auto place = std::span{part}.subspan(i * sizeof(std::uint64_t));
      put(start + at * numbers + i, place);
    }
    parts_[at] = std::move(part);
  }
}

void Group::set(std::size_t at, Part part) { parts_.at(at) = std::move(part); }

bool Group::extend(std::span<const std::uint8_t> encoded) {
  const auto bitmap = which(encoded);
  if (!bitmap || !std::ranges::equal(encoded.last(id_.size()), id_)) return false;
  auto rest = encoded.subspan(1);
  for (std::size_t at = 0; at < parts_count; ++at) {
    if (!names(*bitmap, at)) continue;
    const auto part = rest.first(part_size);
    rest = rest.subspan(part_size);
    if (parts_[at].empty()) parts_[at].assign(part.begin(), part.end());
  }
  return true;
}

std::uint8_t Group::have() const {
  std::uint8_t bitmap = 0;
  for (std::size_t at = 0; at < parts_count; ++at) {
    if (!parts_[at].empty()) bitmap = static_cast<std::uint8_t>(bitmap | 1u << at);
  }
  return bitmap;
}

std::vector<std::uint8_t> Group::encode(std::uint8_t which) const {
  const auto bitmap = static_cast<std::uint8_t>(which & have());
  std::vector<std::uint8_t> out;
  if (bitmap == 0) return out;
  out.push_back(bitmap);
  for (std::size_t at = 0; at < parts_count; ++at) {
    if (names(bitmap, at)) out.insert(out.end(), parts_[at].begin(), parts_[at].end());
  }
  out.insert(out.end(), id_.begin(), id_.end());
  return out;
}

}  // namespace grapevine::interop
