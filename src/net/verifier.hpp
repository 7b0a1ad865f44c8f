// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/queue.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::net {

/// Checks signatures on threads of its own, and does other work that must not hold up the loop.
/// Verdicts come back in the order of submission, whichever thread was faster: messages of one
/// author must reach the application in order.
class Verifier {
 public:
  using Job = gossipsub::Verify::Job;
  struct Verdict {
    gossipsub::Ticket ticket;
    Result<void, pubsub::RejectReason> verdict;
  };

  /// `wake` is called on a worker when there are verdicts to collect and nobody was told yet.
  Verifier(std::size_t workers, std::function<void()> wake);
  ~Verifier();  ///< waits for work under way; what is queued is dropped

  // --- from the loop ---
  void submit(std::vector<Job> jobs);
  /// All verdicts whose turn it is.
  std::vector<Verdict> collect();

  // --- from any thread ---
  void run(std::function<void()> task);

 private:
  struct Chunk {
    std::vector<Job> jobs;
    std::vector<Verdict> verdicts;
    std::atomic<bool> done = false;
  };
  void work();
  void check(Chunk& chunk);

  const std::function<void()> wake_;
  base::Queue<std::unique_ptr<Chunk>> outstanding_;  ///< the loop's, in order of submission
  std::atomic<bool> told_ = false;
  std::mutex mutex_;
  std::condition_variable todo_;
  base::Queue<Chunk*> chunks_;
  base::Queue<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace grapevine::net
