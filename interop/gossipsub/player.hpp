// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/workers.hpp"
#include "gossipsub/exchange.hpp"
#include "gossipsub/log.hpp"
#include "gossipsub/script.hpp"
#include "grapevine/node.hpp"

namespace grapevine::interop {

/// One node of gossipsub-interop: does what its script says, one instruction after the other, and
/// logs what it hears.
class Player {
 public:
  using Clock = std::chrono::steady_clock;
  /// An error is a sentence.
  using Done = std::expected<void, std::string>;

  Player(std::uint32_t number, Clock::time_point started, Log& log);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  Done play(const std::vector<Instruction>& script);
  /// All that was published leaves first.
  void stop();

 private:
  Done run(const InitGossipSub& init);
  Done run(const Connect& connect);
  Done run(const WaitUntil& wait);
  Done run(const Publish& publish);
  Done run(const Subscribe& subscribe);
  Done run(const DelayValidation& delay);
  Done run(const AddPartial& add);
  Done run(const PublishPartial& publish);
  Done connect(std::uint32_t other);
  std::expected<Topic, std::string> topic(const std::string& name);
  void log_copy(const Event& event);
  void tell_whole(const std::string& topic, const Group& group);

  const std::uint32_t number_;
  const Peer self_;
  const Clock::time_point started_;
  Log& log_;
  agent::Delays delays_;
  Exchange exchange_;
  std::map<std::string, Topic> topics_;
  std::optional<Node> node_;
};

/// What a message has: its number, big-endian, and zeros.
std::vector<std::uint8_t> content_of(const Publish& publish);
/// The number of a message id as text.
std::string id_text(std::span<const std::uint8_t> id);

}  // namespace grapevine::interop
