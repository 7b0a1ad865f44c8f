// SPDX-License-Identifier: Apache-2.0
#include "api/asking.hpp"

#include <algorithm>
#include <atomic>

namespace grapevine::api {

namespace {

/// One validator's answer. Whoever drops it unanswered has ignored the message: nothing waits for
/// ever.
class Answering {
 public:
  Answering(std::shared_ptr<Asking> asking, std::size_t of) : asking_{std::move(asking)}, of_{of} {}
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;
  ~Answering() { answer(Verdict::ignore); }

  void answer(Verdict verdict) {
    if (answered_.exchange(true)) return;
    const auto alive = asking_->way().owner.lock();
    if (!alive) return;
    asking_->way().shell.inbox().post(
        [asking = asking_, of = of_, verdict] { asking->on_answer(of, verdict); });
  }

 private:
  const std::shared_ptr<Asking> asking_;
  const std::size_t of_;
  std::atomic<bool> answered_ = false;
};

}  // namespace

gossipsub::Validation validation_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::accept:
      return gossipsub::Validation::accept;
    case Verdict::reject:
      return gossipsub::Validation::reject;
    case Verdict::ignore:
      break;
  }
  return gossipsub::Validation::ignore;
}

Asking::Asking(Way way, gossipsub::Ticket ticket, Validators::List list)
    : way_{std::move(way)}, ticket_{ticket}, open_{list.size()} {
  for (auto& entry : list) asked_.push_back({std::move(entry)});
}

void Asking::ask(Validators& validators, const Message& message) {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const auto answering = std::make_shared<Answering>(shared_from_this(), i);
    const auto entry = asked_[i].entry;
    validators.contained(
        [&] { entry->asked(message, [answering](Verdict word) { answering->answer(word); }); },
        [&] { return described(*message.topic, entry->name); });
  }
}

/// While a validator is still to be heard, the message has that one's time: the shortest of those
/// that are left.
void Asking::on_answer(std::size_t of, Verdict verdict) {
  if (over_ || asked_[of].answered) return;
  asked_[of].answered = true;
  --open_;
  worst_ = worse(worst_, verdict);
  auto& host = way_.shell.host();
  if (worst_ == Verdict::reject || open_ == 0) {
    over_ = true;
    return host.on_validated(ticket_, validation_of(worst_), way_.shell.time());
  }
  auto limit = Duration::max();
  for (const auto& asked : asked_) {
    if (!asked.answered) limit = std::min<Duration>(limit, asked.entry->options.timeout);
  }
  host.extend_validation(ticket_, limit);
}

}  // namespace grapevine::api
