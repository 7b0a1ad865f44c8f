// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/shared_bytes.hpp"
#include "core/yamux/frame.hpp"

namespace grapevine::yamux {

/// Frames gathered to be sealed as one record. Headers and small pieces are copied next to each
/// other, large ones are referenced where they lie, but for their first bytes where those fill up a
/// block of the cipher: OpenSSL takes a third longer for what begins within one. Lives on the
/// caller's stack (17 KiB); nothing is allocated.
class Batch {
 public:
  static constexpr std::size_t capacity = 16 * 1024;
  /// From this size on a piece is referenced instead of copied.
  static constexpr std::size_t reference_min = 4 * 1024;
  /// What is referenced begins at a multiple of this within the batch: ChaCha20's block.
  static constexpr std::size_t alignment = 64;

  Batch() {}  // NOLINT: leaves `copied_` as it is on purpose
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  /// Empties the batch; it then takes up to `limit` <= capacity bytes.
  void reset(std::size_t limit);

  std::size_t size() const { return size_; }
  std::size_t room() const { return limit_ - size_; }
  bool empty() const { return size_ == 0; }

  void add(const Header& header);
  void add(SharedBytes piece);
  /// Leaves space for a header whose length is known only after its body; `fill` writes it.
  std::size_t reserve_header();
  void fill(std::size_t place, const Header& header);

  /// What was added, in order. Valid until the next change.
  std::span<const ByteView> pieces() const { return std::span{pieces_}.first(count_); }

 private:
  static constexpr std::size_t references_max = capacity / reference_min;

  void copy(ByteView bytes);
  std::uint8_t* copy_space(std::size_t size);

  std::size_t limit_ = capacity;
  std::size_t size_ = 0;
  std::size_t copied_size_ = 0;
  std::size_t count_ = 0;
  std::size_t reference_count_ = 0;
  std::array<ByteView, 2 * references_max + 1> pieces_;
  std::array<SharedBytes, references_max> references_;  ///< keep what `pieces_` views
  std::array<std::uint8_t, capacity> copied_;
};

}  // namespace grapevine::yamux
