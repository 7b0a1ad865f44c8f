// SPDX-License-Identifier: Apache-2.0
#include "core/host/direct_link.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/queue.hpp"
#include "core/session/write_progress.hpp"
#include "core/yamux/keep_alive.hpp"

namespace grapevine::host {

namespace direct {

namespace {

constexpr std::size_t header_size = 12;  ///< yamux's
constexpr std::size_t told_size = 512;   ///< of identify; nobody needs it exactly

std::size_t body_of(const Frame& frame) {
  if (const auto* data = std::get_if<Data>(&frame)) return data->bytes.size();
  if (std::holds_alternative<Told>(frame)) return told_size;
  return 0;
}

}  // namespace

std::size_t size_of(const Frame& frame) { return header_size + body_of(frame); }

std::size_t size_of(const Frames& frames) {
  std::size_t size = 0;
  for (const auto& frame : frames) size += size_of(frame);
  return size;
}

}  // namespace direct

namespace {

using session::OpenError;
using session::SessionError;
using session::StreamId;

/// The stream an event is about; zero for those about the link.
StreamId stream_of(const session::Event& event) {
  return std::visit(
      [](const auto& about) -> StreamId {
        if constexpr (requires { about.stream; }) return about.stream;
        return 0;
      },
      event);
}

}  // namespace

struct Direct::State {
  struct Flow {
    StreamId id = 0;
    bool inbound = false;
    bool agreed = false;    ///< on its protocol; until then an outbound one may have a deadline
    bool held = false;      ///< of several proposals one must be agreed on before data goes
    bool ending = false;    ///< our side, once the queue is sent
    bool end_sent = false;  ///< our side
    bool remote_ended = false;
    bool ran_empty = false;  ///< the queue; to be told when there is credit
    std::size_t credit = 0;  ///< bytes we may send
    std::size_t room = 0;    ///< bytes the other side may send
    std::size_t owed = 0;    ///< bytes consumed whose credit was not given back
    std::size_t queued = 0;  ///< bytes of `queue`
    TimePoint deadline{};    ///< of the agreement
    base::Queue<SharedBytes> queue;

    bool sendable() const { return !held && queued > 0 && credit > 0; }
  };

  State(const session::SessionSetup& setup, TimePoint at)
      : dialer{setup.role == session::Role::dialer},
        self{setup.identity->peer_id()},
        expected{setup.expected},
        config{setup.config},
        protocols{setup.protocols},
        now{at},
        opened_at{at},
        alive{config->keep_alive_interval, config->keep_alive_timeout, at},
        next_stream{dialer ? 1u : 2u} {
    if (dialer) control.push(direct::Hello{self});
  }

  void on(direct::Hello& hello);
  void on(direct::Told& news) { told.push(std::move(news.info)); }
  void on(direct::Open& open);
  void on(direct::Agreed& agreed);
  void on(direct::Refused& refused);
  void on(direct::Data& data);
  void on(direct::Ended& ended);
  void on(direct::Reset& reset);
  void on(direct::Credit& credit);
  void on(direct::Ping& ping) { control.push(direct::Pong{ping.value}); }
  void on(direct::Pong& pong) { alive.on_pong(pong.value, now); }

  Flow* find(StreamId id);
  Flow& add(StreamId id, bool inbound);
  void remove(StreamId id);
  void drop(StreamId id, session::StreamClosed::Reason reason);
  void finish_if_over(Flow& stream);
  void send(Flow& stream, direct::Frames& out, std::size_t budget);
  void tell_writable(Flow& stream);
  void fail(SessionError reason, std::string_view detail);
  bool has_output() const;
  void announce();

  bool dialer;
  PeerId self;
  std::optional<PeerId> expected;
  std::shared_ptr<const session::Config> config;
  std::shared_ptr<const session::Protocols> protocols;
  TimePoint now;
  TimePoint opened_at;
  yamux::KeepAlive alive;
  session::WriteProgress writes;
  std::vector<Flow> streams;           ///< ordered by id
  base::Queue<direct::Frame> control;  ///< all but data and the ends of streams
  base::Queue<session::Event> events;
  base::Queue<std::shared_ptr<const identify::Info>> told;
  StreamId next_stream;
  bool established = false;
  bool announced = false;
  bool closed = false;
};

Direct::State::Flow* Direct::State::find(StreamId id) {
  const auto place = std::ranges::lower_bound(streams, id, {}, &State::Flow::id);
  return place == streams.end() || place->id != id ? nullptr : &*place;
}

Direct::State::Flow& Direct::State::add(StreamId id, bool inbound) {
  Flow stream;
  stream.id = id;
  stream.inbound = inbound;
  stream.credit = config->receive_window;
  stream.room = config->receive_window;
  const auto place = std::ranges::lower_bound(streams, id, {}, &State::Flow::id);
  return *streams.insert(place, std::move(stream));
}

void Direct::State::remove(StreamId id) {
  std::erase_if(streams, [id](const Flow& stream) { return stream.id == id; });
}

void Direct::State::drop(StreamId id, session::StreamClosed::Reason reason) {
  remove(id);
  events.push(session::StreamClosed{id, reason});
}

void Direct::State::finish_if_over(Flow& stream) {
  if (stream.end_sent && stream.remote_ended)
    drop(stream.id, session::StreamClosed::Reason::finished);
}

void Direct::State::on(direct::Hello& hello) {
  if (established) return;
  if (hello.peer == self) return fail(SessionError::self_dial, "our own peer id");
  if (expected && hello.peer != *expected) {
    return fail(SessionError::wrong_peer, "another peer answered");
  }
  if (!dialer) control.push(direct::Hello{self});
  established = true;
  events.push(session::Established{hello.peer, {}});
}

void Direct::State::on(direct::Open& open) {
  const auto inbound = std::ranges::count(streams, true, &State::Flow::inbound);
  if (static_cast<std::size_t>(inbound) >= config->inbound_streams_max || find(open.stream)) {
    return control.push(direct::Reset{open.stream});
  }
  const auto& known = protocols->supported;
  const auto chosen = std::ranges::find_if(open.proposals, [&](const std::string& proposal) {
    return std::ranges::find(known, proposal) != known.end() ||
           (protocols->also && protocols->also(proposal));
  });
  if (chosen == open.proposals.end()) return control.push(direct::Refused{open.stream});
  add(open.stream, true).agreed = true;
  control.push(direct::Agreed{open.stream, *chosen});
  events.push(session::StreamOpened{open.stream, true, std::move(*chosen)});
}

void Direct::State::on(direct::Agreed& agreed) {
  auto* stream = find(agreed.stream);
  if (stream == nullptr || std::exchange(stream->agreed, true)) return;
  stream->held = false;
  events.push(session::StreamOpened{agreed.stream, false, std::move(agreed.protocol)});
}

void Direct::State::on(direct::Refused& refused) {
  if (find(refused.stream)) drop(refused.stream, session::StreamClosed::Reason::protocol_refused);
}

void Direct::State::on(direct::Data& data) {
  auto* stream = find(data.stream);
  if (stream == nullptr) return;  // reset by us a moment ago
  if (data.bytes.size() > stream->room) {
    return fail(SessionError::muxer_violation, "more than the window");
  }
  stream->room -= data.bytes.size();
  events.push(session::StreamData{data.stream, std::move(data.bytes)});
}

void Direct::State::on(direct::Ended& ended) {
  auto* stream = find(ended.stream);
  if (stream == nullptr || std::exchange(stream->remote_ended, true)) return;
  events.push(session::StreamEnded{ended.stream});
  finish_if_over(*stream);
}

void Direct::State::on(direct::Reset& reset) {
  if (find(reset.stream)) drop(reset.stream, session::StreamClosed::Reason::reset);
}

void Direct::State::on(direct::Credit& credit) {
  auto* stream = find(credit.stream);
  if (stream == nullptr) return;
  stream->credit += credit.size;
  tell_writable(*stream);
}

void Direct::State::tell_writable(Flow& stream) {
  if (stream.credit == 0 || stream.ending || !std::exchange(stream.ran_empty, false)) return;
  events.push(session::StreamWritable{stream.id});
}

void Direct::State::fail(SessionError reason, std::string_view detail) {
  if (std::exchange(closed, true)) return;
  streams.clear();
  control.clear();
  events.push(session::Closed{reason, detail});
}

bool Direct::State::has_output() const {
  if (!control.empty()) return true;
  if (!established) return false;
  return alive.ping_due() || std::ranges::any_of(streams, [](const Flow& stream) {
           return stream.sendable() || (stream.ending && !stream.end_sent && stream.queued == 0);
         });
}

void Direct::State::announce() {
  if (announced || closed || !has_output()) return;
  announced = true;
  events.push(session::WantsWrite{});
}

/// As much of one stream as credit and `budget` allow.
void Direct::State::send(Flow& stream, direct::Frames& out, std::size_t budget) {
  while (stream.sendable() && budget > 0) {
    auto& front = stream.queue.front();
    const auto size = std::min(front.size(), stream.credit);
    auto piece = front.slice(0, size);
    if (size == front.size()) {
      stream.queue.pop();
    } else {
      front = front.slice(size, front.size() - size);
    }
    stream.queued -= size;
    stream.credit -= size;
    budget -= std::min(size, budget);
    out.push_back(direct::Data{stream.id, std::move(piece)});
    if (stream.queued == 0) stream.ran_empty = true;
  }
  if (stream.ending && stream.queued == 0 && !std::exchange(stream.end_sent, true)) {
    out.push_back(direct::Ended{stream.id});
  }
}

Direct::Direct(const session::SessionSetup& setup, TimePoint now)
    : state_{std::make_unique<State>(setup, now)} {
  state_->announce();
}

Direct::Direct(Direct&&) noexcept = default;
Direct& Direct::operator=(Direct&&) noexcept = default;
Direct::~Direct() = default;

void Direct::on_frames(direct::Frames frames, TimePoint now) {
  auto& state = *state_;
  state.now = now;
  state.alive.on_bytes(now);
  for (auto& frame : frames) {
    if (state.closed) return;
    const bool expected = state.established || std::holds_alternative<direct::Hello>(frame);
    if (!expected) return state.fail(SessionError::handshake_failed, "it does not say who it is");
    std::visit([&state](auto& about) { state.on(about); }, frame);
  }
  state.announce();
}

void Direct::on_deadline(TimePoint now) {
  auto& state = *state_;
  state.now = now;
  if (state.closed) return;
  const auto stalled = state.writes.deadline(state.config->write_stall);
  if (stalled && *stalled <= now) {
    return state.fail(SessionError::write_stalled, "the socket takes nothing");
  }
  if (!state.established) {
    if (now < base::saturating_add(state.opened_at, state.config->handshake_timeout)) return;
    return state.fail(SessionError::handshake_timeout, "nobody answers");
  }
  std::vector<StreamId> late;
  for (const auto& stream : state.streams) {
    if (!stream.agreed && stream.deadline <= now) late.push_back(stream.id);
  }
  for (const auto id : late) {
    state.control.push(direct::Reset{id});
    state.drop(id, session::StreamClosed::Reason::timeout);
  }
  if (!state.alive.on_deadline(now)) {
    return state.fail(SessionError::keep_alive_timeout, "no answer to a ping");
  }
  state.announce();
}

void Direct::tell(identify::Info info) {
  if (state_->closed) return;
  state_->control.push(direct::Told{std::make_shared<const identify::Info>(std::move(info))});
  state_->announce();
}

std::optional<std::shared_ptr<const identify::Info>> Direct::take_told() {
  if (state_->told.empty()) return std::nullopt;
  return state_->told.pop();
}

Result<StreamId, OpenError> Direct::open_stream(std::vector<std::string> proposals, TimePoint now) {
  auto& state = *state_;
  state.now = now;
  ASSERT(!proposals.empty());
  if (state.closed || !state.established) return unexpected(OpenError::not_ready);
  const auto outbound = std::ranges::count(state.streams, false, &State::Flow::inbound);
  if (static_cast<std::size_t>(outbound) >= state.config->outbound_streams_max) {
    return unexpected(OpenError::too_many);
  }
  const auto id = std::exchange(state.next_stream, state.next_stream + 2);
  auto& stream = state.add(id, false);
  stream.held = proposals.size() > 1;
  stream.deadline = base::saturating_add(now, state.config->negotiate_timeout);
  state.control.push(direct::Open{id, std::move(proposals)});
  state.announce();
  return id;
}

bool Direct::write(StreamId id, SharedBytes bytes) {
  auto* stream = state_->find(id);
  if (stream == nullptr || stream->ending) return false;
  stream->queued += bytes.size();
  if (!bytes.empty()) stream->queue.push(std::move(bytes));
  state_->announce();
  return true;
}

void Direct::end_stream(StreamId id) {
  auto* stream = state_->find(id);
  if (stream == nullptr) return;
  stream->ending = true;
  state_->announce();
}

void Direct::reset_stream(StreamId id) {
  auto& state = *state_;
  if (state.find(id)) {
    state.remove(id);
    state.control.push(direct::Reset{id});
  }
  state.events.remove_if([id](const session::Event& event) { return stream_of(event) == id; });
  state.announce();
}

void Direct::consumed(StreamId id, std::size_t size) {
  auto* stream = state_->find(id);
  if (stream == nullptr) return;
  stream->owed += size;
  if (stream->owed * 2 < state_->config->receive_window) return;
  stream->room += stream->owed;
  state_->control.push(direct::Credit{id, std::exchange(stream->owed, 0)});
  state_->announce();
}

void Direct::close() { state_->fail(SessionError::local_closed, "closed here"); }

void Direct::set_protocols(std::shared_ptr<const session::Protocols> protocols) {
  state_->protocols = std::move(protocols);
}

std::optional<session::Event> Direct::poll() {
  if (state_->events.empty()) return std::nullopt;
  return state_->events.pop();
}

bool Direct::take(direct::Frames& out, std::size_t budget, TimePoint now) {
  auto& state = *state_;
  state.now = now;
  const auto first = out.size();
  if (state.established && state.alive.ping_due()) {
    state.control.push(direct::Ping{state.alive.take_ping(now)});
  }
  while (!state.control.empty()) out.push_back(state.control.pop());
  std::size_t size = 0;
  for (auto i = first; i < out.size(); ++i) size += direct::size_of(out[i]);
  std::vector<StreamId> over;
  for (auto& stream : state.streams) {
    const auto before = out.size();
    state.send(stream, out, budget - std::min(size, budget));
    for (auto i = before; i < out.size(); ++i) size += direct::size_of(out[i]);
    state.tell_writable(stream);
    if (stream.end_sent && stream.remote_ended) over.push_back(stream.id);
  }
  for (const auto id : over) state.drop(id, session::StreamClosed::Reason::finished);
  state.writes.on_packed(size, now);
  const bool more = state.has_output();
  if (!more) state.announced = false;
  return more;
}

void Direct::on_written(std::size_t size, TimePoint now) { state_->writes.on_written(size, now); }

std::optional<TimePoint> Direct::next_deadline() const {
  const auto& state = *state_;
  if (state.closed) return std::nullopt;
  auto next = state.established
                  ? state.alive.next_deadline()
                  : base::saturating_add(state.opened_at, state.config->handshake_timeout);
  if (const auto stall = state.writes.deadline(state.config->write_stall)) {
    next = std::min(next, *stall);
  }
  for (const auto& stream : state.streams) {
    if (!stream.agreed) next = std::min(next, stream.deadline);
  }
  return next;
}

bool Direct::wants_read() const {
  return !state_->closed && state_->control.size() < state_->config->control_frames_max;
}

std::size_t Direct::queued(StreamId id) const {
  const auto* stream = state_->find(id);
  return stream == nullptr ? 0 : stream->queued;
}

std::optional<Duration> Direct::round_trip() const { return state_->alive.round_trip(); }

}  // namespace grapevine::host
