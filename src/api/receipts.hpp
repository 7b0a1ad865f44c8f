// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "grapevine/receipt.hpp"
#include "net/shell.hpp"

namespace grapevine {

namespace api {
class Runtime;
}

/// What an application's receipt and the loop share.
struct Receipt::State {
  State(std::shared_ptr<api::Runtime> runtime_in, ReceiptOptions options_in);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  /// From the loop. `closed`: the node stopped.
  void update(const ReceiptState& news, bool closed = false);

  const std::shared_ptr<api::Runtime> runtime;
  const ReceiptOptions options;
  const gossipsub::ReceiptId number;
  Payload id;  ///< set before the receipt is handed out

  mutable std::mutex mutex;
  std::condition_variable changed;
  ReceiptState now;
  bool closed = false;
};

namespace api {

/// The receipts that are followed. Loop's thread only, but for the count of those that live.
class Receipts {
 public:
  Receipts(net::Shell& shell, std::size_t receipts_max)
      : shell_{shell}, receipts_max_{receipts_max} {}

  // --- from any thread ---
  /// False when there are as many as there may be; else one more lives until `release`.
  bool claim();
  void release() { --live_; }

  // --- from the loop ---
  void follow(std::weak_ptr<Receipt::State> receipt, const pubsub::MessageId& id);
  void forget(gossipsub::ReceiptId number);
  void on_progress(const host::Progress& progress);
  /// The node is stopped: nothing more comes.
  void end();

 private:
  net::Shell& shell_;
  const std::size_t receipts_max_;
  std::atomic<std::size_t> live_ = 0;
  boost::unordered_flat_map<gossipsub::ReceiptId, std::weak_ptr<Receipt::State>> followed_;
};

/// `limit` when there are too many.
Expected<std::shared_ptr<Receipt::State>> new_receipt(std::shared_ptr<Runtime> runtime,
                                                      ReceiptOptions options);
/// Follows the message of that id, which is handed to the loop after this.
void follow(const std::shared_ptr<Receipt::State>& receipt, const pubsub::MessageId& id);

}  // namespace api
}  // namespace grapevine
