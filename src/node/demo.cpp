// SPDX-License-Identifier: Apache-2.0
#include "node/demo.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/client.hpp"
#include "node/child.hpp"
#include "node/signals.hpp"
#include "node/stage.hpp"

namespace grapevine::node {
namespace {

constexpr std::uint16_t first_port = 8001;
constexpr std::string_view message = "hellokatty";

bool is_free(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return bound;
}

/// The next free port from `from` on; 0 when there is none.
std::uint16_t free_port(std::uint32_t from) {
  for (auto port = from; port < 65536; ++port) {
    if (is_free(static_cast<std::uint16_t>(port))) return static_cast<std::uint16_t>(port);
  }
  return 0;
}

/// The nodes and what is done to them. Each step returns false when it did not come about; what the
/// stage then shows says why.
class Demo {
 public:
  explicit Demo(std::size_t nodes, Stage& stage) : count_{nodes}, stage_{stage} {}
  ~Demo() {
    for (const auto& node : nodes_) node.process.ask_to_end();
  }

  bool start();
  bool join();
  bool publish();
  void suggest() const;

 private:
  struct Node {
    Child process;
    std::uint16_t port;
    std::string address;
  };
  bool start_one(std::size_t index, std::uint16_t port);
  bool ask(std::uint16_t port, const std::string& target);

  std::size_t count_;
  Stage& stage_;
  std::vector<Node> nodes_;
};

bool Demo::start() {
  stage_.say(std::to_string(count_) + " nodes on this machine, each a process of its own.\n");
  std::uint32_t next = first_port;
  for (std::size_t i = 0; i < count_; ++i) {
    const auto port = free_port(next);
    if (port == 0 || !start_one(i, port)) return false;
    next = port + 1u;
  }
  for (std::size_t i = 0; i < count_; ++i) {
    const auto address = stage_.wait_for(i, "this multiaddr is :  ");
    if (!address) return false;
    nodes_[i].address = *address;
  }
  return true;
}

bool Demo::start_one(std::size_t index, std::uint16_t port) {
  const std::vector<std::string> arguments{
      "run", "-hp", std::to_string(port), "-s", std::to_string(index + 1), "--log-level", "warn"};
  auto child = Child::start(arguments, [&stage = stage_, index](Source source, auto line) {
    stage.on_line(index, source, line);
  });
  if (!child) {
    stage_.say(child.error().detail);
    return false;
  }
  nodes_.push_back({std::move(*child), port, {}});
  return true;
}

/// Each node is told of the next: a line, so that the message must be passed on.
bool Demo::join() {
  for (std::size_t i = 0; i + 1 < count_; ++i) {
    if (!ask(nodes_[i].port, "/addPeers?dest=" + nodes_[i + 1].address)) return false;
    if (!stage_.wait_for(i, "peer connected!")) return false;
  }
  return true;
}

bool Demo::publish() {
  const auto text = std::string{message};
  if (!ask(nodes_.back().port, "/send?msg=" + text)) return false;
  const auto reached = stage_.wait_for_all(text);
  for (std::size_t i = 0; i < count_; ++i) {
    if (stage_.count(i, text) > 1) {
      stage_.say("node-" + std::to_string(i + 1) + " has the message more than once");
      return false;
    }
  }
  if (stage_.interrupted()) return false;
  if (reached == count_) {
    stage_.say("\nOne message, sent to the last node, printed once by every node.");
    return true;
  }
  stage_.say("the message reached " + std::to_string(reached) + " of " + std::to_string(count_) +
             " nodes");
  return false;
}

bool Demo::ask(std::uint16_t port, const std::string& target) {
  if (stage_.interrupted()) return false;
  stage_.command("curl \"http://127.0.0.1:" + std::to_string(port) + target + "\"");
  const auto reply = http::get(port, target, std::chrono::seconds{40});
  if (reply && reply->status == 200) return true;
  stage_.say(reply ? reply->body : reply.error().detail);
  return false;
}

void Demo::suggest() const {
  const auto url = [&](std::size_t node) {
    return "  curl \"http://127.0.0.1:" + std::to_string(nodes_[node].port);
  };
  const auto port = std::to_string(free_port(nodes_.back().port + 1u));
  stage_.say("\nIn another terminal, try");
  stage_.say(url(0) + "/send?msg=hello\"");
  stage_.say(url(0) + "/livez\"");
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
  stage_.say("  " + (unknown ? "grapevine" : program) + " -hp " + port + " --connect " +
             nodes_.front().address);
  stage_.say("\nCtrl-C ends the demo.\n");
}

bool play(Demo& demo, Stage& stage, bool once) {
  const bool done = demo.start() && demo.join() && demo.publish();
  if (!done && !stage.interrupted()) stage.say("The demo failed.");
  if (!done || once) return done;
  demo.suggest();
  stage.wait_for_interrupt();
  stage.say("\nThe nodes end.");
  return true;
}

}  // namespace

int demo(const DemoOptions& options) {
  block_signals();
  const auto nodes = static_cast<std::size_t>(options.nodes);
  // Nobody joins the thread that waits for a signal: it keeps the stage.
  const auto stage = std::make_shared<Stage>(nodes);
  std::thread{[stage] {
    wait_for_signal();
    stage->interrupt();
    ::_exit(128 + wait_for_signal());  // once more: at once, and the nodes go along
  }}.detach();
  Demo demo{nodes, *stage};
  return play(demo, *stage, options.once) ? 0 : 1;
}

}  // namespace grapevine::node
