// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "grapevine/error.hpp"
#include "net/shell.hpp"

namespace grapevine::api {

/// Who waits for a topic to have enough peers. Looked at after each turn while somebody waits: that
/// is when something can have changed. Loop's thread only, but for `new_id`.
class Readiness {
 public:
  enum class Kind {
    peers,  ///< subscribers that can be written to
    mesh,
  };
  struct Waiter {
    std::uint64_t id;
    std::string topic;
    Kind kind;
    std::size_t count;
    std::function<void(Expected<void>)> done;  ///< called once
  };

  explicit Readiness(net::Shell& shell) : shell_{shell} {}
  static std::uint64_t new_id();

  void wait(Waiter waiter) { waiters_.push_back(std::move(waiter)); }
  void cancel(std::uint64_t id);
  void on_turn_end();
  /// The node is stopped: nobody waits for what will not come.
  void end();

 private:
  bool ready(const Waiter& waiter) const;

  net::Shell& shell_;
  std::vector<Waiter> waiters_;
};

}  // namespace grapevine::api
