// SPDX-License-Identifier: Apache-2.0
#include "api/convert.hpp"
#include "api/handles.hpp"

namespace grapevine {

Expected<void> Topic::set_partial(PartialOptions options) const {
  auto& runtime = *state_->runtime;
  const auto set = runtime.ask([&] {
    if (!runtime.host().set_partial(state_->name, api::to_topic(options), runtime.time())) {
      return false;
    }
    runtime.partials().set(state_->name, std::move(options.on_received));
    return true;
  });
  if (!set) return std::unexpected(api::node_stopped());
  if (!*set) {
    return std::unexpected(
        Error{ErrorCode::not_enabled, "this node was started without partial_messages"});
  }
  return {};
}

void Topic::clear_partial() const {
  auto& runtime = *state_->runtime;
  runtime.ask([&] {
    runtime.partials().erase(state_->name);
    return runtime.host().set_partial(state_->name, std::nullopt, runtime.time());
  });
}

Expected<std::size_t> Topic::publish_partial(const PartialMessage& message) const {
  auto& runtime = *state_->runtime;
  std::vector<PeerId> to;
  for (const auto& peer : message.to) to.push_back(api::to_peer_id(peer));
  gossipsub::PartialMessage given{state_->name, message.group, message.metadata, {}, to};
  if (message.parts_for) {
    given.parts_for = [&message](const gossipsub::PartialReceiver& receiver) {
      return api::to_parts(
          message.parts_for({api::to_peer(receiver.id), receiver.has, receiver.said}));
    };
  }
  const auto sent =
      runtime.ask([&] { return runtime.host().publish_partial(given, runtime.time()); });
  if (!sent) return std::unexpected(api::node_stopped());
  if (!*sent) return std::unexpected(api::error_of(sent->error()));
  return **sent;
}

std::vector<PartialHolder> Topic::partial_holders(std::span<const std::uint8_t> group) const {
  auto& runtime = *state_->runtime;
  std::vector<PartialHolder> holders;
  auto known =
      runtime.ask([&] { return runtime.host().router().partial_holders(state_->name, group); });
  if (!known) return holders;
  for (auto& holder : *known) {
    holders.push_back({api::to_peer(holder.id), std::move(holder.has), holder.said});
  }
  return holders;
}

}  // namespace grapevine
