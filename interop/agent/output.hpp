// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <boost/json/object.hpp>

namespace grapevine::agent {

/// Writes one JSON object a line to standard output, from a thread of its own. The queue has no
/// limit on purpose: a driver that reads slowly must not hold up the network it looks at.
class Output {
 public:
  Output();
  ~Output();  ///< what was not flushed is lost
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void emit(const boost::json::object& line);
  /// Waits until all is written, at most so long; answers whether it is.
  bool flush(std::chrono::milliseconds wait);

 private:
  void drain();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string pending_;
  bool writing_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace grapevine::agent
