// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/peer_caps.hpp"

#include <algorithm>

namespace grapevine::gossipsub {

namespace {

constexpr std::size_t wide_control = 48 * 1024;  ///< a whole batch

/// Zero: as the common limits have it.
struct Caps {
  std::string_view agent;  ///< how its name begins
  std::size_t control_bytes;
  std::size_t subscriptions;
  std::size_t idontwant_ids;
};

/// Only where it pays: fuller control means fewer RPCs, and go counts each of them against the ten
/// IHAVEs it reads a heartbeat. go reads 10 ids of its IDONTWANTs; rust, and what is built on it,
/// refuses above 16 KiB of control and 100 subscriptions; js refuses above 512 IDONTWANT ids; jvm's
/// clients above 200 subscriptions.
constexpr Caps table[] = {
    {"grapevine/", wide_control, 1000, 1000},
    {"go-libp2p", wide_control, 1000, 0},
    {"github.com/libp2p/go-libp2p", wide_control, 1000, 0},
    {"kubo/", wide_control, 1000, 0},
    {"Prysm/", wide_control, 1000, 0},
    {"rust-libp2p", 0, 0, 200},
    {"Lighthouse/", 0, 0, 200},
    {"js-libp2p", wide_control, 1000, 500},
    {"lodestar/", wide_control, 1000, 500},
    {"nim-libp2p", wide_control, 1000, 500},
    {"nimbus", wide_control, 1000, 500},
    {"jvm-libp2p", wide_control, 0, 500},
    {"teku/", wide_control, 0, 500},
};

}  // namespace

pubsub::SendLimits caps_of(std::string_view agent, const pubsub::SendLimits& common) {
  auto limits = common;
  const auto known =
      std::ranges::find_if(table, [&](const Caps& caps) { return agent.starts_with(caps.agent); });
  if (known == std::end(table)) return limits;
  if (known->control_bytes > 0) limits.control_bytes = known->control_bytes;
  if (known->subscriptions > 0) limits.subscriptions = known->subscriptions;
  if (known->idontwant_ids > 0) limits.idontwant_ids = known->idontwant_ids;
  return limits;
}

}  // namespace grapevine::gossipsub
