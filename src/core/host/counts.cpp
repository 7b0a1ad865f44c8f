// SPDX-License-Identifier: Apache-2.0
#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

bool is_inbound(const Use& use) {
  if (const auto* app = std::get_if<AppStream>(&use)) return app->inbound;
  if (const auto* answer = std::get_if<Answer>(&use)) return answer->to != Answer::To::push;
  return std::holds_alternative<PushIn>(use) || std::holds_alternative<PingIn>(use) ||
         std::holds_alternative<GossipIn>(use);
}

}  // namespace

const Carried& Host::carried() const { return state_->carried; }

OpenCount Host::open_count() const {
  OpenCount count;
  for (const auto& [id, link] : state_->links) {
    if (link->established) ++(link->outbound ? count.links_outbound : count.links_inbound);
    for (const auto& stream : link->streams) {
      ++(is_inbound(stream.use) ? count.streams_inbound : count.streams_outbound);
    }
  }
  return count;
}

}  // namespace grapevine::host
