// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What the process can tell of time and of itself.
namespace grapevine::agent {

/// CLOCK_MONOTONIC in nanoseconds, the same for every process on the machine.
std::int64_t monotonic_ns();
/// Processor time of this process, user and system, in microseconds.
std::int64_t cpu_us();
/// Resident size of this process in KiB; 0 when the system does not tell.
std::int64_t rss_kb();

/// One moment: where a measurement begins or ends.
struct Stamp {
  std::int64_t ns = 0;
  std::int64_t cpu_us = 0;

  static Stamp now() { return {monotonic_ns(), agent::cpu_us()}; }
};

}  // namespace grapevine::agent
