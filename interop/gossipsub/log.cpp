// SPDX-License-Identifier: Apache-2.0
#include "gossipsub/log.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

namespace grapevine::interop {

namespace {

/// RFC 3339, in UTC with microseconds.
std::string now_text() {
  using std::chrono::microseconds;
  const auto since =
      std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch());
  const auto seconds = static_cast<std::time_t>(since.count() / 1'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> day{};
  std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 48> all{};
  std::snprintf(all.data(), all.size(), "%s.%06ld+00:00", day.data(),
                static_cast<long>(since.count() % 1'000'000));
  return all.data();
}

}  // namespace

void Log::say(std::string_view message, boost::json::object fields) {
  boost::json::object line{{"time", now_text()}, {"level", "INFO"}, {"msg", message}};
  for (auto& field : fields) line.insert(field);
  output_.emit(line);
}

}  // namespace grapevine::interop
