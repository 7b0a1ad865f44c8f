// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/host/host.hpp"
#include "grapevine/config.hpp"

namespace grapevine::api {

/// Hands what a node is to remember over to the application's functions, on threads that may wait:
/// the sequence numbers that authors have reached, and the peers that are blocked.
class Remembering {
 public:
  using Offload = std::function<void(std::function<void()>)>;
  Remembering(const NodeConfig& config, Offload offload);

  // --- from the loop ---
  void on_raised(const std::vector<pubsub::AuthorMark>& marks);
  /// The last ones, in place: the workers are about to end.
  void on_raised_last(const std::vector<pubsub::AuthorMark>& marks) const;
  void on_blocked(std::vector<BlockedPeer> blocked);

 private:
  /// Several workers may save at a time; the last to do so saves the latest.
  struct Blocked {
    std::function<void(const std::vector<BlockedPeer>&)> save;
    std::mutex saving;
    std::mutex guard;  ///< of `latest`
    std::vector<BlockedPeer> latest;
  };
  const std::function<void(const std::vector<SequenceMark>&)> raised_;
  const std::shared_ptr<Blocked> blocked_;
  const Offload offload_;
};

/// When a block of `left` ends; spans beyond a century are one.
std::optional<TimePoint> end_of(std::optional<std::chrono::milliseconds> left, TimePoint now);
/// The blocked peers in the application's words.
std::vector<BlockedPeer> to_blocked(const std::vector<gossipsub::BlockedPeer>& blocked,
                                    TimePoint now);

}  // namespace grapevine::api
