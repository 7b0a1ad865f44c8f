// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "grapevine/node.hpp"

/// Nodes on loopback for tests. Everything waits on events with a deadline, nothing sleeps.
namespace grapevine::test {

using namespace std::chrono_literals;

inline constexpr auto patience = 30s;

/// What happened to a node's topics and peers, to be waited for.
class Events {
 public:
  void add(std::string event) {
    const std::lock_guard lock{mutex_};
    events_.push_back(std::move(event));
    added_.notify_all();
  }
  /// Waits until `event` was seen `count` times in all.
  bool wait(const std::string& event, std::size_t count = 1) {
    std::unique_lock lock{mutex_};
    return added_.wait_for(lock, patience, [&] {
      return static_cast<std::size_t>(std::ranges::count(events_, event)) >= count;
    });
  }
  std::size_t count(const std::string& event) {
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(std::ranges::count(events_, event));
  }

 private:
  std::mutex mutex_;
  std::condition_variable added_;
  std::vector<std::string> events_;
};

inline NodeConfig quick(NodeConfig config = {}) {
  config.gossip.heartbeat = 100ms;
  return config;
}

/// Without signatures, ids are the first eight bytes of the data: publishing costs next to nothing.
inline NodeConfig quick_unsigned() {
  auto config = quick();
  config.signing = Signing::none;
  config.message_id = "prefix8";
  return config;
}

/// A node whose events are recorded: `connected <peer>`, `grafted <topic> <peer>`, …
struct TestNode {
  explicit TestNode(NodeConfig config = quick()) : node{*Node::start(std::move(config))} {
    node.on_peer([events = events](const PeerEvent& event) {
      static constexpr const char* kinds[] = {"connected ", "disconnected ", "identified "};
      events->add(kinds[static_cast<int>(event.kind)] + event.peer.to_string());
    });
    node.on_topic([events = events](const TopicEvent& event) {
      static constexpr const char* kinds[] = {"joined ", "left ", "grafted ", "pruned "};
      events->add(kinds[static_cast<int>(event.kind)] + event.topic + " " + event.peer.to_string());
    });
  }
  std::string id() const { return node.id().to_string(); }
  std::string address() const { return node.addresses().at(0); }
  bool saw(const std::string& event) { return events->wait(event); }

  std::shared_ptr<Events> events = std::make_shared<Events>();
  Node node;
};

/// Connects `a` to `b` and waits until each has the other in its mesh of `topic`, which both
/// joined.
inline void mesh(TestNode& a, TestNode& b, const std::string& topic) {
  const auto connected = a.node.connect({b.address()}, patience);
  ASSERT_TRUE(connected) << connected.error().detail;
  ASSERT_TRUE(a.saw("grafted " + topic + " " + b.id()));
  ASSERT_TRUE(b.saw("grafted " + topic + " " + a.id()));
}

/// Takes exactly `count` messages, or fewer when they do not come.
inline std::vector<Message> take(Subscription& subscription, std::size_t count) {
  std::vector<Message> all;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (all.size() < count) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    for (auto& message : subscription.take(count - all.size(), left)) {
      all.push_back(std::move(message));
    }
  }
  return all;
}

}  // namespace grapevine::test
