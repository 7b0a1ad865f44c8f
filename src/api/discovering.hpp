// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "grapevine/discovery.hpp"
#include "net/shell.hpp"

namespace grapevine::api {

/// Between the host's searches and the application's way of finding peers. Loop's thread only;
/// answers come on any thread, also when all is over.
class Discovering {
 public:
  Discovering(net::Shell& shell, Discovery how) : shell_{shell}, how_{std::move(how)} {}
  /// What keeps the shell alive.
  void belong_to(std::weak_ptr<const void> owner) { owner_ = std::move(owner); }

  void on_advertise(const host::Advertise& wanted) const;
  void on_discover(const host::Discover& wanted) const;

 private:
  net::Shell& shell_;
  const Discovery how_;
  std::weak_ptr<const void> owner_;
};

}  // namespace grapevine::api
