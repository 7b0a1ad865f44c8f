// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "agent/wire/peer.hpp"

namespace grapevine::wire {

/// What a case plays on: the agent under test, the scripted peers, one loop for all. The first
/// thing that goes wrong ends the case: from then on waiting, asking and expecting do nothing, so
/// that a case reads as the story of what should happen.
class Stage {
 public:
  explicit Stage(Multiaddr agent) : agent_{std::move(agent)} {}

  // --- peers ---
  /// A peer with its connection and gossip stream up, both ways. The first peer of a case tells
  /// what the agent is.
  Peer& connect(std::string label, session::Config habits = {});
  /// Connects a peer that lost its connection again.
  void reconnect(Peer& peer);
  /// The agent and so many peers in each other's mesh of the topic.
  std::vector<Peer*> mesh(std::size_t size, std::string_view topic);
  void await_mesh(const std::vector<Peer*>& peers, std::string_view topic);
  const Multiaddr& agent() const { return agent_; }

  // --- the agent ---
  /// Gives the agent a command; its reply, empty when the case has ended. A reply that says
  /// "unsupported" ends it.
  boost::json::object ask(std::string_view operation, boost::json::object arguments);
  /// A command that must succeed.
  void tell(std::string_view operation, boost::json::object arguments);

  // --- time ---
  using Condition = std::function<bool()>;
  /// Runs the loop until the condition holds; ends the case when it does not in time.
  void await(std::string_view what, const Condition& condition,
             std::chrono::seconds wait = std::chrono::seconds{10});
  /// Likewise, but answers whether it came to hold.
  bool watch(const Condition& condition, TimePoint until);

  // --- the verdict ---
  void expect(bool holds, std::string_view otherwise);
  void unsupported(std::string_view why);
  void note(std::string_view text);
  bool ended() const { return failure_.has_value(); }
  bool ok() const { return !failure_.has_value(); }
  std::string detail() const { return failure_.value_or(notes_); }

 private:
  void turn(TimePoint until);
  void read_input();
  std::optional<boost::json::object> take_reply();

  Multiaddr agent_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::string input_;
  bool input_ended_ = false;
  std::optional<std::string> failure_;
  std::string notes_;
};

/// One case: its name, the agent's configuration as JSON or nothing, and the story.
struct Case {
  std::string_view name;
  std::string_view config;
  void (*play)(Stage&);
};
std::vector<Case> forwarding_cases();
std::vector<Case> backoff_cases();
std::vector<Case> stream_cases();

}  // namespace grapevine::wire
