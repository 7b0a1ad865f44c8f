// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "base/bytes.hpp"

namespace grapevine {

/// Immutable bytes shared by reference count: a received frame, a message on its way to many peers.
/// Copying the value shares the bytes; a slice keeps the whole block alive (`kept()` says how much
/// that is). Safe to drop on any thread.
class SharedBytes {
 public:
  SharedBytes() = default;
  /// Takes over `bytes`; nothing is copied.
  explicit SharedBytes(Bytes bytes);
  /// A fresh block with a copy of `bytes`.
  static SharedBytes copy_of(ByteView bytes);
  /// `view` within a block that `owner` keeps alive and nobody writes any more; `capacity` is the
  /// block's size.
  SharedBytes(std::shared_ptr<const void> owner, ByteView view, std::size_t capacity)
      : owner_{std::move(owner)}, view_{view}, capacity_{capacity} {}

  /// The part [offset, offset + size) of the same block. The range must lie within.
  SharedBytes slice(std::size_t offset, std::size_t size) const {
    return {owner_, view_.subspan(offset, size), capacity_};
  }
  /// The part that `inner` views; `inner` must lie within.
  SharedBytes slice(ByteView inner) const { return {owner_, inner, capacity_}; }
  /// The same bytes for long keeping: itself while it is at least a quarter of its block, else a
  /// copy of its own, so that a small message never holds a large receive buffer.
  SharedBytes kept_small() const;

  ByteView view() const { return view_; }
  operator ByteView() const { return view_; }
  const std::uint8_t* data() const { return view_.data(); }
  std::size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  /// Bytes that stay allocated as long as this value lives: what budgets charge.
  std::size_t kept() const { return capacity_; }

 private:
  std::shared_ptr<const void> owner_;
  ByteView view_;
  std::size_t capacity_ = 0;
};

/// A receive buffer still being written: the shell reads into it, the noise layer decrypts in
/// place, then parts of it are frozen into SharedBytes. While any such part lives the block must
/// not be written again: `unique()` tells.
class Slab {
 public:
  explicit Slab(std::size_t capacity);

  MutableBytes space() { return {block_.get(), capacity_}; }
  std::size_t capacity() const { return capacity_; }
  /// No frozen part is alive; the slab may be filled again.
  bool unique() const {
    if (block_.use_count() != 1) return false;
    // Another thread may just have dropped the last part: its reads come before our next writes.
    std::atomic_thread_fence(std::memory_order_acquire);
    return true;
  }
  /// Shares `view`, which must lie in this slab.
  SharedBytes freeze(ByteView view) const { return {block_, view, capacity_}; }

 private:
  std::shared_ptr<std::uint8_t[]> block_;
  std::size_t capacity_;
};

/// Bytes just received, writable for decryption in place, with the slab that holds them.
struct Received {
  const Slab& slab;  ///< the caller keeps it for the length of the call
  MutableBytes bytes;
};

}  // namespace grapevine
