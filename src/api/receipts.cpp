// SPDX-License-Identifier: Apache-2.0
#include "api/receipts.hpp"

#include <utility>

#include "api/convert.hpp"
#include "api/runtime.hpp"

namespace grapevine {

namespace {

gossipsub::ReceiptId new_number() {
  static std::atomic<std::uint64_t> next = 1;
  return gossipsub::ReceiptId{next.fetch_add(1)};
}

std::size_t at(const ReceiptState& state, ReceiptLevel level) {
  switch (level) {
    case ReceiptLevel::queued:
      return state.queued;
    case ReceiptLevel::written:
      return state.written;
    case ReceiptLevel::acknowledged:
      break;
  }
  return state.acknowledged;
}

}  // namespace

Receipt::State::State(std::shared_ptr<api::Runtime> runtime_in, ReceiptOptions options_in)
    : runtime{std::move(runtime_in)}, options{std::move(options_in)}, number{new_number()} {}

Receipt::State::~State() {
  auto& receipts = runtime->receipts();
  receipts.release();
  runtime->post([&receipts, number = number] { receipts.forget(number); });
}

void Receipt::State::update(const ReceiptState& news, bool stopped) {
  {
    const std::lock_guard lock{mutex};
    if (now.over) return;
    now = news;
    closed = stopped;
    changed.notify_all();
  }
  if (options.on_progress) options.on_progress(news);
}

const Payload& Receipt::id() const { return state_->id; }

ReceiptState Receipt::state() const {
  const std::lock_guard lock{state_->mutex};
  return state_->now;
}

Expected<void> Receipt::wait(ReceiptLevel level, std::size_t count,
                             std::chrono::milliseconds wait) const {
  auto& state = *state_;
  const auto until = state.runtime->on_loop() ? api::Deadline::min() : api::deadline_in(wait);
  std::unique_lock lock{state.mutex};
  const auto reached = [&] { return at(state.now, level) >= count; };
  state.changed.wait_until(lock, until, [&] { return reached() || state.now.over; });
  if (reached()) return {};
  if (state.closed) return std::unexpected(api::node_stopped());
  return std::unexpected(Error{ErrorCode::timeout, std::to_string(at(state.now, level)) + " of " +
                                                       std::to_string(count) + " peers so far"});
}

namespace api {

bool Receipts::claim() {
  if (live_.fetch_add(1) < receipts_max_) return true;
  --live_;
  return false;
}

void Receipts::follow(std::weak_ptr<Receipt::State> receipt, const pubsub::MessageId& id) {
  const auto state = receipt.lock();
  if (!state) return;
  followed_.emplace(state->number, std::move(receipt));
  shell_.host().track(id, {state->number, state->options.time}, shell_.time());
}

void Receipts::forget(gossipsub::ReceiptId number) {
  if (followed_.erase(number) > 0) shell_.host().untrack(number);
}

void Receipts::on_progress(const host::Progress& progress) {
  const auto found = followed_.find(progress.receipt);
  if (found == followed_.end()) return;
  const auto state = found->second.lock();
  if (progress.over) followed_.erase(found);
  if (!state) return;
  state->update({progress.queued, progress.written, progress.acknowledged, progress.over});
}

void Receipts::end() {
  for (const auto& [number, receipt] : std::exchange(followed_, {})) {
    const auto state = receipt.lock();
    if (!state) continue;
    auto last = state->now;  // only the loop writes it
    last.over = true;
    state->update(last, true);
  }
}

Expected<std::shared_ptr<Receipt::State>> new_receipt(std::shared_ptr<Runtime> runtime,
                                                      ReceiptOptions options) {
  if (!runtime->receipts().claim()) {
    return std::unexpected(Error{ErrorCode::limit, "too many messages are followed already"});
  }
  return std::make_shared<Receipt::State>(std::move(runtime), std::move(options));
}

void follow(const std::shared_ptr<Receipt::State>& receipt, const pubsub::MessageId& id) {
  receipt->id = to_payload(id);
  auto& receipts = receipt->runtime->receipts();
  receipt->runtime->post(
      [&receipts, weak = std::weak_ptr{receipt}, id] { receipts.follow(weak, id); });
}

}  // namespace api
}  // namespace grapevine
