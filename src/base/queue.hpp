// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace grapevine::base {

/// First in, first out, in one growing ring. Empty it holds no memory, unlike std::deque (576 B);
/// it gives its memory back when it runs empty after having been large.
template <class T>
class Queue {
 public:
  bool empty() const { return head_ == items_.size(); }
  std::size_t size() const { return items_.size() - head_; }
  T& front() {
    ASSERT(!empty());
    return items_[head_];
  }
  const T& front() const {
    ASSERT(!empty());
    return items_[head_];
  }
  T& back() {
    ASSERT(!empty());
    return items_.back();
  }

  void push(T item) {
    if (head_ > 32 && head_ * 2 > items_.size()) compact();
    items_.push_back(std::move(item));
  }
  T pop() {
    ASSERT(!empty());
    T item = std::move(items_[head_++]);
    if (empty()) clear();
    return item;
  }
  void clear() {
    head_ = 0;
    if (items_.capacity() > 64) {
      std::vector<T>{}.swap(items_);
    } else {
      items_.clear();
    }
  }
  /// Removes each item for which `drop` holds; answers how many.
  template <class Predicate>
  std::size_t remove_if(Predicate drop) {
    compact();
    return std::erase_if(items_, drop);
  }
  auto begin() { return items_.begin() + static_cast<std::ptrdiff_t>(head_); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin() + static_cast<std::ptrdiff_t>(head_); }
  auto end() const { return items_.end(); }

 private:
  void compact() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }

  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace grapevine::base
