// SPDX-License-Identifier: Apache-2.0
#include "net/verifier.hpp"

#include <algorithm>
#include <iterator>

namespace grapevine::net {

namespace {

/// About a millisecond of work: what a verdict waits for at most because of its company.
constexpr std::size_t chunk_max = 32;

}  // namespace

Verifier::Verifier(std::size_t workers, std::function<void()> wake) : wake_{std::move(wake)} {
  for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
}

Verifier::~Verifier() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  todo_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Verifier::submit(std::vector<Job> jobs) {
  const auto share = (jobs.size() + threads_.size() - 1) / threads_.size();
  const auto size = std::clamp<std::size_t>(share, 1, chunk_max);
  std::size_t added = 0;
  {
    const std::lock_guard lock{mutex_};
    for (std::size_t at = 0; at < jobs.size(); at += size) {
      auto chunk = std::make_unique<Chunk>();
      const auto first = jobs.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last = first + static_cast<std::ptrdiff_t>(std::min(size, jobs.size() - at));
      chunk->jobs.assign(std::make_move_iterator(first), std::make_move_iterator(last));
      chunks_.push(chunk.get());
      outstanding_.push(std::move(chunk));
      ++added;
    }
  }
  for (std::size_t i = 0; i < std::min(added, threads_.size()); ++i) todo_.notify_one();
}

void Verifier::run(std::function<void()> task) {
  {
    const std::lock_guard lock{mutex_};
    tasks_.push(std::move(task));
  }
  todo_.notify_one();
}

std::vector<Verifier::Verdict> Verifier::collect() {
  told_.store(false);  // before looking: whoever finishes from now on tells again
  std::vector<Verdict> verdicts;
  while (!outstanding_.empty() && outstanding_.front()->done.load()) {
    const auto chunk = outstanding_.pop();  // the messages end here, on the loop's thread
    std::ranges::move(chunk->verdicts, std::back_inserter(verdicts));
  }
  return verdicts;
}

void Verifier::work() {
  for (;;) {
    Chunk* chunk = nullptr;
    std::function<void()> task;
    {
      std::unique_lock lock{mutex_};
      todo_.wait(lock, [&] { return stopping_ || !chunks_.empty() || !tasks_.empty(); });
      if (stopping_) return;
      if (!tasks_.empty()) {
        task = tasks_.pop();
      } else {
        chunk = chunks_.pop();
      }
    }
    if (task) task();
    if (chunk != nullptr) check(*chunk);
  }
}

void Verifier::check(Chunk& chunk) {
  chunk.verdicts.reserve(chunk.jobs.size());
  for (const auto& job : chunk.jobs) {
    chunk.verdicts.push_back({job.ticket, pubsub::verify(job.message.view)});
  }
  chunk.done.store(true);
  if (!told_.exchange(true)) wake_();
}

}  // namespace grapevine::net
