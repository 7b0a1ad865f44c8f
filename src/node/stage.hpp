// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/child.hpp"

namespace grapevine::node {

/// The screen of the demo and its memory: shows each node's lines under its name, in its colour on
/// a terminal, and remembers them. Safe on every thread.
class Stage {
 public:
  explicit Stage(std::size_t nodes);

  void on_line(std::size_t node, Source source, std::string_view line);
  void say(std::string_view text);      ///< the demo's own words
  void command(std::string_view text);  ///< what somebody could have typed

  /// Ends every wait, now and later.
  void interrupt();
  bool interrupted() const;

  /// The rest of the first line of `node` that begins with `start`; waits for it. Absent: it did
  /// not come in time.
  std::optional<std::string> wait_for(std::size_t node, std::string_view start);
  /// Waits until every node has shown `line`; the number that has.
  std::size_t wait_for_all(std::string_view line);
  /// How often `node` has shown `line`.
  std::size_t count(std::size_t node, std::string_view line) const;
  void wait_for_interrupt();

 private:
  void print(std::string_view text);
  std::size_t seen_by(std::string_view line) const;
  std::size_t count_held(std::size_t node, std::string_view line) const;

  const bool terminal_;
  const bool colours_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<std::string>> lines_;  ///< on standard output, by node
  bool interrupted_ = false;
};

}  // namespace grapevine::node
