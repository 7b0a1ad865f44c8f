// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/gossipsub/config.hpp"
#include "core/gossipsub/topic_policy.hpp"
#include "grapevine/policy.hpp"

namespace grapevine::api {

/// A public policy in the router's words. Only what has another form is checked here; the rest is
/// for the router's own check.
Expected<gossipsub::TopicPolicy> to_policy(const TopicPolicy& from,
                                           const gossipsub::Config& config);
/// The field of `TopicPolicy` that the router refuses.
Error policy_error(const gossipsub::ConfigError& error);

/// The names of id functions by which ids follow from the content alone.
bool names_content(std::string_view id_function);

/// How messages of one topic are made: what the publishing threads need of its policy.
struct PublishRules {
  bool sign = true;
  pubsub::IdFunction id;
  std::size_t size_max = 0;  ///< bytes of one encoded message
  /// Ids follow from the content alone, so that publishing the same twice is a mistake that can be
  /// told at once.
  bool ids_of_content = false;
  DataTransform::Function encode;
};
/// `policy` over the rules of the node.
PublishRules publish_rules(const PublishRules& node, const TopicPolicy& policy);

/// The rules of one topic, for the threads that publish to it. Safe on every thread.
class PublishSlot {
 public:
  explicit PublishSlot(std::shared_ptr<const PublishRules> rules) : rules_{std::move(rules)} {}
  std::shared_ptr<const PublishRules> get() const;
  void set(std::shared_ptr<const PublishRules> rules);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const PublishRules> rules_;
};

/// The slots of all topics that have handles or policies: handles of one topic share one. Safe on
/// every thread.
class PublishSlots {
 public:
  explicit PublishSlots(PublishRules node)
      : node_{std::make_shared<const PublishRules>(std::move(node))} {}

  std::shared_ptr<PublishSlot> of(const std::string& topic);
  void set(const std::string& topic, const TopicPolicy& policy);
  std::size_t size();  ///< topics known

 private:
  struct Entry {
    std::weak_ptr<PublishSlot> slot;
    std::shared_ptr<PublishSlot> kept;  ///< while the topic has a policy
  };
  std::shared_ptr<PublishSlot> slot(Entry& entry);
  void sweep();

  const std::shared_ptr<const PublishRules> node_;
  std::mutex mutex_;
  std::size_t sweep_at_ = 64;  ///< entries; those that nobody holds go then
  boost::unordered_flat_map<std::string, Entry> entries_;
};

}  // namespace grapevine::api
