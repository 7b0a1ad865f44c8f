// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/json/object.hpp>

#include "agent/output.hpp"
#include "agent/receiver.hpp"
#include "grapevine/node.hpp"

namespace grapevine::agent {

/// The topics the agent has touched. What comes on one goes to its armed benchmark, else to the
/// driver. One thread takes the messages of all. Safe on every thread.
class Topics {
 public:
  Topics(Node& node, Output& output) : node_{node}, output_{output} {}
  /// The node has stopped before.
  ~Topics();

  /// To publish; announces nothing.
  Expected<Topic> find(const std::string& name);
  /// Both do nothing when it was done before.
  Expected<void> subscribe(const std::string& name);
  void unsubscribe(const std::string& name);
  /// Starts counting on a topic; what a former run counted is dropped.
  Expected<void> arm(std::shared_ptr<Receiver> receiver);
  /// The runs that still count.
  std::vector<std::shared_ptr<Receiver>> unfinished();

 private:
  struct Entry {
    explicit Entry(Topic made) : topic{std::move(made)} {}

    const Topic topic;
    Subscription subscription;         ///< closed while not subscribed
    std::shared_ptr<Receiver> armed;   ///< counts what comes
    std::shared_ptr<Receiver> latest;  ///< the last run: goes on telling its last number
    bool ready = false;                ///< in `ready_`
  };
  using EntryPointer = std::shared_ptr<Entry>;

  Expected<EntryPointer> entry(const std::string& name);
  void on_ready(const EntryPointer& entry);
  void deliver();
  void hand_on(const EntryPointer& entry, std::vector<Message> batch);

  Node& node_;
  Output& output_;
  /// Held by commands, which may wait for the node's thread; that never asks for it.
  std::mutex commands_;
  std::map<std::string, EntryPointer> entries_;  ///< guarded by `commands_`
  std::mutex mutex_;                             ///< guards all below and what entries hold
  std::condition_variable changed_;
  std::deque<EntryPointer> ready_;
  bool stopping_ = false;
  std::thread thread_;  ///< runs from the first subscription on
};

/// The `message` event.
boost::json::object message_event(const Message& message);

}  // namespace grapevine::agent
