// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "grapevine/error.hpp"
#include "grapevine/peer.hpp"

namespace grapevine {

/// An identity to publish under that is not the node's own: its key signs, its peer id is the
/// message's author. Cheap to copy.
class Author {
 public:
  /// Of an Ed25519 key.
  static Expected<Author> from_seed(const std::array<std::uint8_t, 32>& seed);
  /// Of the libp2p protobuf of a private key. `id`, where given, must be that key's: every receiver
  /// would refuse the signature of another.
  static Expected<Author> from_protobuf(std::span<const std::uint8_t> key,
                                        const std::optional<Peer>& id = std::nullopt);
  const Peer& id() const;

  struct State;
  explicit Author(std::shared_ptr<const State> state) : state_{std::move(state)} {}
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

/// How one message is published.
struct PublishOptions {
  std::chrono::milliseconds wait{};   ///< for room in the publish ring
  std::optional<Author> author = {};  ///< absent: the node itself
  bool local = false;                 ///< only to subscriptions of this node; nothing is sent
};

/// In which order the messages of a batch leave for each peer.
enum class BatchOrder {
  /// Each peer is sent another one first, so that they spread in parallel. Where receivers refuse
  /// sequence numbers that do not rise, this loses messages.
  interleaved,
  as_given,
};

}  // namespace grapevine
