// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

/// Told events of one turn that nobody needs; a peer can cause thousands with one RPC.
constexpr std::size_t traced_max = 4096;
/// Likewise what is recorded of messages and RPCs.
constexpr std::size_t recorded_max = 65'536;

}  // namespace

/// All that follows from an input. Links that ended go first, so that nothing is done on them.
void Host::State::settle() {
  if (!stalled.empty()) resume_stalled();
  for (;;) {
    if (!doomed.empty()) {
      const auto [id, ending] = doomed.pop();
      remove_link(id, ending);
    } else if (auto output = router.poll()) {
      on_router(*output);
    } else if (!touched.empty()) {
      attend(touched.pop());
    } else {
      return;
    }
  }
}

void Host::State::touch(Link& link) {
  if (std::exchange(link.touched, true)) return;
  touched.push(link.id);
}

void Host::State::doom(Link& link, Ending ending) {
  if (std::exchange(link.doomed, true)) return;
  doomed.push({link.id, ending});
}

void Host::State::doom_all(const PeerEntry& peer, std::string_view reason) {
  for (const auto id : peer.links) doom(*find(id), {reason});
}

/// Takes what the session has to say.
void Host::State::attend(LinkId id) {
  auto* link = find(id);
  if (link == nullptr) return;
  link->touched = false;
  while (!link->doomed) {
    if (auto event = link->channel.poll()) {
      on_event(*link, *event);
    } else if (auto told =
                   link->channel.direct() ? link->channel.direct()->take_told() : std::nullopt) {
      on_told(*link, **told);
    } else {
      return arm(*link);
    }
  }
}

void Host::State::on_event(Link& link, session::Event& event) {
  if (auto* data = std::get_if<session::StreamData>(&event)) {
    on_stream_data(link, data->stream, std::move(data->bytes));
  } else if (const auto* writable = std::get_if<session::StreamWritable>(&event)) {
    on_stream_writable(link, writable->stream);
  } else if (std::holds_alternative<session::WantsWrite>(event)) {
    link.wants_write = true;
    if (!std::exchange(link.write_asked, true)) outputs.push(WantsWrite{link.id});
  } else if (const auto* opened = std::get_if<session::StreamOpened>(&event)) {
    on_stream_opened(link, *opened);
  } else if (const auto* end = std::get_if<session::StreamEnded>(&event)) {
    on_stream_ended(link, end->stream);
  } else if (const auto* gone = std::get_if<session::StreamClosed>(&event)) {
    on_stream_closed(link, *gone);
  } else if (const auto* established = std::get_if<session::Established>(&event)) {
    on_established(link, *established);
  } else if (const auto* closed = std::get_if<session::Closed>(&event)) {
    on_closed(link, *closed);
  }
}

void Host::State::on_router(gossipsub::Output& output) {
  if (const auto* write = std::get_if<gossipsub::WantsWrite>(&output)) {
    if (auto* peer = find(write->peer)) flush_gossip(*peer);
  } else if (const auto* connect_to = std::get_if<gossipsub::Connect>(&output)) {
    if (!connect_to->offered_by.empty()) {
      on_offer(*connect_to);
    } else if (const auto index = direct_index(connect_to->peer)) {
      connect_direct(*index);
    }
  } else if (auto* deliver = std::get_if<Deliver>(&output)) {
    outputs.push(std::move(*deliver));
  } else if (auto* verify = std::get_if<Verify>(&output)) {
    outputs.push(std::move(*verify));
  } else if (auto* validate = std::get_if<Validate>(&output)) {
    outputs.push(std::move(*validate));
  } else if (auto* partial = std::get_if<PartialReceived>(&output)) {
    outputs.push(std::move(*partial));
  } else if (const auto* replayed = std::get_if<Replayed>(&output)) {
    outputs.push(*replayed);
  } else if (auto* traced = std::get_if<Traced>(&output)) {
    trace(std::move(*traced));
  } else if (const auto* progress = std::get_if<Progress>(&output)) {
    outputs.push(*progress);
  } else if (auto* advertise = std::get_if<Advertise>(&output)) {
    outputs.push(std::move(*advertise));
  } else if (auto* discover = std::get_if<Discover>(&output)) {
    outputs.push(std::move(*discover));
  } else if (auto* recorded = std::get_if<Recorded>(&output)) {
    record(std::move(*recorded));
  } else if (auto* raised = std::get_if<MarksRaised>(&output)) {
    outputs.push(std::move(*raised));
  }
}

void Host::State::trace(Traced traced) {
  if (traced_room.queued >= traced_max) {
    ++traced_room.lost;
    return;
  }
  ++traced_room.queued;
  outputs.push(std::move(traced));
}

void Host::State::record(Recorded recorded) {
  if (recorded_room.queued >= recorded_max) {
    ++recorded_room.lost;
    return;
  }
  ++recorded_room.queued;
  outputs.push(std::move(recorded));
}

std::optional<Output> Host::State::next_output() {
  if (outputs.empty()) return std::nullopt;
  auto output = outputs.pop();
  if (std::holds_alternative<Traced>(output)) {
    free_room(traced_room);
  } else if (std::holds_alternative<Recorded>(output)) {
    free_room(recorded_room);
  }
  return output;
}

/// What was lost is told when there is room again.
void Host::State::free_room(Room& room) {
  if (--room.queued > 0 || room.lost == 0) return;
  const auto reason = &room == &traced_room ? "traced events were lost" : "records were lost";
  outputs.push(Traced{Traced::Kind::limit_hit, self, {}, reason, std::exchange(room.lost, 0)});
  ++traced_room.queued;
}

}  // namespace grapevine::host
