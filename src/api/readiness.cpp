// SPDX-License-Identifier: Apache-2.0
#include "api/readiness.hpp"

#include <atomic>
#include <utility>

#include "api/convert.hpp"

namespace grapevine::api {

std::uint64_t Readiness::new_id() {
  static std::atomic<std::uint64_t> next = 1;
  return next.fetch_add(1);
}

void Readiness::cancel(std::uint64_t id) {
  std::erase_if(waiters_, [&](const Waiter& waiter) { return waiter.id == id; });
}

bool Readiness::ready(const Waiter& waiter) const {
  const auto& router = shell_.host().router();
  const auto have =
      waiter.kind == Kind::mesh ? router.mesh_size(waiter.topic) : router.reachable(waiter.topic);
  return have >= waiter.count;
}

/// Whoever is told may begin to wait again.
void Readiness::on_turn_end() {
  if (waiters_.empty()) return;
  std::vector<Waiter> told;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    if (!ready(waiter)) return false;
    told.push_back(std::move(waiter));
    return true;
  });
  for (const auto& waiter : told) waiter.done({});
}

void Readiness::end() {
  for (const auto& waiter : std::exchange(waiters_, {})) {
    waiter.done(std::unexpected(node_stopped()));
  }
}

}  // namespace grapevine::api
