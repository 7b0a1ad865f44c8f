// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grapevine/message.hpp"
#include "grapevine/peer.hpp"

namespace grapevine {

/// A validator's word on a message. Of several the worst counts: reject, then ignore, then accept.
enum class Verdict {
  accept,  ///< deliver it, and pass it on
  /// Bad in itself, as any honest peer could have seen: malformed, against the rules of the topic,
  /// a wrong signature within. It costs everybody who sent it their score, and in the end their
  /// place: say it of nothing that an honest peer may pass on, or the network punishes you for
  /// punishing.
  reject,
  /// Not wanted now and here: old, known, beyond what we can check, a fault of our own disk or
  /// clock. Nobody is blamed. Said of what is provably bad it lets senders flood for free.
  ignore,
};

/// Decides on one message from others; calls `answer` once, now or later, on any thread. Called on
/// the network thread, which must not wait. Without an answer in time the message is ignored.
using Validator = std::function<void(const Message& message, std::function<void(Verdict)> answer)>;
/// Decides at once: on the network thread on messages from others, on the publishing thread on our
/// own (`local` is set), possibly on several threads together.
using InlineValidator = std::function<Verdict(const Message& message)>;

/// What an asynchronous validator is given.
struct ValidatorOptions {
  std::chrono::milliseconds timeout{30'000};  ///< for one message
  std::size_t concurrency = 1024;             ///< messages of one topic at a time
};

/// What an RPC holds, in numbers.
struct RpcSummary {
  std::size_t bytes = 0;
  std::size_t subscriptions = 0;  ///< and unsubscriptions
  std::size_t messages = 0;
  std::size_t ihave_ids = 0, iwant_ids = 0, idontwant_ids = 0;
  std::size_t grafts = 0, prunes = 0;
};

/// Which topics may be subscribed to here, by peers and by ourselves: those named, and those that a
/// pattern fits, in which `*` stands for any characters and `?` for one; without a word, all.
struct TopicFilter {
  std::vector<std::string> allowed;
  std::vector<std::string> patterns;         ///< at most 16, of 128 bytes each
  std::size_t topics_per_peer = 1000;        ///< further subscriptions of a peer are passed over
  std::size_t subscriptions_per_rpc = 5000;  ///< an RPC with more is passed over whole
};

/// The highest sequence number taken of an author.
struct SequenceMark {
  Peer author;
  std::uint64_t seqno = 0;
};
/// What does not rise above its author's last sequence number is ignored: replays, and what was
/// overtaken. For networks whose authors count upwards, as go, js and this library do.
struct SequenceCheck {
  std::size_t authors = 100'000;    ///< above it the one heard longest ago is forgotten
  std::vector<SequenceMark> known;  ///< of an earlier run, in the order `raised` told them
  /// Told of marks that rose, at most once a heartbeat, on a thread of the node that may wait for a
  /// disk. A crash loses what rose since.
  std::function<void(const std::vector<SequenceMark>&)> raised;
};

/// A peer that is not listened to, neither as a neighbour nor as an author.
struct BlockedPeer {
  Peer peer;
  std::optional<std::chrono::milliseconds> left = {};  ///< absent: until it is unblocked
};

}  // namespace grapevine
