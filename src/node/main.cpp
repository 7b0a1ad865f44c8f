// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "node/command_line.hpp"
#include "node/demo.hpp"
#include "node/run.hpp"

namespace {

using namespace grapevine::node;

struct Execute {
  int operator()(const RunOptions& options) const { return run(options); }
  int operator()(const DemoOptions& options) const { return demo(options); }
  int operator()(const ShowText& shown) const {
    return std::fputs(shown.text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? 1 : 0;
  }
};

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> given{arguments + (count > 0 ? 1 : 0), arguments + count};
  const auto command = parse_command_line(given);
  if (command) return std::visit(Execute{}, *command);
  std::fprintf(stderr, "grapevine: %s\n%s", command.error().line.c_str(),
               command.error().usage.c_str());
  return 2;
}
