// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

void Host::State::ask_identity(Link& link, TimePoint now) {
  const auto stream = link.session->open_stream({std::string{identify::protocol}}, now);
  if (!stream) return;
  add_stream(link, *stream, IdentifyOut{identify::Reader{link.peer}});
  link.session->end_stream(*stream);  // we have nothing to say on it
  timers.set(
      {now + config->identify_timeout, Timer::Kind::stream, std::to_underlying(link.id), *stream});
}

Bytes Host::State::identity_message(const Link& link) {
  identify::Info info;
  info.protocol_version = to_bytes(as_bytes("ipfs/0.1.0"));
  info.agent_version = to_bytes(as_bytes(config->agent_version));
  info.public_key = identity.public_key();
  info.addresses = listen_addresses;
  info.observed_address = link.address;
  info.protocols = protocols->supported;
  if (!listen_addresses.empty()) {
    info.signed_record = PeerRecord{self, record_seq, listen_addresses}.seal(identity);
  }
  return identify::encode(info);
}

void Host::State::tell_identity(Link& link, StreamId stream) {
  link.session->write(stream, SharedBytes{identity_message(link)});
  link.session->end_stream(stream);
}

/// Tells every identified peer that speaks push what has changed.
void Host::State::push_identity(TimePoint now) {
  const std::string push{identify::push_protocol};
  for (const auto& view : sorted_peers()) {
    auto& peer = *find(view);
    if (std::ranges::find(peer.info.protocols, push) == peer.info.protocols.end()) continue;
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
void Host::State::on_identified(PeerEntry& peer, identify::Info info, TimePoint now) {
  identify::update(peer.info, std::move(info));
  std::vector<Multiaddr> plain;
  for (const auto& address : peer.info.addresses) plain.push_back(address.without_p2p());
  addresses.replace(peer.id, std::move(plain), now);
  if (!std::exchange(peer.identified, true)) outputs.push(PeerIdentified{peer.id});
  consider_gossip(peer, now);
}

void Host::State::update_protocols(TimePoint now) {
  auto all = std::make_shared<session::Protocols>();
  all->supported = {std::string{identify::protocol}, std::string{identify::push_protocol},
                    std::string{ping::protocol}};
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
