// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "grapevine/node.hpp"

namespace grapevine::node {

/// Standard output: the node's own lines and the messages, each whole, in the order in which they
/// were given. Raw into pipes and files, escaped on a terminal. A thread of its own writes: a
/// reader who does not read, or a terminal that was stopped, holds up nobody but the messages.
///
/// Safe on every thread.
class Output {
 public:
  /// `on_closed` is called once, on the writing thread, when nobody reads any more.
  Output(int descriptor, std::function<void()> on_closed);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { finish(); }

  /// Never waits: while as much is held as may be, the line is dropped and counted.
  void line(std::string_view text);
  /// Waits for room.
  void messages(const std::vector<Message>& messages);
  /// Writes what is held and ends. Waits for the reader.
  void finish();

  std::uint64_t lost() const;

  /// Bytes that wait for the reader; the text that reaches this is still taken.
  static constexpr std::size_t held_max = 1 << 20;

 private:
  std::string shown(std::string_view text) const;
  void run();
  bool write(std::string_view text) const;

  const int descriptor_;
  const bool terminal_;
  std::function<void()> on_closed_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string held_;
  std::uint64_t lost_ = 0;
  bool closed_ = false;
  bool finishing_ = false;
  std::thread thread_;
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
