// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

/// On a direct link nobody asks: each says so by itself.
void Host::State::ask_identity(Link& link) {
  if (auto* carrier = link.channel.direct()) return carrier->tell(identity_for(link));
  const auto stream = link.channel.open_stream({std::string{identify::protocol}}, now);
  touch(link);
  if (!stream) return;
  add_stream(link, *stream, IdentifyOut{std::make_unique<identify::Reader>(link.peer)});
  link.channel.end_stream(*stream);  // we have nothing to say on it
  end_soon(link, *stream);
}

identify::Info Host::State::identity_for(const Link& link) const {
  identify::Info info;
  info.protocol_version = to_bytes(as_bytes("ipfs/0.1.0"));
  info.agent_version = to_bytes(as_bytes(config->agent_version));
  info.public_key = identity.public_key();
  info.addresses = listen_addresses;
  info.protocols = protocols->supported;
  info.signed_record = signed_record;
  // Nobody reads it off a direct link, where it needs no check.
  if (link.channel.is_direct() && !signed_record.empty()) {
    info.record = PeerRecord{self, record_seq, listen_addresses};
  }
  using multi::Protocol;
  const auto endpoint = link.address.tcp_endpoint();
  const bool numeric = endpoint && (endpoint->host_protocol == Protocol::ip4 ||
                                    endpoint->host_protocol == Protocol::ip6);
  if (numeric) info.observed_address = link.address;
  return info;
}

void Host::State::tell_identity(Link& link, StreamId stream) {
  link.channel.write(stream, SharedBytes{identify::encode(identity_for(link))});
  link.channel.end_stream(stream);
  touch(link);
}

/// What has changed is pushed soon, and no more often than others are ready to listen.
void Host::State::push_soon() {
  if (push_set || peers.empty()) return;
  const auto soonest =
      pushed_at ? base::saturating_add(*pushed_at, config->push_interval_min) : now;
  push_set = true;
  set_timer({std::max(now, soonest), Timer::Kind::push, 0, 0});
}

/// Tells every identified peer that speaks push.
void Host::State::push_identity() {
  const std::string push{identify::push_protocol};
  pushed_at = now;
  for (const auto& id : sorted_peers()) {
    const auto& peer = *find(id);
    if (std::ranges::find(peer.info.protocols, push) == peer.info.protocols.end()) continue;
    auto* link = main_link(peer);
    if (link == nullptr) continue;
    if (auto* carrier = link->channel.direct()) {
      carrier->tell(identity_for(*link));
      touch(*link);
      continue;
    }
    const auto stream = link->channel.open_stream({push}, now);
    if (!stream) continue;
    add_stream(*link, *stream, Answer{Answer::To::push});
    tell_identity(*link, *stream);
    end_soon(*link, *stream);
  }
}

/// What a direct link brings instead of an identify or push stream.
void Host::State::on_told(Link& link, const identify::Info& info) {
  touch(link);
  auto* peer = find(link.peer);
  if (peer == nullptr) return;
  on_identified(*peer, info);
}

/// A push beyond the rate is not read; the peer is asked when the time has come, so that nothing
/// it wanted to say is lost.
void Host::State::on_push(Link& link, StreamId id) {
  auto* peer = find(link.peer);
  const bool too_soon =
      peer != nullptr && peer->last_push && now - *peer->last_push < config->push_interval_min;
  if (peer == nullptr || too_soon) {
    link.channel.reset_stream(id);
    if (peer == nullptr || std::exchange(peer->asking_again, true)) return;
    return set_timer({*peer->last_push + config->push_interval_min, Timer::Kind::ask_again, 0,
                      std::to_underlying(peer->handle)});
  }
  peer->last_push = now;
  add_stream(link, id, PushIn{std::make_unique<identify::Reader>(link.peer)});
  end_soon(link, id);
}

void Host::State::ask_again(PeerEntry& peer) {
  peer.asking_again = false;
  peer.last_push = now;
  if (auto* link = main_link(peer)) ask_identity(*link);
}

/// Only what the sender says of itself is kept (V31); what a newer message leaves out of its
/// addresses is gone (V32). Of a record only its number is needed again.
void Host::State::on_identified(PeerEntry& peer, identify::Info info) {
  const auto& known = peer.info.record;
  const bool newer = info.record && (!known || info.record->seq > known->seq);
  identify::update(peer.info, std::move(info));
  if (newer || !peer.info.addresses.empty()) {
    std::vector<Multiaddr> plain;
    for (const auto& address : peer.info.addresses) plain.push_back(address.without_p2p());
    addresses.replace(peer.id, std::move(plain), now);
  }
  if (newer && config->gossip->peer_exchange) keep_record(peer);
  peer.info.public_key.reset();
  peer.info.signed_record = {};
  if (peer.info.record) peer.info.record->addresses = {};
  peer.info.protocols.shrink_to_fit();
  peer.info.addresses = {};
  peer.identify_over = true;
  if (peer.gossip.in_router) router.set_agent(peer.handle, as_text(peer.info.agent_version));
  if (!std::exchange(peer.identified, true)) outputs.push(PeerIdentified{peer.id});
  consider_gossip(peer);
}

/// It does not say who it is; it may gossip all the same.
void Host::State::on_unidentified(PeerEntry& peer) {
  peer.identify_over = true;
  consider_gossip(peer);
}

void Host::State::update_protocols() {
  auto all = std::make_shared<session::Protocols>();
  all->supported = {std::string{identify::protocol}, std::string{identify::push_protocol},
                    std::string{ping::protocol}};
  for (const auto& protocol : gossip_protocols) all->supported.push_back(protocol.id);
  all->supported.insert(all->supported.end(), app_protocols.begin(), app_protocols.end());
  if (const auto& match = config->gossip->match_protocol) {
    all->also = [ours = gossip_protocols, match](std::string_view theirs) {
      return std::ranges::any_of(ours, [&](const auto& own) { return match(own.id, theirs); });
    };
  }
  protocols = std::move(all);
  for (auto& [id, link] : links) link->channel.set_protocols(protocols);
  push_soon();
}

}  // namespace grapevine::host
