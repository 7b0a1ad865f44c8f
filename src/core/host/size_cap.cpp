// SPDX-License-Identifier: Apache-2.0
#include "core/host/size_cap.hpp"

#include <algorithm>
#include <utility>

namespace grapevine::host {

namespace {

/// Where implementations and their users set limits: go and nim, rust, and smaller ones.
constexpr std::size_t usual[] = {4 << 20, 1 << 20, 256 << 10, 64 << 10, 16 << 10, 4 << 10, 1 << 10};
constexpr std::uint8_t doublings_max = 8;

std::size_t below(std::size_t size) {
  const auto found = std::ranges::find_if(usual, [&](std::size_t limit) { return limit < size; });
  return found == std::end(usual) ? size / 2 : *found;
}

}  // namespace

void SizeCap::prove(TimePoint now) {
  if (under_test_ == 0 || !left_ || now - left_at_ <= limits_.proof) return;
  taken_ = std::max(taken_, under_test_);
  if (taken_ >= refused_) refused_ = 0;
  under_test_ = 0;
}

void SizeCap::on_sent(std::size_t size, TimePoint now) {
  prove(now);
  if (size <= std::max(taken_, under_test_)) {
    behind_ += size;
    return;
  }
  under_test_ = size;
  behind_ = 0;
  left_ = false;
}

void SizeCap::on_queued(std::size_t size, TimePoint now) {
  if (under_test_ == 0 || left_ || size > behind_) return;
  left_ = true;
  left_at_ = now;
}

bool SizeCap::on_reset(TimePoint now) {
  prove(now);
  const auto size = std::exchange(under_test_, 0);
  if (size < limits_.size_min) return false;
  refused_ = size;
  times_ = std::min<std::uint8_t>(times_ + 1, doublings_max);
  until_ = base::saturating_add(now, limits_.holds * (Duration::rep{1} << (times_ - 1)));
  return true;
}

std::optional<std::size_t> SizeCap::size_max(TimePoint now) const {
  if (refused_ == 0 || now >= until_) return std::nullopt;
  return std::max(taken_, below(refused_));
}

}  // namespace grapevine::host
