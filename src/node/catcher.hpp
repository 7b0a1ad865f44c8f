// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "grapevine/node.hpp"

namespace grapevine::node {

/// Catches up on each topic once, when it has a mesh: what came while this node was not there.
class Catcher {
 public:
  explicit Catcher(std::vector<Topic> topics);
  Catcher(const Catcher&) = delete;
  Catcher& operator=(const Catcher&) = delete;
  ~Catcher();

  void on_grafted(std::string_view topic);
  void stop();  ///< does not wait

 private:
  struct Wanted {
    Topic topic;
    bool meshed = false;
    int attempts = 0;
  };
  void run();
  bool due() const;
  void try_all();
  /// Whether the topic is done with.
  bool catch_up(Wanted& wanted);

  std::vector<Wanted> wanted_;  ///< the thread's, but for `meshed`
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace grapevine::node
