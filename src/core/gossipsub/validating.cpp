// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "base/assert.hpp"
#include "core/gossipsub/state.hpp"

// The application's word on messages whose signature is good: first of validators that answer
// within the turn, then, behind a queue a topic, of those that take their time.
namespace grapevine::gossipsub {

const Validating& Router::State::validation_of(const Topic& topic) const {
  return topic.validation.any() ? topic.validation : default_validation;
}

/// A number that does not rise is a replay, or came too late (V43): nobody's fault that is seen
/// from here. The mark rises before the application has spoken, as in go: whatever it says, the
/// author has used the number.
bool Router::State::in_sequence(const pubsub::MessageView& message) {
  if (!marks || !message.from || !message.seqno) return true;
  const auto author = PeerId::from_bytes(*message.from);
  if (!author) return true;
  std::uint64_t seqno = 0;
  for (const auto byte : *message.seqno) seqno = seqno << 8 | byte;
  return marks->raise(*author, seqno);
}

void Router::State::screen(Ticket ticket, TimePoint now) {
  auto& entry = *pending.find(ticket);
  const auto* topic = topics.find(entry.copy.message.view.topic);
  if (topic == nullptr || !validation_of(*topic).screened) return line_up(ticket, now);
  entry.stage = Pending::Stage::screening;
  outputs.push(Validate{ticket, entry.copy.message, entry.copy.via, true});
}

void Router::State::line_up(Ticket ticket, TimePoint now) {
  auto& entry = *pending.find(ticket);
  const auto* topic = topics.find(entry.copy.message.view.topic);
  if (topic == nullptr || !validation_of(*topic).asked) return accept_pending(ticket, now);
  entry.stage = Pending::Stage::waiting;
  if (validations.enter(topic->handle, ticket, validation_of(*topic).concurrency)) {
    return start_validations(now);
  }
  if (gater) gater->throttle(now);
  refuse(ticket, "validators are busy", Traced::Kind::throttled, now);
}

void Router::State::start_validations(TimePoint now) {
  while (const auto ticket = validations.next()) {
    auto& entry = *pending.find(*ticket);
    const auto* topic = topics.find(entry.copy.message.view.topic);
    const auto& how = topic == nullptr ? default_validation : validation_of(*topic);
    entry.stage = Pending::Stage::validating;
    entry.asked = now;
    validations.set_deadline(*ticket, base::saturating_add(now, how.timeout));
    outputs.push(Validate{*ticket, entry.copy.message, entry.copy.via});
  }
}

void Router::State::on_validated(Ticket ticket, Validation verdict, TimePoint now) {
  const auto* entry = pending.find(ticket);
  if (entry == nullptr) return;
  if (entry->stage == Pending::Stage::screening) {
    if (verdict == Validation::accept) return line_up(ticket, now);
    tell_verdict(*entry, verdict);
    return conclude(ticket, verdict, "validator", now);
  }
  if (entry->stage != Pending::Stage::validating || !validations.leave(ticket)) return;
  tell_verdict(*entry, verdict);
  conclude(ticket, verdict, "validator", now);
  start_validations(now);
}

/// A validator that takes too long has ignored the message: what it says later is not looked at.
void Router::State::end_late_validations(TimePoint now) {
  while (const auto ticket = validations.take_due(now)) {
    ++counters.timed_out;
    const auto& copy = pending.find(*ticket)->copy;
    trace(Traced::Kind::timed_out, copy.via, copy.message.view.topic, "validator");
    conclude(*ticket, Validation::ignore, "validator took too long", now);
    start_validations(now);
  }
}

/// What the application refuses is marked as seen, so that it is not asked again; only copies with
/// other bytes that came meanwhile still have their turn.
void Router::State::conclude(Ticket ticket, Validation verdict, std::string_view reason,
                             TimePoint now) {
  if (verdict == Validation::accept) return accept_pending(ticket, now);
  const auto* entry = pending.find(ticket);
  if (entry->parked.empty()) seen.insert(entry->copy.message.id.bytes(), now);
  const bool rejected = verdict == Validation::reject;
  refuse(ticket, reason, rejected ? Traced::Kind::rejected : Traced::Kind::ignored, now);
}

void Router::set_validation(std::string_view name, const Validating& how) {
  auto& state = *state_;
  if (name.empty()) {
    state.default_validation = how;
    return;
  }
  if (name.size() > pubsub::topic_size_max) return;
  auto& topic = state.topics.intern(name);
  topic.validation = how;
  state.release_if_idle(topic);
}

void Router::extend_validation(Ticket ticket, Duration limit) {
  const auto* entry = state_->pending.find(ticket);
  if (entry == nullptr || entry->stage != Pending::Stage::validating) return;
  state_->validations.set_deadline(ticket, base::saturating_add(entry->asked, limit));
}

void Router::load_author_marks(std::span<const pubsub::AuthorMark> marks) {
  if (state_->marks) state_->marks->load(marks);
}

std::vector<pubsub::AuthorMark> Router::take_raised_marks() {
  return state_->marks ? state_->marks->take_raised() : std::vector<pubsub::AuthorMark>{};
}

}  // namespace grapevine::gossipsub
