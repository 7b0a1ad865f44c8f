// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

namespace grapevine::crypto {

/// Overwrites secret bytes in a way the compiler cannot leave out.
void wipe(MutableBytes secret);

}  // namespace grapevine::crypto
