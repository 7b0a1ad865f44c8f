// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

void add_detail(std::string& detail, std::string_view address, std::string_view reason) {
  if (detail.size() > 2048) return;
  if (!detail.empty()) detail += "; ";
  detail.append(address).append(": ").append(reason);
}

ConnectId Host::State::connect(ConnectRequest request, const Wish& wish) {
  const ConnectId id{next_connect++};
  auto attempt = std::make_unique<Connecting>();
  attempt->id = id;
  attempt->request = std::move(request);
  attempt->direct = wish.direct;
  attempt->exchanged = wish.exchanged;
  auto& added = *attempt;
  connecting.emplace(id, std::move(attempt));
  if (const auto error = prepare(added)) {
    finish_connect(id, {id, added.peer, {}, error, false, added.detail});
    return id;
  }
  if (finish_if_connected(added)) return id;
  set_timer({base::saturating_add(now, added.request.timeout), Timer::Kind::connect, 0,
             std::to_underlying(id)});
  look_up(added, 1);
  start_dials(added);
  return id;
}

bool Host::State::finish_if_connected(Connecting& attempt) {
  const auto* known = attempt.peer.empty() ? nullptr : find(attempt.peer);
  if (known == nullptr || attempt.request.another) return false;
  const auto link = known->links.front();
  const auto id = attempt.id;
  finish_connect(id, {id, attempt.peer, link, std::nullopt, true, "already connected"});
  return true;
}

/// Whom and where, before anything is dialled.
std::optional<DialError> Host::State::prepare(Connecting& attempt) {
  if (closing) return DialError::cancelled;
  if (attempt.request.peer) attempt.peer = *attempt.request.peer;
  bool ours = false;
  for (const auto& address : attempt.request.addresses) {
    if (const auto bytes = address.peer_id_bytes()) {
      const auto named = PeerId::from_bytes(*bytes);
      if (!named || (!attempt.peer.empty() && *named != attempt.peer)) {
        attempt.detail = "the addresses name different peers";
        return DialError::wrong_peer;
      }
      attempt.peer = *named;
    }
    ours = !take_address(attempt, address) || ours;
  }
  if (attempt.peer == self) {
    attempt.detail = "this is our own peer id";
    return DialError::self;
  }
  if (router.is_blocked(attempt.peer, now)) {
    attempt.detail = "this peer is blocked";
    return DialError::blocked;
  }
  if (attempt.taken > 0) {
    if (!admission.full()) return std::nullopt;
    attempt.detail = "as many connections as there may be";
    return DialError::limit;
  }
  if (ours) return DialError::self;
  if (attempt.request.addresses.empty()) attempt.detail = "no address";
  return attempt.request.addresses.empty() ? DialError::none_given : DialError::unsupported;
}

/// Puts an address, or a name that leads to some, on the list; false when it is our own.
bool Host::State::take_address(Connecting& attempt, const Multiaddr& address) {
  const auto plain = address.without_p2p();
  const auto parts = plain.components();
  const bool named = parts.size() == 1 && parts.front().protocol == multi::Protocol::dnsaddr;
  if (!named && !plain.tcp_endpoint()) {
    add_detail(attempt.detail, address.to_string(), "no transport for this address");
  } else if (std::ranges::find(listen_addresses, plain) != listen_addresses.end()) {
    add_detail(attempt.detail, address.to_string(), name(DialError::self));
    return false;
  } else if (attempt.taken < config->dial_addresses_max) {
    ++attempt.taken;
    if (named) {
      attempt.names.push_back(to_text(parts.front().value));
    } else {
      attempt.untried.push(plain);
    }
  }
  return true;
}

/// The next address at once when nothing is under way, else after the stagger.
void Host::State::start_dials(Connecting& attempt) {
  while (!attempt.untried.empty()) {
    const auto under_way = attempt.dials.size() + attempt.links.size();
    if (under_way > 0 && now < attempt.next_start) return;
    if (attempt.dials.size() >= config->dials_per_peer_max) return;
    if (dials.size() >= config->dials_max) {
      if (!std::exchange(attempt.queued, true)) backlog.push(attempt.id);
      return;
    }
    start_dial(attempt);
  }
}

void Host::State::start_dial(Connecting& attempt) {
  const DialId id{next_dial++};
  auto address = attempt.untried.pop();
  attempt.dials.push_back(id);
  outputs.push(Dial{id, address});
  dials.emplace(id, DialAttempt{attempt.id, std::move(address)});
  const auto subject = std::to_underlying(id);
  set_timer({base::saturating_add(now, config->dial_timeout), Timer::Kind::dial, 0, subject});
  attempt.next_start = base::saturating_add(now, config->dial_stagger);
  if (attempt.untried.empty()) return;
  set_timer({attempt.next_start, Timer::Kind::stagger, 0, std::to_underlying(attempt.id)});
}

void Host::State::serve_backlog() {
  while (!backlog.empty() && dials.size() < config->dials_max) {
    const auto found = connecting.find(backlog.pop());
    if (found == connecting.end()) continue;
    found->second->queued = false;
    start_dials(*found->second);
  }
}

void Host::State::on_attempt_failed(ConnectId id, const Multiaddr& address, DialError error,
                                    std::string_view detail) {
  outputs.push(DialFailed{address, error});
  if (const auto found = connecting.find(id); found != connecting.end()) {
    auto& attempt = *found->second;
    std::erase_if(attempt.dials, [&](DialId dial) { return !dials.contains(dial); });
    attempt.last_error = error;
    if (error == DialError::wrong_peer) addresses.remove(attempt.peer, address);
    std::string reason{name(error)};
    if (!detail.empty()) reason.append(" (").append(detail).append(")");
    add_detail(attempt.detail, address.to_string(), reason);
    attempt.next_start = now;  // a failure is the best reason to try the next one
    start_dials(attempt);
    finish_if_exhausted(attempt);
  }
  serve_backlog();
}

/// Nothing is left to try or to wait for.
void Host::State::finish_if_exhausted(Connecting& attempt) {
  if (!attempt.untried.empty() || !attempt.dials.empty()) return;
  if (!attempt.links.empty() || !attempt.lookups.empty()) return;
  finish_connect(attempt.id, {attempt.id, attempt.peer, {}, attempt.last_error, false, {}});
}

void Host::State::on_connected(Link& link) {
  if (!link.connect) return;
  const auto id = *std::exchange(link.connect, std::nullopt);
  const auto found = connecting.find(id);
  if (found == connecting.end()) return;
  std::erase(found->second->links, link.id);
  addresses.add(link.peer, link.address, now);
  finish_connect(id, {id, link.peer, link.id, std::nullopt, false, {}});
}

/// Decided: what else of it is under way ends.
void Host::State::finish_connect(ConnectId id, ConnectResult result) {
  const auto found = connecting.find(id);
  ASSERT(found != connecting.end());
  const auto attempt = std::move(found->second);
  connecting.erase(found);
  for (const auto dial : attempt->dials) {
    const auto under_way = dials.find(dial);
    if (under_way == dials.end()) continue;
    if (result.error) {
      add_detail(attempt->detail, under_way->second.address.to_string(), name(*result.error));
    }
    dials.erase(under_way);
    outputs.push(CancelDial{dial});
  }
  for (const auto lookup : attempt->lookups) lookups.erase(lookup);
  for (const auto link : attempt->links) {
    doom(*find(link), {"the command that dialled it is over", DialError::cancelled, {}});
  }
  if (result.error && !attempt->detail.empty()) result.detail = attempt->detail;
  if (result.peer.empty()) result.peer = attempt->peer;
  if (attempt->direct) {
    direct[*attempt->direct].dialling = false;
    if (result.error) on_direct_over(*attempt->direct, false);
  } else if (attempt->exchanged) {
    on_exchange_over(attempt->peer, result.error);
  } else {
    outputs.push(std::move(result));
  }
  serve_backlog();
}

/// The commands under way for `peer`, or all.
void Host::State::cancel_connects(const PeerId* peer, std::string_view why) {
  std::vector<ConnectId> ids;
  for (const auto& [id, attempt] : connecting) {
    if (peer == nullptr || attempt->peer == *peer) ids.push_back(id);
  }
  std::ranges::sort(ids);
  for (const auto id : ids) {
    finish_connect(id, {id, {}, {}, DialError::cancelled, false, std::string{why}});
  }
}

}  // namespace grapevine::host
