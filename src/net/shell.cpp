// SPDX-License-Identifier: Apache-2.0
#include "net/shell.hpp"

#include <algorithm>

#include "net/addresses.hpp"
#include "net/state.hpp"

namespace grapevine::net {

namespace {

/// Ready handlers of one turn. Each reads at most one connection's share.
constexpr int handlers_per_turn = 64;
/// Between two warnings.
constexpr Duration warning_interval = std::chrono::seconds{1};

}  // namespace

Shell::Shell(host::Host host, Config config, Application application)
    : state_{std::make_unique<State>(std::move(host), config, std::move(application))} {}

Shell::~Shell() = default;

Result<void, ListenFailure> Shell::listen(const Multiaddr& address) {
  auto opened = Listener::open(*state_, address);
  if (!opened) return unexpected(std::move(opened.error()));
  state_->listeners.push_back(*std::move(opened));
  return {};
}

std::vector<Multiaddr> Shell::listen_addresses() const {
  std::vector<Multiaddr> addresses;
  for (const auto& listener : state_->listeners) {
    std::ranges::move(reachable(listener->endpoint()), std::back_inserter(addresses));
  }
  return addresses;
}

void Shell::run() {
  auto& state = *state_;
  state.thread = std::this_thread::get_id();
  state.tick();
  state.host.set_listen_addresses(listen_addresses(), state.time);
  for (const auto& listener : state.listeners) {
    asio::co_spawn(state.context, accept_all(*listener), asio::detached);
  }
  state.run();
  state.application.on_end();
  state.thread = std::thread::id{};
}

void Shell::stop(Duration grace) {
  state_->inbox.post([state = state_.get(), grace] { state->begin_end(grace); });
}

Inbox& Shell::inbox() { return state_->inbox; }
void Shell::offload(std::function<void()> task) { state_->verifier.run(std::move(task)); }
bool Shell::on_loop() const { return state_->thread.load() == std::this_thread::get_id(); }
host::Host& Shell::host() { return state_->host; }
TimePoint Shell::time() const { return state_->time; }
void Shell::soon() { state_->again = true; }

Shell::State::State(host::Host host_in, Config config, Application application_in)
    : host{std::move(host_in)},
      application{std::move(application_in)},
      share{config.share},
      inbox{config.inbox, [this] { asio::post(context, [] {}); }},
      verifier{std::max<std::size_t>(config.workers, 1), [this] { asio::post(context, [] {}); }},
      resolver{[this] { asio::post(context, [] {}); }} {}

void Shell::State::run() {
  const auto work = asio::make_work_guard(context);
  turn();
  while (end.phase != Ending::Phase::over) {
    if (!again) context.run_one_until(to_steady(next_wake()));
    for (int i = 0; i < handlers_per_turn && context.poll_one() > 0; ++i) {
    }
    turn();
  }
  finish();
}

TimePoint Shell::State::next_wake() const {
  auto wake = host.next_deadline().value_or(TimePoint::max());
  wake = std::min(wake, linger_check);
  if (inbox.has_messages()) wake = std::min(wake, pacing.holds_until());
  if (end.phase == Ending::Phase::sending) wake = std::min(wake, end.say_goodbye);
  if (end.phase == Ending::Phase::closing) wake = std::min(wake, end.give_up);
  return wake;
}

void Shell::State::turn() {
  again = false;
  tick();
  take_inputs();
  drain();
  write_all();
  drain();
  application.on_turn_end();
  if (ending()) end_step();
  again = again || !writable.empty() || may_publish();
}

void Shell::State::take_inputs() {
  for (auto& command : inbox.take_commands()) command();
  for (const auto& [ticket, verdict] : verifier.collect()) host.on_verified(ticket, verdict, time);
  take_records();
  if (const auto due = host.next_deadline(); due && *due <= time) host.on_deadline(time);
  publish();
}

void Shell::State::take_records() {
  for (const auto& [id, records] : resolver.collect()) {
    if (records) {
      host.on_resolved(host::ResolveId{id}, *records, time);
    } else {
      host.on_resolve_failed(host::ResolveId{id}, records.error(), time);
    }
  }
}

void Shell::State::publish() {
  if (!may_publish()) return;
  auto parcels = inbox.take_messages(share.messages, share.bytes);
  if (parcels.empty()) return;
  // Whoever published has been told already what a router refuses.
  for (std::size_t i = 0; i < parcels.size();) {
    auto& [message, manner] = parcels[i];
    if (manner.batch != 0) {
      i = publish_batch(parcels, i);
      continue;
    }
    ++i;
    if (manner.local) {
      (void)host.publish_local(std::move(message), time);
    } else {
      (void)host.publish(std::move(message), time);
    }
  }
  pacing.published(time);
}

/// Publishes what belongs to the batch that begins at `first`; answers where it ends.
std::size_t Shell::State::publish_batch(std::span<Parcel> parcels, std::size_t first) {
  std::vector<pubsub::Message> messages;
  auto next = first;
  for (; next < parcels.size(); ++next) {
    if (parcels[next].manner.batch != parcels[first].manner.batch) break;
    messages.push_back(std::move(parcels[next].message));
  }
  host.publish_batch(std::move(messages), time);
  return next;
}

bool Shell::State::may_publish() {
  const auto first = inbox.first_size();
  if (!first) return false;
  const Pacing::Share next{share.messages, std::max(share.bytes, *first)};
  return !pacing.holds(host.router().outbox_rooms(), next, time);
}

void Shell::State::drain() {
  while (auto output = host.poll()) dispatch(*std::move(output));
}

void Shell::State::dispatch(host::Output output) {
  if (const auto* wants = std::get_if<host::WantsWrite>(&output)) {
    wants_write(wants->link);
  } else if (auto* verify = std::get_if<host::Verify>(&output)) {
    verifier.submit(std::move(verify->jobs));
  } else if (const auto* closed = std::get_if<host::CloseLink>(&output)) {
    if (auto* connection = find(closed->link)) connection->close();
  } else if (const auto* wanted = std::get_if<host::Dial>(&output)) {
    const auto to = wanted->address.tcp_endpoint();
    if (to && !ending()) {
      asio::co_spawn(context, dial(*this, wanted->dial, *to), asio::detached);
    } else {
      host.on_dial_failed(wanted->dial, host::DialError::unsupported, "not a TCP address", time);
    }
  } else if (auto* asked = std::get_if<host::Resolve>(&output)) {
    if (!resolver.ask(std::to_underlying(asked->resolve), std::move(asked->name))) {
      host.on_resolve_failed(asked->resolve, "too many names at a time", time);
    }
  } else if (const auto* cancelled = std::get_if<host::CancelDial>(&output)) {
    if (const auto found = dials.find(cancelled->dial); found != dials.end())
      found->second->cancel();
  } else {
    application.on_output(std::move(output));
  }
}

void Shell::State::write_all() {
  const auto links = std::exchange(writable, {});
  for (const auto link : links) {
    if (auto* connection = find(link)) connection->write();
  }
  if (linger_check <= time) cut_lingering();
}

void Shell::State::cut_lingering() {
  linger_check = TimePoint::max();
  for (const auto& [link, connection] : connections) {
    if (connection->linger_until() <= time) {
      connection->abort();
    } else {
      linger_check = std::min(linger_check, connection->linger_until());
    }
  }
}

Connection* Shell::State::find(host::LinkId link) {
  const auto found = connections.find(link);
  return found == connections.end() ? nullptr : found->second;
}

void Shell::State::warn(std::string_view words) {
  if (!application.on_warning || time < base::saturating_add(warned, warning_interval)) return;
  warned = time;
  application.on_warning(words);
}

void Shell::State::begin_end(Duration grace) {
  if (ending()) return;
  end = {Ending::Phase::sending, base::saturating_add(time, grace / 2),
         base::saturating_add(time, grace)};
  for (const auto& listener : listeners) listener->close();
  for (const auto& [id, dialing] : dials) dialing->cancel();
  again = true;
}

/// What publishers are still making is not waited for.
bool Shell::State::all_sent() const {
  return writable.empty() && blocked == 0 && !inbox.has_messages() && !host.has_unsent();
}

/// First all that is queued leaves, then everybody is told, then everybody is gone.
void Shell::State::end_step() {
  if (end.phase == Ending::Phase::sending) {
    if (!all_sent() && time < end.say_goodbye) return;
    host.shutdown(time);
    end.phase = Ending::Phase::closing;
    again = true;
  } else if (connections.empty() || time >= end.give_up) {
    end.phase = Ending::Phase::over;
  }
}

/// Nothing new comes in; what came is answered. The host is as it was left.
void Shell::State::finish() {
  tick();
  inbox.close();
  for (auto& command : inbox.take_commands()) command();
  drain();
  application.on_turn_end();
  for (const auto& [link, connection] : connections) connection->abort();
  while (!connections.empty()) context.run_one();
}

}  // namespace grapevine::net
