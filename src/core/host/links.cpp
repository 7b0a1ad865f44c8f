// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

Stream* Link::find(StreamId id) {
  const auto place = std::ranges::lower_bound(streams, id, {}, &Stream::id);
  return place == streams.end() || place->id != id ? nullptr : &*place;
}

Link* Host::State::find(LinkId id) {
  const auto found = links.find(id);
  return found == links.end() ? nullptr : found->second.get();
}

Link& Host::State::add_link(session::Role role, const Multiaddr& address,
                            std::optional<PeerId> expected, TimePoint now) {
  const LinkId id{next_link++};
  auto link = std::make_unique<Link>();
  link->id = id;
  link->address = address;
  link->network = network_of(address);
  link->outbound = role == session::Role::dialer;
  link->opened = now;
  session::SessionSetup setup{role, &identity, std::move(expected), config->session, protocols};
  link->session = std::make_unique<session::Session>(std::move(setup), rng.fork(), now);
  auto& added = *link;
  links.emplace(id, std::move(link));
  return added;
}

/// Takes what the session has to say. The link may be gone afterwards.
void Host::State::drain(Link& link, TimePoint now) {
  const auto id = link.id;
  latest = std::max(latest, now);
  while (auto* alive = find(id)) {
    auto event = alive->session->poll();
    if (!event) {
      arm(*alive);
      return;
    }
    on_event(*alive, *event, now);
  }
}

void Host::State::on_event(Link& link, session::Event& event, TimePoint now) {
  if (const auto* opened = std::get_if<session::StreamOpened>(&event)) {
    on_stream_opened(link, *opened, now);
  } else if (auto* data = std::get_if<session::StreamData>(&event)) {
    on_stream_data(link, data->stream, std::move(data->bytes), now);
  } else if (const auto* end = std::get_if<session::StreamEnded>(&event)) {
    on_stream_ended(link, end->stream, now);
  } else if (const auto* gone = std::get_if<session::StreamClosed>(&event)) {
    on_stream_closed(link, *gone, now);
  } else if (const auto* writable = std::get_if<session::StreamWritable>(&event)) {
    const auto* stream = link.find(writable->stream);
    if (stream == nullptr) return;
    if (std::holds_alternative<AppStream>(*stream->use)) {
      outputs.push(StreamWritable{{link.id, writable->stream}});
    } else if (auto* peer = find(link.peer);
               peer && std::holds_alternative<GossipOut>(*stream->use)) {
      flush_gossip(*peer, now);
    }
  } else if (std::holds_alternative<session::WantsWrite>(event)) {
    if (!std::exchange(link.write_wanted, true)) outputs.push(WantsWrite{link.id});
  } else if (const auto* established = std::get_if<session::Established>(&event)) {
    on_established(link, *established, now);
  } else if (const auto* closed = std::get_if<session::Closed>(&event)) {
    on_closed(link, *closed, now);
  }
}

void Host::State::on_established(Link& link, const session::Established& event, TimePoint now) {
  link.established = true;
  link.peer = event.remote;
  admission.established(link.network, link.outbound);
  if (closing) return remove_link(link.id, "shutting down", now);
  if (link.raw) return on_connected(link, now);
  attach(link, now);
  if (find(link.id) != nullptr) on_connected(link, now);
}

namespace {

DialError dial_error_of(session::SessionError error) {
  switch (error) {
    case session::SessionError::wrong_peer:
      return DialError::wrong_peer;
    case session::SessionError::self_dial:
      return DialError::self;
    case session::SessionError::negotiation_failed:
      return DialError::negotiation_failed;
    case session::SessionError::handshake_timeout:
      return DialError::timeout;
    case session::SessionError::handshake_failed:
    case session::SessionError::bad_record:
      return DialError::handshake_failed;
    default:
      return DialError::closed;
  }
}

}  // namespace

void Host::State::on_closed(Link& link, const session::Closed& event, TimePoint now) {
  const auto connect = link.established ? std::nullopt : link.connect;
  const auto address = link.address;
  remove_link(link.id, session::name(event.reason), now);
  if (connect) on_attempt_failed(*connect, address, dial_error_of(event.reason), event.detail, now);
}

/// The link is over: everything that rode on it ends, the driver closes the socket after the last
/// bytes.
void Host::State::remove_link(LinkId id, std::string_view reason, TimePoint now) {
  const auto found = links.find(id);
  if (found == links.end()) return;
  auto link = std::move(found->second);
  links.erase(found);
  admission.closed(link->network, link->outbound, !link->established);
  for (const auto& stream : link->streams) {
    const StreamKey key{id, stream.id};
    if (std::holds_alternative<AppStream>(*stream.use)) {
      outputs.push(StreamClosed{key, session::StreamClosed::Reason::reset});
    } else if (std::holds_alternative<PingOut>(*stream.use)) {
      outputs.push(PingResult{link->peer, std::nullopt});
    }
  }
  if (link->established && !link->raw) detach(*link, reason, now);
  for (auto& [connect_id, attempt] : connecting) std::erase(attempt->links, id);
  link->session->close();
  outputs.push(CloseLink{id, reason});
  ended.push_back(std::move(link));
}

/// One timer a link at most is pending earlier than its session's deadline.
void Host::State::arm(Link& link) {
  const auto deadline = link.session->next_deadline();
  if (!deadline || (link.timer && *link.timer <= *deadline)) return;
  link.timer = deadline;
  timers.set({*deadline, Timer::Kind::link, std::to_underlying(link.id)});
}

void Host::State::on_timer(const Timer& timer, TimePoint now) {
  switch (timer.kind) {
    case Timer::Kind::link:
      if (auto* link = find(LinkId{timer.subject}); link && link->timer == timer.at) {
        link->timer.reset();
        if (const auto deadline = link->session->next_deadline(); deadline && *deadline <= now) {
          link->session->on_deadline(now);
        }
        drain(*link, now);
      }
      return;
    case Timer::Kind::dial:
      if (const auto dial = dials.find(DialId{timer.subject}); dial != dials.end()) {
        const auto attempt = dial->second;
        outputs.push(CancelDial{attempt.id});
        dials.erase(dial);
        on_attempt_failed(attempt.connect, attempt.address, DialError::timeout, "no answer", now);
      }
      return;
    case Timer::Kind::connect: {
      const ConnectId id{timer.subject};
      if (connecting.contains(id))
        finish_connect(id, {id, {}, {}, DialError::timeout, false, "timed out"}, now);
      return;
    }
    case Timer::Kind::stagger:
      if (const auto found = connecting.find(ConnectId{timer.subject}); found != connecting.end()) {
        start_dials(*found->second, now);
      }
      return;
    case Timer::Kind::resolve:
      if (const auto found = by_handle.find(PeerHandle{static_cast<std::uint32_t>(timer.subject)});
          found != by_handle.end()) {
        resolve_duplicates(*found->second, now);
      }
      return;
    case Timer::Kind::close_link:
      return remove_link(LinkId{timer.subject}, "another connection is kept", now);
    case Timer::Kind::reopen_gossip:
      if (const auto found = by_handle.find(PeerHandle{static_cast<std::uint32_t>(timer.subject)});
          found != by_handle.end()) {
        consider_gossip(*found->second, now);
      }
      return;
    case Timer::Kind::stream:
      if (auto* link = find(LinkId{timer.subject})) {
        auto* stream = link->find(timer.stream);
        if (stream == nullptr || std::holds_alternative<AppStream>(*stream->use)) return;
        if (std::holds_alternative<PingOut>(*stream->use))
          outputs.push(PingResult{link->peer, std::nullopt});
        link->session->reset_stream(timer.stream);
        forget_stream(*link, timer.stream);
        drain(*link, now);
      }
      return;
    case Timer::Kind::backlog:
      return serve_backlog(now);
  }
}

}  // namespace grapevine::host
