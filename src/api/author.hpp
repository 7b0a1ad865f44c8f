// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "grapevine/publishing.hpp"
#include "identity/keys.hpp"

namespace grapevine {

struct Author::State {
  KeyPair key;
  PeerId id;
  Peer peer;
};

}  // namespace grapevine
