// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gossipsub/group.hpp"
#include "grapevine/node.hpp"

namespace grapevine::interop {

/// An application of partial messages: takes the parts that come, and publishes again whatever was
/// spoken of, until everybody who asks has all. Safe on every thread. The node must be stopped
/// before this ends.
class Exchange {
 public:
  /// A group that has more than before, by whom.
  using Grown = std::function<void(const std::string& topic, const Group& group, const Peer& via)>;

  explicit Exchange(Grown grown) : grown_{std::move(grown)} {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Takes part in the topic from now on.
  Expected<void> open(const Topic& topic, bool requests);
  /// Parts of our own. Answers all of the group, which may be known already, where it has grown.
  std::optional<Group> add(const std::string& topic, const Group& group);
  /// Tells peers, or those named, of the group, and sends what they lack.
  Expected<std::size_t> publish(const Topic& topic, const Group::Id& id, std::vector<Peer> to = {});

 private:
  struct Held {
    Group group;
    std::map<Peer, std::uint8_t> came_from;  ///< which parts a peer sent: it has them
  };
  using Key = std::pair<std::string, Group::Id>;

  void on_received(const Topic& topic, const PartialReceived& received);
  /// Nullopt when it was malformed, or nothing new.
  std::optional<Group> take(const Key& key, const PartialReceived& received);
  Held* hold(const Key& key);

  const Grown grown_;
  std::mutex mutex_;  ///< never held while the node is asked for something
  std::map<Key, Held> groups_;
};

}  // namespace grapevine::interop
