// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/rng.hpp"

namespace grapevine::net {

/// A fresh seed from the system's generator: the root of all chance in a real node.
Rng::Seed system_seed();

}  // namespace grapevine::net
