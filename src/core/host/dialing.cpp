// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

void add_detail(std::string& detail, std::string_view address, std::string_view reason) {
  if (detail.size() > 2048) return;
  if (!detail.empty()) detail += "; ";
  detail.append(address).append(": ").append(reason);
}

}  // namespace

ConnectId Host::State::connect(ConnectRequest request, bool automatic, TimePoint now) {
  const ConnectId id{next_connect++};
  auto attempt = std::make_unique<Connecting>();
  attempt->id = id;
  attempt->request = std::move(request);
  attempt->automatic = automatic;
  attempt->deadline = base::saturating_add(now, attempt->request.timeout);
  auto& added = *attempt;
  connecting.emplace(id, std::move(attempt));
  if (const auto error = prepare(added)) {
    finish_connect(id, {id, added.peer, {}, *error, false, added.detail}, now);
    return id;
  }
  const auto* known = added.peer.empty() ? nullptr : find(added.peer);
  if (known != nullptr && !added.request.another) {
    finish_connect(
        id, {id, added.peer, known->links.front(), std::nullopt, true, "already connected"}, now);
    return id;
  }
  if (automatic && backing_off(added.peer, now)) {
    finish_connect(
        id, {id, added.peer, {}, DialError::backing_off, false, "backing off after a failure"},
        now);
    return id;
  }
  timers.set({added.deadline, Timer::Kind::connect, std::to_underlying(id)});
  start_dials(added, now);
  return id;
}

/// Whom and where, before anything is dialled.
std::optional<DialError> Host::State::prepare(Connecting& attempt) {
  if (closing) return DialError::cancelled;
  if (attempt.request.peer) attempt.peer = *attempt.request.peer;
  for (const auto& address : attempt.request.addresses) {
    if (const auto bytes = address.peer_id_bytes()) {
      const auto named = PeerId::from_bytes(*bytes);
      if (!named || (!attempt.peer.empty() && *named != attempt.peer)) {
        attempt.detail = "the addresses name different peers";
        return DialError::wrong_peer;
      }
      attempt.peer = *named;
    }
    if (!address.tcp_endpoint()) {
      add_detail(attempt.detail, address.to_string(), "no transport for this address");
      continue;
    }
    if (attempt.untried.size() < config->dial_addresses_max)
      attempt.untried.push(address.without_p2p());
  }
  if (attempt.peer == self) {
    attempt.detail = "this is our own peer id";
    return DialError::self;
  }
  if (!attempt.untried.empty()) return std::nullopt;
  if (attempt.request.addresses.empty()) attempt.detail = "no address";
  return attempt.request.addresses.empty() ? DialError::none_given : DialError::unsupported;
}

/// The next address at once when nothing is under way, else after the stagger.
void Host::State::start_dials(Connecting& attempt, TimePoint now) {
  while (!attempt.untried.empty()) {
    const auto under_way = attempt.dials.size() + attempt.links.size();
    if (under_way > 0 && now < attempt.next_start) return;
    if (attempt.dials.size() >= config->dials_per_peer_max) return;
    if (dials.size() >= config->dials_max) {
      backlog.push(attempt.id);
      return;
    }
    const DialId id{next_dial++};
    const auto address = attempt.untried.pop();
    dials.emplace(id, DialAttempt{id, attempt.id, address});
    attempt.dials.push_back(id);
    outputs.push(Dial{id, address});
    timers.set({base::saturating_add(now, config->dial_timeout), Timer::Kind::dial,
                std::to_underlying(id)});
    attempt.next_start = now + config->dial_stagger;
    if (!attempt.untried.empty())
      timers.set({attempt.next_start, Timer::Kind::stagger, std::to_underlying(attempt.id)});
  }
}

void Host::State::serve_backlog(TimePoint now) {
  while (!backlog.empty() && dials.size() < config->dials_max) {
    const auto id = backlog.pop();
    if (const auto found = connecting.find(id); found != connecting.end())
      start_dials(*found->second, now);
  }
}

void Host::State::on_attempt_failed(ConnectId id, const Multiaddr& address, DialError error,
                                    std::string_view detail, TimePoint now) {
  const auto found = connecting.find(id);
  if (found != connecting.end()) {
    auto& attempt = *found->second;
    std::erase_if(attempt.dials, [&](DialId dial) { return !dials.contains(dial); });
    attempt.last_error = error;
    std::string reason{name(error)};
    if (!detail.empty()) reason.append(" (").append(detail).append(")");
    add_detail(attempt.detail, address.to_string(), reason);
    attempt.next_start = now;  // a failure is the best reason to try the next one
    start_dials(attempt, now);
    if (attempt.untried.empty() && attempt.dials.empty() && attempt.links.empty()) {
      finish_connect(id, {id, attempt.peer, {}, attempt.last_error, false, attempt.detail}, now);
    }
  }
  serve_backlog(now);
}

void Host::State::on_connected(Link& link, TimePoint now) {
  if (!link.connect) return;
  const auto id = *std::exchange(link.connect, std::nullopt);
  const auto found = connecting.find(id);
  if (found == connecting.end()) return;
  std::erase(found->second->links, link.id);
  addresses.add(link.peer, link.address, now);
  backoffs.erase(link.peer);
  finish_connect(id, {id, link.peer, link.id, std::nullopt, false, {}}, now);
}

/// Decided: what else of it is under way ends.
void Host::State::finish_connect(ConnectId id, ConnectResult result, TimePoint now) {
  const auto found = connecting.find(id);
  ASSERT(found != connecting.end());
  const auto attempt = std::move(found->second);
  connecting.erase(found);
  if (result.error && !attempt->detail.empty()) result.detail = attempt->detail;
  if (result.peer.empty()) result.peer = attempt->peer;
  for (const auto dial : attempt->dials) {
    if (dials.erase(dial) > 0) outputs.push(CancelDial{dial});
  }
  for (const auto link : attempt->links) remove_link(link, "another address answered first", now);
  if (result.error && attempt->automatic) note_failure(result.peer, now);
  if (!attempt->automatic) outputs.push(std::move(result));
  serve_backlog(now);
}

void Host::State::connect_direct(const PeerId& peer, TimePoint now) {
  auto known = addresses.addresses(peer, now);
  if (!known.empty())
    connect({std::move(known), peer, config->dial_timeout, false, false}, true, now);
}

bool Host::State::backing_off(const PeerId& peer, TimePoint now) const {
  const auto found = backoffs.find(peer);
  return found != backoffs.end() && now < found->second.until;
}

/// Doubling from `dial_backoff_min` to `dial_backoff_max`, with up to a quarter of jitter so that
/// many nodes do not return together.
void Host::State::note_failure(const PeerId& peer, TimePoint now) {
  if (backoffs.size() >= config->address_book_peers_max) {
    boost::unordered::erase_if(backoffs,
                               [&](const auto& entry) { return entry.second.until <= now; });
    if (backoffs.size() >= config->address_book_peers_max) return;
  }
  auto& backoff = backoffs[peer];
  backoff.span = backoff.span == Duration{} ? config->dial_backoff_min
                                            : std::min(backoff.span * 2, config->dial_backoff_max);
  const auto jitter = Duration{static_cast<Duration::rep>(
      rng.below(static_cast<std::uint64_t>(backoff.span.count() / 4) + 1))};
  backoff.until = base::saturating_add(now, backoff.span + jitter);
}

}  // namespace grapevine::host
