// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/policy.hpp"
#include "api/seqno.hpp"
#include "api/validators.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/seen_cache.hpp"
#include "grapevine/node.hpp"
#include "net/inbox.hpp"

namespace grapevine::api {

/// Makes messages of what the application publishes, on the threads that publish, and hands them to
/// the loop. Safe on every thread.
class Publisher {
 public:
  struct Setup {
    PeerId self;
    std::optional<KeyPair> key;  ///< always given
    std::uint64_t first_seqno = 0;
    SeqnoMark* mark = nullptr;         ///< outlives the publisher
    Validators* validators = nullptr;  ///< likewise
    std::size_t batch_max = 128;       ///< messages made before any of them is handed over
    /// Always given: what was published lately where ids follow from the content.
    std::optional<pubsub::SeenCache> published;
  };
  using Data = std::span<const std::uint8_t>;
  using Deadline = net::Inbox::Deadline;
  struct How {
    Deadline deadline;  ///< room in the ring is waited for until then
    const Author* author = nullptr;
    bool local = false;
    bool interleaved = false;
    /// Told of each message after it is made and before it is handed over.
    const std::function<void(const pubsub::MessageId&)>* before = nullptr;
  };

  Publisher(Setup setup, net::Inbox& inbox) : setup_{std::move(setup)}, inbox_{inbox} {}

  /// Where to, and by which rules.
  struct Target {
    const std::string& topic;
    const PublishRules& rules;
  };
  Expected<Published> publish(const Target& target, Data data, const How& how);
  /// Stops at the first that fails; its error says how many went before.
  Expected<std::vector<Published>> publish_all(const Target& target, std::span<const Data> batch,
                                               const How& how);

 private:
  struct Batch {
    const Target& target;
    std::span<const Data> all;  ///< at most `batch_max`
    const How& how;
  };
  /// Publishes up to the first failure.
  Expected<void> hand_over(const Batch& batch, std::vector<Published>& done);
  Expected<pubsub::Message> make(const Batch& batch, Data data, std::uint64_t seqno);
  Expected<void> sign(pubsub::Draft& draft, const Batch& batch, std::uint64_t seqno);
  bool is_new(const pubsub::Message& message);

  Setup setup_;
  net::Inbox& inbox_;
  std::mutex published_;  ///< guards `setup_.published`
};

}  // namespace grapevine::api
