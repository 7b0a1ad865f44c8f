// SPDX-License-Identifier: Apache-2.0
// The agent: our node behind JSON lines, so that a driver can put it against any other
// implementation. Commands come on standard input, replies and events go to standard output.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "agent/agent.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::agent;

constexpr std::chrono::seconds flush_wait{1};

/// Announces why the agent does not start; its exit status.
int fail(Output& output, const StartFailure& failure) {
  output.emit({{"event", "failed"}, {"error", failure.text}});
  output.flush(flush_wait);
  return failure.status;
}

/// What the library refuses: its own limits are unsupported values, text that is no address is
/// wrong for every implementation.
StartFailure failure_of(const Error& error) {
  if (error.code == ErrorCode::bad_config) return StartFailure::unsupported(error.detail);
  if (error.code == ErrorCode::bad_address) return StartFailure::usage(error.detail);
  return {status_failed, error.detail};
}

void serve(Agent& agent) {
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") != line.npos && agent.answer(line)) return;
  }
}

/// Lives until the end of input or `quit`; the exit status.
int run(std::span<char* const> arguments) {
  Output output;
  const auto settings = parse_command_line(arguments);
  if (!settings) return fail(output, settings.error());
  auto node = Node::start(settings->node);
  if (!node) return fail(output, failure_of(node.error()));
  Agent agent{*node, *settings, output};
  output.emit(agent.ready());
  serve(agent);
  const bool at_rest = agent.close();
  const bool written = output.flush(flush_wait);
  // A thread that waits for the network, or a driver that does not read, must not keep us.
  if (!at_rest || !written) std::_Exit(0);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  return run(std::span{words, static_cast<std::size_t>(count)}.subspan(count > 0 ? 1 : 0));
}
