// SPDX-License-Identifier: Apache-2.0
#include "api/remembering.hpp"

#include <algorithm>
#include <utility>

#include "api/convert.hpp"

namespace grapevine::api {

namespace {

std::vector<SequenceMark> to_marks(const std::vector<pubsub::AuthorMark>& marks) {
  std::vector<SequenceMark> told;
  told.reserve(marks.size());
  for (const auto& mark : marks) told.push_back({to_peer(mark.author), mark.seqno});
  return told;
}

}  // namespace

std::optional<TimePoint> end_of(std::optional<std::chrono::milliseconds> left, TimePoint now) {
  if (!left) return std::nullopt;
  const std::chrono::milliseconds longest = std::chrono::years{100};
  return base::saturating_add(now, Duration{std::clamp(*left, -longest, longest)});
}

std::vector<BlockedPeer> to_blocked(const std::vector<gossipsub::BlockedPeer>& blocked,
                                    TimePoint now) {
  std::vector<BlockedPeer> told;
  told.reserve(blocked.size());
  for (const auto& entry : blocked) {
    auto& peer = told.emplace_back(BlockedPeer{to_peer(entry.peer)});
    if (entry.until) peer.left = std::chrono::ceil<std::chrono::milliseconds>(*entry.until - now);
  }
  return told;
}

Remembering::Remembering(const NodeConfig& config, Offload offload)
    : raised_{config.sequence_check ? config.sequence_check->raised : nullptr},
      blocked_{std::make_shared<Blocked>()},
      offload_{std::move(offload)} {
  blocked_->save = config.on_blocked;
}

void Remembering::on_raised(const std::vector<pubsub::AuthorMark>& marks) {
  if (!raised_) return;
  offload_([raised = raised_, told = to_marks(marks)] { raised(told); });
}

void Remembering::on_raised_last(const std::vector<pubsub::AuthorMark>& marks) const {
  if (raised_ && !marks.empty()) raised_(to_marks(marks));
}

void Remembering::on_blocked(std::vector<BlockedPeer> blocked) {
  if (!blocked_->save) return;
  {
    const std::lock_guard lock{blocked_->guard};
    blocked_->latest = std::move(blocked);
  }
  offload_([shared = blocked_] {
    const std::lock_guard in_turn{shared->saving};
    std::vector<BlockedPeer> latest;
    {
      const std::lock_guard lock{shared->guard};
      latest = shared->latest;
    }
    shared->save(latest);
  });
}

}  // namespace grapevine::api
