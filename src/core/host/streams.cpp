// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

constexpr std::size_t identify_streams_max = 2;  ///< inbound, per connection
constexpr std::size_t ping_streams_max = 2;

}  // namespace

Stream& Host::State::add_stream(Link& link, StreamId id, Use use) {
  const auto place = std::ranges::lower_bound(link.streams, id, {}, &Stream::id);
  return *link.streams.insert(place, Stream{id, std::make_unique<Use>(std::move(use))});
}

void Host::State::forget_stream(Link& link, StreamId id) {
  std::erase_if(link.streams, [&](const Stream& stream) { return stream.id == id; });
  if (link.streams.empty()) link.streams.shrink_to_fit();
}

std::size_t Host::State::inbound_count(const Link& link, std::string_view protocol) const {
  return static_cast<std::size_t>(std::ranges::count_if(link.streams, [&](const Stream& stream) {
    const auto* app = std::get_if<AppStream>(stream.use.get());
    return app != nullptr && app->inbound && app->protocol == protocol;
  }));
}

void Host::State::on_stream_opened(Link& link, const session::StreamOpened& event, TimePoint now) {
  if (event.inbound) return on_inbound(link, event, now);
  const auto* stream = link.find(event.stream);
  if (stream == nullptr) return;
  if (const auto* app = std::get_if<AppStream>(stream->use.get())) {
    outputs.push(StreamOpened{{link.id, event.stream}, link.peer, app->inbound, event.protocol});
  }
}

/// An inbound stream finds its room, or is reset: each protocol has its limit of live streams
/// (V16).
void Host::State::on_inbound(Link& link, const session::StreamOpened& event, TimePoint now) {
  const auto id = event.stream;
  const auto refuse = [&] { link.session->reset_stream(id); };
  if (event.protocol == identify::protocol) {
    if (count<IdentifyIn>(link) >= identify_streams_max) return refuse();
    add_stream(link, id, IdentifyIn{});
    tell_identity(link, id);
    timers.set(
        {now + config->identify_timeout, Timer::Kind::stream, std::to_underlying(link.id), id});
  } else if (event.protocol == identify::push_protocol) {
    auto* peer = find(link.peer);
    const bool too_soon =
        peer == nullptr || (peer->last_push && now - *peer->last_push < config->push_interval_min &&
                            count<PushIn>(link) > 0);
    if (too_soon || count<PushIn>(link) >= identify_streams_max) return refuse();
    peer->last_push = now;
    add_stream(link, id, PushIn{identify::Reader{link.peer}});
    timers.set(
        {now + config->identify_timeout, Timer::Kind::stream, std::to_underlying(link.id), id});
  } else if (event.protocol == ping::protocol) {
    if (count<PingIn>(link) >= ping_streams_max) return refuse();
    add_stream(link, id, PingIn{});
  } else if (gossipsub::version_of(event.protocol)) {
    on_gossip_in(link, id, now);
  } else {
    if (inbound_count(link, event.protocol) >= config->streams_per_protocol_max) return refuse();
    add_stream(link, id, AppStream{event.protocol, true});
    outputs.push(StreamOpened{{link.id, id}, link.peer, true, event.protocol});
  }
}

void Host::State::on_stream_data(Link& link, StreamId id, SharedBytes bytes, TimePoint now) {
  auto* stream = link.find(id);
  if (stream == nullptr) {  // reset by us a moment ago
    link.session->consumed(id, bytes.size());
    return;
  }
  auto& use = *stream->use;
  if (std::holds_alternative<AppStream>(use)) {
    outputs.push(StreamData{{link.id, id}, std::move(bytes)});
    return;
  }
  if (auto* gossip = std::get_if<GossipIn>(&use))
    return on_gossip_data(link, id, *gossip, std::move(bytes), now);

  link.session->consumed(id, bytes.size());
  bool bad = false;
  if (auto* asked = std::get_if<IdentifyOut>(&use)) {
    bad = !asked->reader.on_bytes(bytes);
  } else if (auto* pushed = std::get_if<PushIn>(&use)) {
    bad = !pushed->reader.on_bytes(bytes);
  } else if (auto* echo = std::get_if<PingIn>(&use)) {
    auto answer = echo->responder.on_bytes(bytes, link.session->queued(id));
    bad = !answer;
    if (answer && !answer->empty()) link.session->write(id, SharedBytes{std::move(*answer)});
  } else if (auto* pinged = std::get_if<PingOut>(&use)) {
    const auto result = pinged->pinger.on_bytes(bytes, now);
    bad = !result;
    if (result && *result) {
      if (auto* peer = find(link.peer)) peer->round_trip = **result;
      outputs.push(PingResult{link.peer, **result});
      link.session->end_stream(id);
      link.session->reset_stream(id);
      return forget_stream(link, id);
    }
    if (bad) outputs.push(PingResult{link.peer, std::nullopt});
  } else {
    bad = true;  // nobody may write on a stream that is ours to write on
  }
  if (!bad) return;
  link.session->reset_stream(id);
  const bool gossip_out = std::holds_alternative<GossipOut>(use);
  forget_stream(link, id);
  if (auto* peer = find(link.peer);
      gossip_out && peer && peer->gossip.out == StreamKey{link.id, id}) {
    on_gossip_out_closed(*peer, session::StreamClosed::Reason::reset, now);
  }
}

void Host::State::on_stream_ended(Link& link, StreamId id, TimePoint now) {
  auto* stream = link.find(id);
  if (stream == nullptr) return;
  auto& use = *stream->use;
  if (std::holds_alternative<AppStream>(use)) {
    outputs.push(StreamEnded{{link.id, id}});
    return;
  }
  auto* reader = std::get_if<IdentifyOut>(&use) ? &std::get_if<IdentifyOut>(&use)->reader
                 : std::get_if<PushIn>(&use)    ? &std::get_if<PushIn>(&use)->reader
                                                : nullptr;
  if (reader != nullptr) {
    auto info = reader->finish();
    link.session->end_stream(id);
    forget_stream(link, id);
    if (auto* peer = find(link.peer); peer && info) on_identified(*peer, std::move(*info), now);
    return;
  }
  if (std::holds_alternative<GossipOut>(use))
    return;  // the remote only says that it will never write
  link.session->end_stream(id);
}

void Host::State::on_stream_closed(Link& link, const session::StreamClosed& event, TimePoint now) {
  auto* stream = link.find(event.stream);
  if (stream == nullptr) return;
  const StreamKey key{link.id, event.stream};
  const auto use = std::move(stream->use);
  forget_stream(link, event.stream);
  auto* peer = find(link.peer);
  if (std::holds_alternative<AppStream>(*use)) {
    outputs.push(StreamClosed{key, event.reason});
  } else if (std::holds_alternative<PingOut>(*use)) {
    outputs.push(PingResult{link.peer, std::nullopt});
  } else if (std::holds_alternative<GossipIn>(*use) && peer != nullptr) {
    std::erase(peer->gossip.in, key);
  } else if (std::holds_alternative<GossipOut>(*use) && peer != nullptr &&
             peer->gossip.out == key) {
    on_gossip_out_closed(*peer, event.reason, now);
  }
}

void Host::State::ping(const PeerId& id, TimePoint now) {
  auto* peer = find(id);
  auto* link = peer == nullptr ? nullptr : find(peer->links.back());
  const auto stream =
      link == nullptr
          ? Result<StreamId, session::OpenError>{unexpected(session::OpenError::not_ready)}
          : link->session->open_stream({std::string{ping::protocol}}, now);
  if (!stream) {
    outputs.push(PingResult{id, std::nullopt});
    return;
  }
  ping::Pinger pinger{rng.fork()};
  link->session->write(*stream, SharedBytes::copy_of(pinger.start(now)));
  add_stream(*link, *stream, PingOut{std::move(pinger)});
  timers.set(
      {now + ping::Pinger::timeout, Timer::Kind::stream, std::to_underlying(link->id), *stream});
  drain(*link, now);
}

Result<StreamKey, StreamError> Host::State::open_app_stream(Link& link,
                                                            std::vector<std::string> wanted,
                                                            TimePoint now) {
  if (closing) return unexpected(StreamError::closing);
  const auto first = wanted.front();
  const auto stream = link.session->open_stream(std::move(wanted), now);
  if (!stream) {
    return unexpected(stream.error() == session::OpenError::too_many ? StreamError::too_many
                                                                     : StreamError::closing);
  }
  add_stream(link, *stream, AppStream{first, false});
  drain(link, now);
  return StreamKey{link.id, *stream};
}

}  // namespace grapevine::host
