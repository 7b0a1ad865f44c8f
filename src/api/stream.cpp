// SPDX-License-Identifier: Apache-2.0
#include "api/stream.hpp"

#include <algorithm>

#include "api/answer.hpp"
#include "api/convert.hpp"
#include "api/runtime.hpp"

namespace grapevine {

namespace {

constexpr std::size_t queued_max = 1u << 20;
/// Bytes copied and handed over at a time.
constexpr std::size_t piece_max = 256 * 1024;

Error late(std::string_view what) {
  return {ErrorCode::timeout, "the stream's remote " + std::string{what} + " in time"};
}

}  // namespace

Stream::State::State(std::shared_ptr<api::Runtime> runtime_in, host::StreamKey key_in, Peer peer_in,
                     std::string protocol_in)
    : runtime{std::move(runtime_in)},
      key{key_in},
      peer{peer_in},
      protocol{std::move(protocol_in)} {}

Stream::State::~State() {
  auto& streams = runtime->streams();
  runtime->post([&streams, key = key] { streams.release(key); });
}

void Stream::State::on_data(SharedBytes bytes) {
  const std::lock_guard lock{mutex_};
  received_.push_back(bytes.kept_small());
  readable_.notify_one();
}

void Stream::State::on_ended() {
  const std::lock_guard lock{mutex_};
  ended_ = true;
  readable_.notify_all();
}

void Stream::State::on_closed(Error reason) {
  const std::lock_guard lock{mutex_};
  if (!closed_) closed_ = std::move(reason);
  readable_.notify_all();
  writable_.notify_all();
}

void Stream::State::on_taken(std::size_t size) {
  const std::lock_guard lock{mutex_};
  on_the_way_ -= size;
  queued_ += size;
}

void Stream::State::on_queued(std::size_t size) {
  const std::lock_guard lock{mutex_};
  queued_ = size;
  if (on_the_way_ + queued_ < queued_max) writable_.notify_one();
}

Expected<void> Stream::State::wait_for_data(Lock& lock, Deadline until) {
  const auto changed = [&] { return !received_.empty() || ended_ || closed_; };
  if (!readable_.wait_until(lock, until, changed)) return std::unexpected(late("sent nothing"));
  if (received_.empty() && !ended_) return std::unexpected(*closed_);
  return {};
}

Expected<void> Stream::State::wait_for_room(Lock& lock, Deadline until) {
  const auto changed = [&] {
    return on_the_way_ + queued_ < queued_max || closed_ || write_closed_;
  };
  if (!writable_.wait_until(lock, until, changed)) return std::unexpected(late("took nothing"));
  if (closed_) return std::unexpected(*closed_);
  if (write_closed_) {
    return std::unexpected(Error{ErrorCode::closed, "the stream's writing side is closed"});
  }
  return {};
}

void Stream::State::give_credit(std::size_t size) {
  const auto told_before = std::min(size, credited_);
  credited_ -= told_before;
  credit_ += size - told_before;
  if (credit_ == 0 || closed_ || std::exchange(crediting_, true)) return;
  auto& streams = runtime->streams();
  runtime->post([&streams, key = key] { streams.give_credit(key); });
}

std::size_t Stream::State::take_credit() {
  const std::lock_guard lock{mutex_};
  crediting_ = false;
  return std::exchange(credit_, 0);
}

Expected<Payload> Stream::State::read(std::chrono::milliseconds wait) {
  const auto until = api::deadline_in(wait);
  Lock lock{mutex_};
  if (auto ready = wait_for_data(lock, until); !ready) return std::unexpected(ready.error());
  if (received_.empty()) return Payload{};
  auto bytes = std::move(received_.front());
  received_.pop_front();
  give_credit(bytes.size());
  return api::to_payload(std::move(bytes));
}

Expected<std::vector<std::uint8_t>> Stream::State::read_exactly(std::size_t size,
                                                                std::chrono::milliseconds wait) {
  const auto until = api::deadline_in(wait);
  std::vector<std::uint8_t> out;
  Lock lock{mutex_};
  while (out.size() < size) {
    auto ready = wait_for_data(lock, until);
    if (ready && received_.empty()) {
      ready = std::unexpected(Error{ErrorCode::closed, "the stream ended before that many bytes"});
    }
    if (!ready) {
      // What came stays readable.
      credited_ += out.size();
      if (!out.empty()) received_.emplace_front(std::move(out));
      return std::unexpected(ready.error());
    }
    auto& front = received_.front();
    const auto taken = std::min(size - out.size(), front.size());
    append(out, front.view().first(taken));
    if (taken == front.size()) {
      received_.pop_front();
    } else {
      front = front.slice(taken, front.size() - taken);
    }
    give_credit(taken);
  }
  return out;
}

Expected<void> Stream::State::write(std::span<const std::uint8_t> bytes,
                                    std::chrono::milliseconds wait) {
  const auto until = api::deadline_in(wait);
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), piece_max));
    {
      Lock lock{mutex_};
      if (auto room = wait_for_room(lock, until); !room) return room;
      on_the_way_ += piece.size();
    }
    auto& streams = runtime->streams();
    const auto copy = SharedBytes::copy_of(piece);
    if (!runtime->post([&streams, key = key, copy] { streams.write(key, copy); })) {
      return std::unexpected(api::node_stopped());
    }
    bytes = bytes.subspan(piece.size());
  }
  return {};
}

void Stream::State::close_write() {
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(write_closed_, true)) return;
    writable_.notify_all();
  }
  auto& streams = runtime->streams();
  runtime->post([&streams, key = key] { streams.end(key); });
}

void Stream::State::reset() {
  on_closed({ErrorCode::closed, "the stream was reset by ourselves"});
  auto& streams = runtime->streams();
  runtime->post([&streams, key = key] { streams.reset(key); });
}

Expected<Payload> Stream::read(std::chrono::milliseconds wait) { return state_->read(wait); }

Expected<std::vector<std::uint8_t>> Stream::read_exactly(std::size_t size,
                                                         std::chrono::milliseconds wait) {
  return state_->read_exactly(size, wait);
}

Expected<void> Stream::write(std::span<const std::uint8_t> bytes, std::chrono::milliseconds wait) {
  return state_->write(bytes, wait);
}

void Stream::close_write() { state_->close_write(); }
void Stream::reset() { state_->reset(); }
const Peer& Stream::peer() const { return state_->peer; }
const std::string& Stream::protocol() const { return state_->protocol; }

}  // namespace grapevine
