// SPDX-License-Identifier: Apache-2.0
// How much simulated network a second of CPU gives, in either fidelity: nodes times virtual
// seconds.
//   sim_bench [nodes] [seconds]
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "sim/world.hpp"

namespace {

using namespace std::chrono_literals;
using grapevine::sim::Fidelity;
using grapevine::sim::World;

constexpr std::size_t degree = 8;
constexpr std::uint64_t seed = 1;

double cpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

long resident_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void run(const char* name, Fidelity fidelity, std::size_t nodes, int seconds) {
  const auto started = cpu();
  World world{seed, {.jitter = 10ms}, fidelity};
  auto config = std::make_shared<grapevine::host::Config>();
  config->gossip = std::make_shared<grapevine::gossipsub::Config>();
  config->session = std::make_shared<grapevine::session::Config>();
  for (std::size_t i = 0; i < nodes; ++i) world.join(world.add(config), "t");
  for (std::size_t i = 1; i < nodes; ++i) {
    for (std::size_t k = 0; k < degree && k < i; ++k) world.connect(i, world.rng().below(i));
  }
  world.run(10s);
  const auto formed = cpu();
  const auto before = world.events();
  for (int second = 0; second < seconds; ++second) {
    world.publish(world.rng().below(nodes), "t", "m" + std::to_string(second));
    world.run(1s);
  }
  const auto spent = cpu() - formed;
  std::size_t received = 0;
  for (std::size_t i = 0; i < nodes; ++i) received += world.received(i).size();
  std::printf(
      "%-6s %zu nodes: formed in %.2f s, then %.0f node seconds, %.0f events, %.0f deliveries a "
      "CPU "
      "second; reach %.4f; at most %ld MiB\n",
      name, nodes, formed - started, static_cast<double>(nodes) * seconds / spent,
      static_cast<double>(world.events() - before) / spent, static_cast<double>(received) / spent,
      static_cast<double>(received) / (static_cast<double>(nodes) * seconds), resident_mib());
}

}  // namespace

int main(int count, char** arguments) {
  const auto argument = [&](int index, long otherwise) {
    return count > index ? std::strtol(arguments[index], nullptr, 10) : otherwise;
  };
  const auto nodes = static_cast<std::size_t>(argument(1, 200));
  const auto seconds = static_cast<int>(argument(2, 10));
  run("direct", Fidelity::direct, nodes, seconds);
  run("full", Fidelity::full, nodes, seconds);
}
