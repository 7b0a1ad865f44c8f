// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <expected>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "agent/arguments.hpp"
#include "agent/config.hpp"
#include "agent/output.hpp"
#include "agent/topics.hpp"
#include "agent/workers.hpp"
#include "gossipsub/exchange.hpp"
#include "grapevine/node.hpp"

namespace grapevine::agent {

/// A node behind JSON lines: commands in, replies and events out.
class Agent {
 public:
  /// `settings.node` is what `node` was started with; both outlive the agent.
  Agent(Node& node, const Settings& settings, Output& output);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// The first line of output.
  boost::json::object ready() const;
  /// Takes one line and answers whether it was the last. What is slow goes on beside the next.
  bool answer(std::string_view line);
  /// Stops the node. False: something is still under way, and nothing may be destroyed.
  bool close();

 private:
  using Reply = std::expected<boost::json::object, std::string>;
  using Operation = Reply (Agent::*)(Arguments&);
  struct Command {
    std::string_view name;
    Operation operation;
    bool slow;
  };
  static const Command commands[];

  void observe();
  void add_rule(const ValidationRule& rule);
  bool execute(const Command& command, const boost::json::value& id, Arguments& arguments);
  void reply(const boost::json::value& id, const Reply& reply);

  Reply connect(Arguments& from);
  Reply disconnect(Arguments& from);
  Reply subscribe(Arguments& from);
  Reply unsubscribe(Arguments& from);
  Reply publish(Arguments& from);
  Reply peers(Arguments& from);
  Reply mesh(Arguments& from);
  Reply score(Arguments& from);
  Reply partial_join(Arguments& from);
  Reply partial_publish(Arguments& from);
  Reply ping(Arguments& from);
  Reply stats(Arguments& from);
  Reply bench_receive(Arguments& from);
  Reply bench_publish(Arguments& from);
  Reply bench_dial(Arguments& from);
  Reply perf(Arguments& from);
  Reply quit(Arguments& from);

  Node& node_;
  const Settings& settings_;
  Output& output_;
  Topics topics_;
  interop::Exchange exchange_;
  Workers workers_;
  Delays delays_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace grapevine::agent
