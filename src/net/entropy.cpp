// SPDX-License-Identifier: Apache-2.0
#include "net/entropy.hpp"

#include <sys/random.h>

#include <cerrno>

#include "base/assert.hpp"

namespace grapevine::net {

Rng::Seed system_seed() {
  Rng::Seed seed{};
  for (;;) {
    const auto size = getrandom(seed.data(), seed.size(), 0);
    if (size == static_cast<ssize_t>(seed.size())) return seed;
    // Up to 256 bytes come whole; only a signal may interrupt while the system starts.
    ASSERT(size < 0 && errno == EINTR);
  }
}

}  // namespace grapevine::net
