// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

bool is_numeric(const Multiaddr& address) {
  const auto endpoint = address.tcp_endpoint();
  return endpoint && (endpoint->host_protocol == multi::Protocol::ip4 ||
                      endpoint->host_protocol == multi::Protocol::ip6);
}

}  // namespace

/// Addresses of numbers only: nobody makes us look up names.
bool Host::State::may_exchange(const PeerId& peer, const Multiaddr& address) const {
  return is_numeric(address) && (!config->px_filter || config->px_filter(peer, address));
}

bool Host::State::connecting_to(const PeerId& peer) const {
  return std::ranges::any_of(connecting,
                             [&](const auto& entry) { return entry.second->peer == peer; });
}

/// The record is kept for others if it has an address that may be passed on.
void Host::State::keep_record(PeerEntry& peer) {
  const auto& known = peer.info.record->addresses;
  const bool useful = std::ranges::any_of(known, [&](const Multiaddr& address) {
    return may_exchange(peer.id, address.without_p2p());
  });
  peer.record = useful ? SharedBytes{std::move(peer.info.signed_record)} : SharedBytes{};
  if (peer.gossip.in_router) router.set_record(peer.handle, peer.record);
}

/// A peer that another one named. What is cheap is looked at first; nothing of it is kept but while
/// it waits to be dialled (V31).
void Host::State::on_offer(const gossipsub::Connect& offer) {
  if (closing || offer.peer == self || find(offer.peer) != nullptr) return;
  const auto refuse = [&](std::string_view reason) {
    trace({Traced::Kind::px_refused, offer.offered_by, {}, reason, 1});
  };
  if (exchange.backoffs.holds(offer.peer, now)) return refuse("not reached lately");
  if (exchange.waiting.size() >= config->px_waiting_max) return refuse("too many wait");
  auto found = offered_addresses(offer);
  if (!found) return refuse(found.error());
  exchange.waiting.push({offer.peer, *std::move(found)});
  serve_exchange();
}

/// From the record, if the peer itself signed it; without one, where we know it to be.
Result<std::vector<Multiaddr>, std::string_view> Host::State::offered_addresses(
    const gossipsub::Connect& offer) const {
  std::vector<Multiaddr> found;
  if (offer.record.empty()) {
    found = addresses.addresses(offer.peer, now);
  } else {
    auto record = PeerRecord::open(offer.record);
    if (!record) return unexpected(name(record.error()));
    if (record->peer != offer.peer) return unexpected(std::string_view{"record of another peer"});
    for (const auto& address : record->addresses) found.push_back(address.without_p2p());
  }
  std::erase_if(found,
                [&](const Multiaddr& address) { return !may_exchange(offer.peer, address); });
  if (found.empty()) return unexpected(std::string_view{"no address that may be dialled"});
  return found;
}

/// The application looked for them, so names may be among the addresses. Who is connected already,
/// or could not be reached lately, is none the worse for being found again.
void Host::State::on_discovered(const std::vector<Multiaddr>& found) {
  std::vector<Exchange::Candidate> candidates;
  for (const auto& address : found) {
    const auto bytes = address.peer_id_bytes();
    const auto peer = bytes ? PeerId::from_bytes(*bytes) : unexpected(PeerIdError::bad_text);
    if (!peer || *peer == self) continue;
    auto known = std::ranges::find(candidates, *peer, &Exchange::Candidate::peer);
    if (known == candidates.end()) {
      if (candidates.size() >= config->px_waiting_max) continue;
      candidates.push_back({*peer, {}});
      known = candidates.end() - 1;
    }
    if (known->addresses.size() < config->dial_addresses_max) {
      known->addresses.push_back(address.without_p2p());
    }
  }
  for (auto& candidate : candidates) {
    if (closing || exchange.waiting.size() >= config->px_waiting_max) break;
    if (find(candidate.peer) != nullptr || exchange.backoffs.holds(candidate.peer, now)) continue;
    exchange.waiting.push(std::move(candidate));
  }
  serve_exchange();
}

void Host::State::serve_exchange() {
  if (std::exchange(exchange.serving, true)) return;
  while (!exchange.waiting.empty() && exchange.dialling < config->px_dials_max) {
    auto next = exchange.waiting.pop();
    if (closing || find(next.peer) != nullptr || connecting_to(next.peer)) continue;
    ++exchange.dialling;
    connect({std::move(next.addresses), next.peer, config->dial_timeout, false, false},
            {.exchanged = true});
  }
  exchange.serving = false;
}

/// What is our own fault, or nobody's, is not held against the peer.
void Host::State::on_exchange_over(const PeerId& peer, std::optional<DialError> error) {
  --exchange.dialling;
  if (!error) {
    exchange.backoffs.succeed(peer);
  } else if (*error != DialError::cancelled && *error != DialError::limit) {
    exchange.backoffs.fail(peer, now, rng);
  }
  serve_exchange();
}

}  // namespace grapevine::host
