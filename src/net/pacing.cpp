// SPDX-License-Identifier: Apache-2.0
#include "net/pacing.hpp"

namespace grapevine::net {

bool Pacing::holds(bool pending, TimePoint now) {
  if (!pending) {
    until_.reset();
    return false;
  }
  const bool distrusted = now < distrusted_until_;
  if (!until_) until_ = now + (distrusted ? interval : patience);
  if (now < *until_) return true;
  until_.reset();
  if (!distrusted) distrusted_until_ = now + distrust;
  return false;
}

}  // namespace grapevine::net
