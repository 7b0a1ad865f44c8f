// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/subscription.hpp"
#include "api/validators.hpp"
#include "net/shell.hpp"

namespace grapevine::api {

/// The application's topics as the loop knows them: who asked for them, who subscribes. A topic is
/// joined while it was asked for or somebody subscribes. Loop's thread only.
class Topics {
 public:
  using SubscriptionId = std::uint64_t;

  Topics(net::Shell& shell, Validators& validators) : shell_{shell}, validators_{validators} {}
  /// What keeps the shell alive: a validator may answer when all is over.
  void belong_to(std::weak_ptr<const void> owner) { owner_ = std::move(owner); }

  void join(const std::string& name);
  /// Closes its subscriptions.
  void leave(std::string_view name);
  void subscribe(const std::string& name, SubscriptionId id,
                 std::weak_ptr<Subscription::State> state);
  void unsubscribe(const std::string& name, SubscriptionId id);

  /// How data comes back from the wire; an empty function: it is as it was.
  struct Decoding {
    DataTransform::Function decode;
    std::size_t size_max = 0;
  };
  Expected<void> set_policy(const std::string& name, const gossipsub::TopicPolicy& policy,
                            Decoding decoding);
  /// Joined while there is one, whoever subscribes.
  Expected<void> relay(const std::string& name, std::uint64_t id);
  void unrelay(const std::string& name, std::uint64_t id);

  void on_deliver(const host::Deliver& delivered, std::optional<Cursor> cursor = std::nullopt);
  void on_validate(const host::Validate& asked);
  /// Tells the router how to ask about the topic, or, where the name is empty, about all.
  void refresh(const std::string& name);
  /// Hands over what the turn brought.
  void on_turn_end();
  /// The node is stopped: nothing more comes.
  void end();

 private:
  struct Subscriber {
    SubscriptionId id;
    std::weak_ptr<Subscription::State> state;
  };
  struct Entry {
    std::shared_ptr<const std::string> name;
    std::vector<Subscriber> subscribers;
    std::vector<std::uint64_t> relays;
    Decoding decoding;
    bool fanout_only = false;
    bool asked_for = false;
    bool joined = false;

    bool wanted() const { return asked_for || !subscribers.empty() || !relays.empty(); }
    bool idle() const { return !wanted() && !decoding.decode && !fanout_only; }
  };
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };

  Entry& entry(const std::string& name);
  Entry* find(std::string_view name);
  /// Joins, leaves or forgets as the entry now wants it.
  void settle(std::string_view name);
  /// The router asks before it takes a message where somebody here has a say.
  static bool decode(const Entry& entry, Message& message);

  bool wanted_by(const Subscription::State& subscription, const Message& message);

  net::Shell& shell_;
  Validators& validators_;
  std::weak_ptr<const void> owner_;
  boost::unordered_flat_map<std::string, Entry, NameHash, std::equal_to<>> entries_;
  std::vector<std::shared_ptr<Subscription::State>> touched_;  ///< got messages in this turn
};

}  // namespace grapevine::api
