// SPDX-License-Identifier: Apache-2.0
// A scripted peer of our own cores that watches any agent on the wire:
//   grapevine-wirepeer --list            the cases, each with the agent's configuration if any
//   grapevine-wirepeer CASE MULTIADDR    plays one against that agent
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "agent/wire/stage.hpp"

namespace {

using namespace grapevine;

constexpr int status_usage = 2;

std::vector<wire::Case> all_cases() {
  auto cases = wire::forwarding_cases();
  for (const auto& more : {wire::backoff_cases(), wire::stream_cases()})
    cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

int list() {
  for (const auto& one : all_cases()) {
    std::printf("%s%s%s\n", one.name.data(), one.config.empty() ? "" : " ", one.config.data());
  }
  return 0;
}

int play(std::string_view name, std::string_view address) {
  const auto cases = all_cases();
  const auto chosen = std::ranges::find(cases, name, &wire::Case::name);
  const auto agent = Multiaddr::parse(address);
  if (chosen == cases.end() || !agent) {
    std::fprintf(stderr, "no such case, or no multiaddr\n");
    return status_usage;
  }
  wire::Stage stage{*agent};
  chosen->play(stage);
  const auto verdict = boost::json::serialize(boost::json::object{
      {"case", chosen->name.data()}, {"ok", stage.ok()}, {"detail", stage.detail()}});
  std::printf("%s\n", verdict.c_str());
  std::fflush(stdout);
  return stage.ok() ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  if (count == 2 && std::string_view{words[1]} == "--list") return list();
  if (count == 3) return play(words[1], words[2]);
  std::fprintf(stderr, "usage: grapevine-wirepeer --list | CASE MULTIADDR\n");
  return status_usage;
}
