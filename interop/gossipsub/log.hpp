// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include "agent/output.hpp"

namespace grapevine::interop {

/// Standard output of a node: a JSON object a line, with the time and a message first.
class Log {
 public:
  void say(std::string_view message, boost::json::object fields = {});
  /// Waits until all is written, at most so long.
  void flush(std::chrono::milliseconds wait) { output_.flush(wait); }

 private:
  agent::Output output_;
};

}  // namespace grapevine::interop
