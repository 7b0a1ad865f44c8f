// SPDX-License-Identifier: Apache-2.0
#include "api/convert.hpp"
#include "api/handles.hpp"
#include "grapevine/node.hpp"

// A node's validators and blocked peers.
namespace grapevine {

namespace api {

namespace {

Expected<void> check_validated_topic(std::string_view topic) {
  return topic.empty() ? Expected<void>{} : check_topic(topic);
}

/// The validators of `topic` have changed: the router is told how it is to ask from now on.
Expected<void> tell_router(Runtime& runtime, std::string topic) {
  const bool posted =
      runtime.post([&runtime, topic = std::move(topic)] { runtime.topics().refresh(topic); });
  if (!posted) return std::unexpected(node_stopped());
  return {};
}

Expected<void> add(Runtime& runtime, std::string topic, Validators::Entry entry) {
  if (auto checked = check_validated_topic(topic); !checked) return checked;
  if (!entry.at_once && !entry.asked) {
    return std::unexpected(Error{ErrorCode::bad_config, "a validator is a function"});
  }
  if (auto added = runtime.validators().add(topic, std::move(entry)); !added) return added;
  return tell_router(runtime, std::move(topic));
}

}  // namespace

}  // namespace api

Expected<void> Node::add_validator(std::string topic, std::string name, Validator validator,
                                   ValidatorOptions options) {
  return api::add(*state_->runtime, std::move(topic),
                  {std::move(name), {}, std::move(validator), options});
}

Expected<void> Node::add_inline_validator(std::string topic, std::string name,
                                          InlineValidator validator) {
  return api::add(*state_->runtime, std::move(topic), {std::move(name), std::move(validator)});
}

Expected<void> Node::remove_validator(std::string topic, std::string_view name) {
  auto& runtime = *state_->runtime;
  if (auto removed = runtime.validators().remove(topic, name); !removed) return removed;
  return api::tell_router(runtime, std::move(topic));
}

Expected<void> Node::set_validator(std::string topic, Validator validator) {
  if (auto checked = api::check_topic(topic); !checked) return checked;
  auto& runtime = *state_->runtime;
  if (validator) {
    runtime.validators().replace(topic, {{}, {}, std::move(validator)});
  } else {
    (void)runtime.validators().remove(topic, {});  // there may be none
  }
  return api::tell_router(runtime, std::move(topic));
}

Expected<void> Node::block(const Peer& peer, std::optional<std::chrono::milliseconds> span) {
  auto& runtime = *state_->runtime;
  const auto done = runtime.ask(
      [&] { return runtime.block({api::to_peer_id(peer), api::end_of(span, runtime.time())}); });
  if (!done) return std::unexpected(api::node_stopped());
  if (*done) return {};
  return std::unexpected(Error{ErrorCode::limit, "as many peers are blocked as may be"});
}

Expected<void> Node::unblock(const Peer& peer) {
  auto& runtime = *state_->runtime;
  const auto done = runtime.ask([&] { return runtime.unblock(api::to_peer_id(peer)); });
  if (!done) return std::unexpected(api::node_stopped());
  if (*done) return {};
  return std::unexpected(Error{ErrorCode::not_found, "the peer is not blocked"});
}

std::vector<BlockedPeer> Node::blocked() const {
  auto& runtime = *state_->runtime;
  const auto blocked = runtime.ask([&] {
    return api::to_blocked(runtime.host().router().blocked(runtime.time()), runtime.time());
  });
  return blocked.value_or(std::vector<BlockedPeer>{});
}

}  // namespace grapevine
