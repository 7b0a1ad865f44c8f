// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "grapevine/node.hpp"

namespace grapevine::node {

/// Connects to the peers of `--connect`, trying again, ever more slowly, until each was reached
/// once.
class Connector {
 public:
  Connector(Node node, std::vector<std::string> addresses);
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  ~Connector();

  void stop();  ///< does not wait

 private:
  void run();
  void try_all();
  bool pause(std::chrono::milliseconds time);

  Node node_;
  std::vector<std::string> missing_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace grapevine::node
