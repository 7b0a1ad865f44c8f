// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "grapevine/node.hpp"
#include "http/problem.hpp"

namespace grapevine::http {

struct JoinTimes {
  std::chrono::milliseconds each_dial{5'000};
  std::chrono::milliseconds all_dials{30'000};
  std::chrono::milliseconds mesh{2'000};  ///< what the Go demo always sleeps
};

/// Connects to peers and waits until they share our topics: who answers `/addPeers` then knows that
/// the next message arrives. Safe on every thread.
class Joining {
 public:
  Joining(Node node, std::vector<std::string> topics, JoinTimes times = {});

  /// Dials one after another, each to its end; then waits, as long as `times.mesh` says, until each
  /// peer reached has announced our topics and is in our mesh. Blocks.
  std::vector<DialResult> add(const std::vector<std::string>& addresses);

  /// Something changed in who is in whose mesh: those who wait look again. Never blocks for long.
  void on_topic_event();
  /// Ends all waiting, now and later.
  void stop();

 private:
  void wait_for_mesh(const std::vector<Peer>& peers);
  bool shares_topics(const Peer& peer) const;

  Node node_;
  std::vector<std::string> topics_;
  JoinTimes times_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;
  bool stopped_ = false;
};

}  // namespace grapevine::http
