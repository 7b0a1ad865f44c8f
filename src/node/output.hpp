// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "grapevine/node.hpp"

namespace grapevine::node {

/// Standard output: the node's own lines and the messages, each whole and at once. Raw into pipes
/// and files, escaped on a terminal. Safe on every thread.
class Output {
 public:
  /// `on_closed` is called once when nobody reads any more.
  Output(int descriptor, std::function<void()> on_closed);

  void line(std::string_view text);
  void messages(const std::vector<Message>& messages);

 private:
  std::string shown(std::string_view text) const;
  void write(std::string_view text);

  const int descriptor_;
  const bool terminal_;
  std::function<void()> on_closed_;
  std::mutex mutex_;
  bool closed_ = false;
};

/// Prints what the subscriptions bring, on a thread of its own: a reader of the output who is slow
/// fills the subscriptions' bounds and nothing else.
class Printer {
 public:
  Printer(Output& output, std::vector<Subscription> subscriptions);
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;
  ~Printer() { finish(); }

  /// Prints what is there and ends.
  void finish();

 private:
  void run();
  bool wait();
  void print_all();
  void report_lost();

  Output& output_;
  std::vector<Subscription> subscriptions_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ready_ = true;  ///< messages may have come before anybody listened
  bool finishing_ = false;
  std::uint64_t lost_ = 0;
  std::thread thread_;
};

}  // namespace grapevine::node
