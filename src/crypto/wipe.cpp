// SPDX-License-Identifier: Apache-2.0
#include "crypto/wipe.hpp"

#include <sodium/utils.h>

namespace grapevine::crypto {

void wipe(MutableBytes secret) {
  if (!secret.empty()) sodium_memzero(secret.data(), secret.size());
}

}  // namespace grapevine::crypto
