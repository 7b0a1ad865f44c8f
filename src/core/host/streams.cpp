// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

/// Inbound, per connection; of these protocols an honest peer has one at a time.
constexpr std::size_t own_streams_max = 2;
/// Likewise. An honest peer may have one that its library keeps, one for the ping it is asked for,
/// and the one of the ping before, whose end comes along (rust-libp2p does).
constexpr std::size_t ping_streams_max = 4;

constexpr auto answers(Answer::To what) {
  return [what](const Use& use) {
    const auto* answer = std::get_if<Answer>(&use);
    return answer != nullptr && answer->to == what;
  };
}

template <class Kind>
bool is(const Use& use) {
  return std::holds_alternative<Kind>(use);
}

}  // namespace

Stream& Host::State::add_stream(Link& link, StreamId id, Use use) {
  const auto place = std::ranges::lower_bound(link.streams, id, {}, &Stream::id);
  return *link.streams.insert(place, Stream{id, std::move(use)});
}

std::optional<Use> Host::State::take_stream(Link& link, StreamId id) {
  auto* stream = link.find(id);
  if (stream == nullptr) return std::nullopt;
  auto use = std::move(stream->use);
  link.streams.erase(link.streams.begin() + (stream - link.streams.data()));
  if (link.streams.size() * 2 < link.streams.capacity()) link.streams.shrink_to_fit();
  return use;
}

/// One of our own protocols has so much time.
void Host::State::end_soon(Link& link, StreamId id) {
  set_timer({base::saturating_add(now, config->identify_timeout), Timer::Kind::stream, id,
             std::to_underlying(link.id)});
}

void Host::State::on_stream_opened(Link& link, const session::StreamOpened& event) {
  if (event.inbound) return on_inbound(link, event);
  auto* stream = link.find(event.stream);
  if (stream == nullptr) return;
  if (auto* app = std::get_if<AppStream>(&stream->use)) {
    app->protocol = event.protocol;
    outputs.push(StreamOpened{{link.id, event.stream}, link.peer, false, event.protocol});
  } else if (is<GossipOut>(stream->use)) {
    if (auto* peer = find(link.peer)) {
      on_gossip_opened(*peer, {link.id, event.stream}, event.protocol);
    }
  }
}

/// An inbound stream finds its room, or is reset: each protocol has its limit of live streams
/// (V16).
void Host::State::on_inbound(Link& link, const session::StreamOpened& event) {
  const auto id = event.stream;
  touch(link);
  const auto refuse = [&] { link.channel.reset_stream(id); };
  if (event.protocol == identify::protocol) {
    if (count(link, answers(Answer::To::identify)) >= own_streams_max) return refuse();
    add_stream(link, id, Answer{Answer::To::identify});
    tell_identity(link, id);
    end_soon(link, id);
  } else if (event.protocol == identify::push_protocol) {
    if (count(link, is<PushIn>) >= own_streams_max) return refuse();
    on_push(link, id);
  } else if (event.protocol == ping::protocol) {
    if (count(link, is<PingIn>) >= ping_streams_max) return refuse();
    add_stream(link, id, PingIn{});
  } else if (spoken_as(event.protocol) != nullptr) {
    on_gossip_in(link, id);
  } else {
    const auto same = [&](const Use& use) {
      const auto* app = std::get_if<AppStream>(&use);
      return app != nullptr && app->inbound && app->protocol == event.protocol;
    };
    if (count(link, same) >= config->streams_per_protocol_max) return refuse();
    add_stream(link, id, AppStream{event.protocol, true});
    outputs.push(StreamOpened{{link.id, id}, link.peer, true, event.protocol});
  }
}

void Host::State::on_stream_data(Link& link, StreamId id, SharedBytes bytes) {
  auto* stream = link.find(id);
  if (stream == nullptr) return;  // reset by us a moment ago
  touch(link);
  if (is<AppStream>(stream->use)) {
    outputs.push(StreamData{{link.id, id}, std::move(bytes)});
  } else if (auto* gossip = std::get_if<GossipIn>(&stream->use)) {
    on_gossip_data(link, id, *gossip, std::move(bytes));
  } else {
    link.channel.consumed(id, bytes.size());
    if (!on_protocol_data(link, id, stream->use, bytes)) {
      break_stream(link, id, CloseReason::reset);
    }
  }
}

/// False when the stream makes no sense any more.
bool Host::State::on_protocol_data(Link& link, StreamId id, Use& use, ByteView bytes) {
  if (auto* asked = std::get_if<IdentifyOut>(&use))
    return asked->reader->on_bytes(bytes).has_value();
  if (auto* pushed = std::get_if<PushIn>(&use)) return pushed->reader->on_bytes(bytes).has_value();
  if (auto* asks = std::get_if<PingIn>(&use)) {
    auto echo = asks->responder.on_bytes(bytes, link.channel.queued(id));
    if (!echo) return false;
    return echo->empty() || link.channel.write(id, SharedBytes{std::move(*echo)});
  }
  if (auto* pinged = std::get_if<PingOut>(&use)) return on_echo(link, id, *pinged, bytes);
  // On what remains only we write. The rest of an answered exchange may still come.
  return is<Answer>(use);
}

bool Host::State::on_echo(Link& link, StreamId id, PingOut& use, ByteView bytes) {
  const auto echoed = use.pinger->on_bytes(bytes, now);
  if (!echoed) return false;
  if (!*echoed) return true;
  if (auto* peer = find(link.peer)) peer->round_trip = **echoed;
  outputs.push(PingResult{link.peer, *echoed});
  link.channel.end_stream(id);
  link.find(id)->use = Answer{Answer::To::ping};
  return true;
}

void Host::State::on_stream_ended(Link& link, StreamId id) {
  auto* stream = link.find(id);
  if (stream == nullptr) return;
  touch(link);
  auto& use = stream->use;
  if (is<AppStream>(use)) {
    outputs.push(StreamEnded{{link.id, id}});
    return;
  }
  if (is<GossipOut>(use)) return;  // the remote only says that it will never write
  if (auto* gossip = std::get_if<GossipIn>(&use); gossip != nullptr && gossip->stalled) {
    gossip->ended = true;  // what waits is still to be read
    return;
  }
  link.channel.end_stream(id);
  auto* asked = std::get_if<IdentifyOut>(&use);
  auto* pushed = std::get_if<PushIn>(&use);
  if (asked == nullptr && pushed == nullptr) return;
  auto info = (asked != nullptr ? asked->reader : pushed->reader)->finish();
  use = Answer{asked != nullptr ? Answer::To::identify : Answer::To::push};
  auto* peer = find(link.peer);
  if (peer == nullptr) return;
  if (info) return on_identified(*peer, std::move(*info));
  on_unidentified(*peer);
}

void Host::State::on_stream_closed(Link& link, const session::StreamClosed& event) {
  const auto use = take_stream(link, event.stream);
  if (use) on_stream_over(link, event.stream, *use, event.reason);
}

void Host::State::on_stream_writable(Link& link, StreamId id) {
  const auto* stream = link.find(id);
  if (stream == nullptr) return;
  if (is<AppStream>(stream->use)) {
    outputs.push(StreamWritable{{link.id, id}});
  } else if (is<GossipOut>(stream->use)) {
    if (auto* peer = find(link.peer)) flush_gossip(*peer);
  }
}

/// We end it, before its time.
void Host::State::break_stream(Link& link, StreamId id, CloseReason reason) {
  const auto use = take_stream(link, id);
  if (!use) return;
  link.channel.reset_stream(id);
  touch(link);
  on_stream_over(link, id, *use, reason);
}

/// What the end of a stream, whoever ended it, means for what it was there for.
void Host::State::on_stream_over(Link& link, StreamId id, const Use& use, CloseReason reason) {
  const StreamKey key{link.id, id};
  auto* peer = find(link.peer);
  if (is<AppStream>(use)) {
    outputs.push(StreamClosed{key, reason});
  } else if (is<PingOut>(use)) {
    outputs.push(PingResult{link.peer, std::nullopt});
  } else if (peer == nullptr) {
    return;
  } else if (is<IdentifyOut>(use)) {
    on_unidentified(*peer);
  } else if (is<GossipIn>(use)) {
    std::erase(peer->gossip.in, key);
  } else if (is<GossipOut>(use) && peer->gossip.out == key) {
    on_gossip_out_over(*peer, reason);
  }
}

}  // namespace grapevine::host
