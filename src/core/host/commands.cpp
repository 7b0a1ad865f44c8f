// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

void Host::State::ping(const PeerId& id) {
  const auto* peer = find(id);
  auto* link = peer == nullptr ? nullptr : main_link(*peer);
  const auto failed = [&] { outputs.push(PingResult{id, std::nullopt}); };
  if (link == nullptr) return failed();
  const auto stream = link->channel.open_stream({std::string{ping::protocol}}, now);
  touch(*link);
  if (!stream) return failed();
  auto pinger = std::make_unique<ping::Pinger>(rng.fork());
  link->channel.write(*stream, SharedBytes::copy_of(pinger->start(now)));
  add_stream(*link, *stream, PingOut{std::move(pinger)});
  set_timer({base::saturating_add(now, ping::Pinger::timeout), Timer::Kind::stream, *stream,
             std::to_underlying(link->id)});
}

Result<StreamKey, StreamError> Host::State::open_app_stream(Link& link,
                                                            std::vector<std::string> wanted) {
  ASSERT(!wanted.empty());
  if (closing) return unexpected(StreamError::closing);
  auto first = wanted.front();
  const auto stream = link.channel.open_stream(std::move(wanted), now);
  touch(link);
  if (!stream) {
    return unexpected(stream.error() == session::OpenError::too_many ? StreamError::too_many
                                                                     : StreamError::closing);
  }
  add_stream(link, *stream, AppStream{std::move(first), false});
  return StreamKey{link.id, *stream};
}

/// A stream of the application's, while it lives; its link is touched.
AppStream* Host::State::find_app(const StreamKey& key) {
  auto* link = find(key.link);
  auto* app = link == nullptr ? nullptr : link->find_use<AppStream>(key.stream);
  if (app != nullptr) touch(*link);
  return app;
}

void Host::State::shut_down() {
  closing = true;
  cancel_connects(nullptr, "shutting down");
  std::vector<LinkId> ids;
  for (const auto& [id, link] : links) ids.push_back(id);
  std::ranges::sort(ids);
  for (const auto id : ids) doom(*find(id), {"shutting down", DialError::cancelled, {}});
}

/// Every connection of the peer ends, those of the application's own too.
void Host::State::shut_out(const PeerId& id) {
  cancel_connects(&id, "blocked");
  std::vector<LinkId> ids;
  for (const auto& [link_id, link] : links) {
    if (link->established && link->peer == id) ids.push_back(link_id);
  }
  std::ranges::sort(ids);
  for (const auto link : ids) doom(*find(link), {"blocked", DialError::blocked, {}});
}

StateSize Host::State::size() const {
  StateSize size;
  size.links = links.size();
  size.ended = last_bytes.size();
  for (const auto& [id, link] : links) size.streams += link->streams.size();
  size.peers = peers.size() + by_handle.size();
  size.router = router.peer_state_size();
  size.connecting = connecting.size();
  size.dials = dials.size();
  size.lookups = lookups.size();
  size.backlog = backlog.size();
  size.timers = timers.size();
  size.outputs = outputs.size();
  size.half_open = half_open.size();
  size.networks = admission.networks();
  size.addresses = addresses.size();
  size.direct = direct.size();
  size.exchanged = exchange.waiting.size() + exchange.dialling;
  return size;
}

void Host::State::check_invariants() const {
  ASSERT(touched.empty() && doomed.empty());
  ASSERT(by_handle.size() == peers.size());
  ASSERT(addresses.size() <= config->address_book_peers_max);
  std::size_t attached = 0;
  for (const auto& [id, peer] : peers) {
    ASSERT(!peer->links.empty());
    for (const auto link_id : peer->links) {
      const auto* link = find(link_id);
      ASSERT(link != nullptr && link->established && !link->raw && link->peer == id);
    }
    const auto& gossip = peer->gossip;
    ASSERT(gossip.in.size() <= 2);
    ASSERT(!gossip.open || gossip.out);
    ASSERT(!gossip.out || find(gossip.out->link)->find_use<GossipOut>(gossip.out->stream));
    attached += peer->links.size();
  }
  std::size_t joined = 0;
  std::size_t unproven = 0;
  for (const auto& [id, link] : links) {
    ASSERT(!link->touched && !link->doomed);
    joined += link->established && !link->raw;
    unproven += !link->established && !link->outbound;
    ASSERT(std::ranges::is_sorted(link->streams, {}, &Stream::id));
  }
  ASSERT(attached == joined);
  ASSERT(unproven == half_open.size() && unproven <= config->half_open_max);
  ASSERT(links.size() == admission.connections());
  ASSERT(dials.size() <= config->dials_max);
  ASSERT(exchange.waiting.size() <= config->px_waiting_max);
  ASSERT(exchange.dialling <= config->px_dials_max);
  ASSERT(exchange.backoffs.size() <= config->px_backoffs_max);
  for (const auto& [id, lookup] : lookups) ASSERT(connecting.contains(lookup.connect));
}

}  // namespace grapevine::host
