// SPDX-License-Identifier: Apache-2.0
#include "core/identify/identify.hpp"

#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

void Host::State::ask_identity(Link& link, TimePoint now) {
  const auto stream = link.session->open_stream({std::string{identify::protocol_id}}, now);
  if (!stream) return;
  add_stream(link, *stream, IdentifyOut{identify::Reader{link.peer, {}}});
  link.session->end_stream(*stream);  // we have nothing to say on it
  timers.set(
      {now + config->identify_timeout, Timer::Kind::stream, std::to_underlying(link.id), *stream});
}

Bytes Host::State::identity_message(const Link& link) {
  identify::Info info;
  info.protocol_version = "ipfs/0.1.0";
  info.agent_version = config->agent_version;
  info.listen_addresses = listen_addresses;
  info.observed_address = link.address;
  info.protocols = protocols->supported;
  Bytes record;
  if (!listen_addresses.empty())
    record = PeerRecord{self, record_seq, listen_addresses}.seal(identity);
  return identify::encode(info, identity.public_key(), record);
}

void Host::State::tell_identity(Link& link, StreamId stream) {
  link.session->write(stream, SharedBytes{identity_message(link)});
  link.session->end_stream(stream);
}

/// Tells every identified peer that speaks push what has changed.
void Host::State::push_identity(TimePoint now) {
  const std::string push{identify::push_protocol_id};
  for (const auto& view : sorted_peers()) {
    auto& peer = *find(view);
    if (std::ranges::find(peer.protocols, push) == peer.protocols.end()) continue;
    auto& link = *find(peer.links.back());
    if (const auto stream = link.session->open_stream({push}, now)) {
      add_stream(link, *stream, PushOut{});
      tell_identity(link, *stream);
      timers.set({now + config->identify_timeout, Timer::Kind::stream, std::to_underlying(link.id),
                  *stream});
      drain(link, now);
    }
  }
}

/// Only what the sender says of itself is kept (V31); what a newer message leaves out of its
/// addresses is gone (V32).
void Host::State::on_identified(PeerEntry& peer, const identify::Info& info, TimePoint now) {
  if (info.agent_version) peer.agent = *info.agent_version;
  if (info.protocols) peer.protocols = *info.protocols;
  if (info.record && info.record->seq >= peer.record_seq) {
    peer.record_seq = info.record->seq;
    addresses.replace(peer.id, info.record->addresses, now);
  } else if (info.listen_addresses && !info.record) {
    std::vector<Multiaddr> plain;
    for (const auto& address : *info.listen_addresses) plain.push_back(address.without_p2p());
    addresses.replace(peer.id, std::move(plain), now);
  }
  if (!std::exchange(peer.identified, true)) outputs.push(PeerIdentified{peer.id});
  consider_gossip(peer, now);
}

void Host::State::update_protocols(TimePoint now) {
  auto all = std::make_shared<session::Protocols>();
  all->supported = {std::string{identify::protocol_id}, std::string{identify::push_protocol_id},
                    std::string{ping::protocol_id}};
  all->supported.insert(all->supported.end(), gossip_protocols.begin(), gossip_protocols.end());
  all->supported.insert(all->supported.end(), app_protocols.begin(), app_protocols.end());
  protocols = std::move(all);
  for (auto& [id, link] : links) link->session->set_protocols(protocols);
  push_identity(now);
}

/// Peers by id: the order of anything observable never comes from a hash table.
std::vector<PeerId> Host::State::sorted_peers() const {
  std::vector<PeerId> ids;
  for (const auto& [id, peer] : peers) ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

}  // namespace grapevine::host
