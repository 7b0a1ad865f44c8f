// SPDX-License-Identifier: Apache-2.0
#include "agent/dial.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "agent/clock.hpp"

namespace grapevine::agent {

namespace {

constexpr std::chrono::seconds dial_wait{10};

}  // namespace

boost::json::object bench_dial(Node& node, const DialPlan& plan) {
  std::atomic<std::uint64_t> tried{0};
  std::atomic<std::uint64_t> established{0};
  const auto dial_on = [&] {
    while (tried.fetch_add(1) < plan.count) {
      if (auto link = node.dial(plan.address, dial_wait)) {
        link->close();
        ++established;
      }
    }
  };
  const auto start = Stamp::now();
  {
    std::vector<std::jthread> diallers;
    const auto number = std::min(plan.count, plan.concurrency);
    for (std::uint64_t i = 0; i < number; ++i) diallers.emplace_back(dial_on);
  }
  const auto end = Stamp::now();
  return {
      {"established", established.load()},
      {"failed", plan.count - established.load()},
      {"wall_ns", end.ns - start.ns},
      {"cpu_us", end.cpu_us - start.cpu_us},
  };
}

}  // namespace grapevine::agent
