// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// The partial messages of the gossipsub-interop contract.
namespace grapevine::interop {

/// A message of eight parts of 1 KiB. Which parts there are is a bit each. Copies share nothing.
class Group {
 public:
  static constexpr std::size_t parts_count = 8;
  static constexpr std::size_t part_size = 1024;
  static constexpr std::uint8_t all = 0xFF;
  using Id = std::array<std::uint8_t, 8>;
  using Part = std::vector<std::uint8_t>;

  static Id id_of(std::uint64_t number);  ///< big-endian
  static std::optional<Id> id_of(std::span<const std::uint8_t> bytes);
  /// The bitmap in front of encoded parts; nullopt when they are not what `encode` makes.
  static std::optional<std::uint8_t> which(std::span<const std::uint8_t> encoded);

  explicit Group(const Id& id) : id_{id} {}
  /// Those parts with the contents of the contract: numbers of 64 bits, counted from the group's.
  void fill(std::uint8_t which);
  void set(std::size_t at, Part part);  ///< of `part_size`
  /// Takes the parts it lacks. False, and nothing taken, when they are malformed or another
  /// group's.
  bool extend(std::span<const std::uint8_t> encoded);

  const Id& id() const { return id_; }
  const std::array<Part, parts_count>& parts() const { return parts_; }  ///< empty: not there
  std::uint8_t have() const;
  bool complete() const { return have() == all; }
  /// Those of `which` that are there; empty when none is. A bitmap, the parts, the group's id.
  std::vector<std::uint8_t> encode(std::uint8_t which) const;

 private:
  Id id_;
  std::array<Part, parts_count> parts_;
};

}  // namespace grapevine::interop
