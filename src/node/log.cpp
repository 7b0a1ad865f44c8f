// SPDX-License-Identifier: Apache-2.0
#include "node/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace grapevine::node {
namespace {

/// Lines that wait for a reader who does not read; then the oldest go.
constexpr std::size_t queued_lines_max = 4096;

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

void set_up_log(LogLevel level) {
  // A thread of its own writes: a log that nobody reads must not hold up the network thread.
  spdlog::init_thread_pool(queued_lines_max, 1);
  auto logger = std::make_shared<spdlog::async_logger>(
      "grapevine", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%H:%M:%S.%e %^%l%$ %v");
  logger->set_level(to_spdlog(level));
  spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view text) { spdlog::log(to_spdlog(level), "{}", text); }

}  // namespace grapevine::node
