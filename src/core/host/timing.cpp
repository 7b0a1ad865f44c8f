// SPDX-License-Identifier: Apache-2.0
#include "core/host/state.hpp"

namespace grapevine::host {

void Host::State::set_timer(Timer timer) {
  if (timers.crowded()) timers.sweep([this](const Timer& known) { return alive(known); });
  timers.set(timer);
}

bool Host::State::alive(const Timer& timer) {
  switch (timer.kind) {
    case Timer::Kind::link: {
      const auto* link = find(LinkId{timer.subject});
      return link != nullptr && link->timer == timer.at;
    }
    case Timer::Kind::dial:
      return dials.contains(DialId{timer.subject});
    case Timer::Kind::connect:
    case Timer::Kind::stagger:
      return connecting.contains(ConnectId{timer.subject});
    case Timer::Kind::resolve:
    case Timer::Kind::reopen_gossip:
    case Timer::Kind::size_cap:
    case Timer::Kind::ask_again:
      return by_handle.contains(PeerHandle{static_cast<std::uint32_t>(timer.subject)});
    case Timer::Kind::retire:
      return links.contains(LinkId{timer.subject});
    case Timer::Kind::stream: {
      auto* link = find(LinkId{timer.subject});
      return link != nullptr && link->find(timer.stream) != nullptr;
    }
    case Timer::Kind::redial:
    case Timer::Kind::push:
      return true;
  }
  return false;
}

/// No earlier timer than the session's deadline is set twice: each firing sets at most one.
void Host::State::arm(Link& link) {
  const auto deadline = link.channel.next_deadline();
  if (!deadline || (link.timer && *link.timer <= *deadline)) return;
  link.timer = deadline;
  set_timer({*deadline, Timer::Kind::link, 0, std::to_underlying(link.id)});
}

void Host::State::on_timer(const Timer& timer) {
  if (!alive(timer)) return;
  switch (timer.kind) {
    case Timer::Kind::link: {
      auto& link = *find(LinkId{timer.subject});
      link.timer.reset();
      if (const auto due = link.channel.next_deadline(); due && *due <= now) {
        link.channel.on_deadline(now);
      }
      return touch(link);
    }
    case Timer::Kind::dial:
      return on_dial_timeout(DialId{timer.subject});
    case Timer::Kind::connect: {
      const ConnectId id{timer.subject};
      return finish_connect(id, {id, {}, {}, DialError::timeout, false, "timed out"});
    }
    case Timer::Kind::stagger:
      return start_dials(*connecting.find(ConnectId{timer.subject})->second);
    case Timer::Kind::resolve:
      return resolve_duplicates(*find(PeerHandle{static_cast<std::uint32_t>(timer.subject)}));
    case Timer::Kind::retire:
      return on_retire(*find(LinkId{timer.subject}));
    case Timer::Kind::reopen_gossip:
      return consider_gossip(*find(PeerHandle{static_cast<std::uint32_t>(timer.subject)}));
    case Timer::Kind::size_cap:
      return apply_size_cap(*find(PeerHandle{static_cast<std::uint32_t>(timer.subject)}));
    case Timer::Kind::stream:
      return break_stream(*find(LinkId{timer.subject}), timer.stream, CloseReason::timeout);
    case Timer::Kind::redial:
      return connect_direct(timer.subject);
    case Timer::Kind::push:
      push_set = false;
      return push_identity();
    case Timer::Kind::ask_again:
      return ask_again(*find(PeerHandle{static_cast<std::uint32_t>(timer.subject)}));
  }
}

void Host::State::on_dial_timeout(DialId id) {
  const auto found = dials.find(id);
  const auto attempt = std::move(found->second);
  dials.erase(found);
  outputs.push(CancelDial{id});
  on_attempt_failed(attempt.connect, attempt.address, DialError::timeout, "no answer");
}

}  // namespace grapevine::host
