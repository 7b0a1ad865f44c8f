// SPDX-License-Identifier: Apache-2.0
#include "node/run.hpp"

#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "grapevine/node.hpp"
#include "http/joining.hpp"
#include "http/server.hpp"
#include "node/catcher.hpp"
#include "node/connector.hpp"
#include "node/escape.hpp"
#include "node/identity.hpp"
#include "node/life_probe.hpp"
#include "node/log.hpp"
#include "node/output.hpp"
#include "node/remembered.hpp"
#include "node/signals.hpp"

namespace grapevine::node {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Leaves a second of the five for the rest.
constexpr milliseconds goodbye{4'000};

Rng make_rng() {
  Rng::Seed seed{};
  const auto got = ::getrandom(seed.data(), seed.size(), 0);
  ASSERT(got == static_cast<ssize_t>(seed.size()));
  return Rng{seed};
}

std::uint64_t wall_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time, 0));
}

std::string_view environment(const char* name) {
  const auto* value = std::getenv(name);
  return value != nullptr ? value : "";
}

int fail(std::string_view why, int exit_code = 1) {
  log(LogLevel::error, why);
  return exit_code;
}

/// The node and everything around it. Members go in reverse: first who asks the node, then it.
class Running {
 public:
  Running(Node node, http::Server server, Output& output, const Identity& identity)
      : node_{std::move(node)}, server_{std::move(server)}, output_{output}, identity_{identity} {}

  /// False: a topic was refused, and the log says why.
  bool start(const RunOptions& options);
  void stop();

 private:
  http::Services services();
  http::Life life();
  Expected<void> publish(const http::Publish& wanted);
  std::vector<http::DialResult> add_peers(const http::AddPeers& wanted);
  void observe();

  Node node_;
  http::Server server_;
  Output& output_;
  const Identity& identity_;
  std::vector<Topic> topics_;
  std::optional<Printer> printer_;
  std::optional<http::Joining> joining_;
  std::optional<LifeProbe> probe_;
  std::optional<Connector> connector_;
  std::optional<Catcher> catcher_;
};

bool Running::start(const RunOptions& options) {
  std::vector<Subscription> subscriptions;
  for (const auto& name : options.topics) {
    auto topic = node_.join(name);
    auto subscription = topic ? topic->subscribe() : std::unexpected{topic.error()};
    if (!subscription) {
      log(LogLevel::error, "cannot join '" + name + "': " + subscription.error().detail);
      return false;
    }
    topics_.push_back(std::move(*topic));
    subscriptions.push_back(std::move(*subscription));
  }
  for (const auto& address : node_.addresses()) output_.line("this multiaddr is :  " + address);
  printer_.emplace(output_, std::move(subscriptions));
  joining_.emplace(node_, options.topics);
  probe_.emplace(node_);
  if (options.history) catcher_.emplace(topics_);
  observe();
  server_.serve(services());
  if (!options.connect.empty()) connector_.emplace(node_, options.connect);
  return true;
}

void Running::stop() {
  server_.stop();
  joining_->stop();
  if (connector_) connector_->stop();
  if (catcher_) catcher_->stop();
  printer_->finish();
  node_.stop(goodbye);
  connector_.reset();
  catcher_.reset();
  server_.join();
  probe_.reset();
}

void Running::observe() {
  node_.on_topic([this](const TopicEvent& event) {
    const auto what = event.kind == TopicEvent::Kind::joined    ? "joined"
                      : event.kind == TopicEvent::Kind::left    ? "left"
                      : event.kind == TopicEvent::Kind::grafted ? "grafted"
                                                                : "pruned";
    log(LogLevel::debug,
        event.peer.to_string() + " " + what + " " + escape_for_terminal(event.topic));
    joining_->on_topic_event();
    if (catcher_ && event.kind == TopicEvent::Kind::grafted) catcher_->on_grafted(event.topic);
  });
  node_.on_peer([](const PeerEvent& event) {
    const auto what = event.kind == PeerEvent::Kind::connected      ? "connected"
                      : event.kind == PeerEvent::Kind::disconnected ? "disconnected"
                                                                    : "identified";
    log(LogLevel::debug, event.peer.to_string() + " " + what);
  });
}

http::Services Running::services() {
  return {
      .publish = [this](const http::Publish& wanted) { return publish(wanted); },
      .add_peers = [this](const http::AddPeers& wanted) { return add_peers(wanted); },
      .life = [this] { return life(); },
      .metrics =
          [this](const http::ShowMetrics& asked) {
            return node_.metrics(asked.openmetrics ? MetricsFormat::openmetrics
                                                   : MetricsFormat::prometheus);
          },
  };
}

http::Life Running::life() {
  const auto pulse = probe_->check(seconds{1});
  return {.listening = !node_.addresses().empty(),
          .peers = pulse.peers,
          .store = std::string{identity_.store_state()},
          .loop_lag_ms = pulse.lag_ms};
}

Expected<void> Running::publish(const http::Publish& wanted) {
  auto topic = topics_.begin();
  if (wanted.topic) topic = std::ranges::find(topics_, *wanted.topic, &Topic::name);
  if (topic == topics_.end()) {
    return std::unexpected{Error{ErrorCode::bad_topic, "this node has not joined that topic"}};
  }
  output_.line("http request is :  " + wanted.message);
  const auto published = topic->publish(wanted.message);
  if (!published) return std::unexpected{published.error()};
  return {};
}

std::vector<http::DialResult> Running::add_peers(const http::AddPeers& wanted) {
  auto results = joining_->add(wanted.addresses);
  const auto failed = [](const http::DialResult& result) { return result.error.has_value(); };
  if (std::ranges::none_of(results, failed)) output_.line("peer connected!");
  return results;
}

/// One of the two bounds is what was asked for, the other far away.
HistoryOptions history_options(const HistoryFlag& flag, const store::DataDirectory& directory) {
  HistoryOptions history;
  history.file = directory.history_path().string();
  history.messages_max = flag.messages > 0 ? flag.messages : SIZE_MAX;
  history.bytes_max = flag.bytes > 0 ? flag.bytes : INT64_MAX;
  return history;
}

NodeConfig make_config(const RunOptions& options, Identity& identity) {
  NodeConfig config;
  config.listen = options.listen;
  config.on_warning = [](std::string_view text) { log(LogLevel::warning, text); };
  if (!options.trace_file.empty()) {
    config.trace.emplace().path = options.trace_file;
    config.trace->format = options.trace_format;
  }
  apply_identity(identity, wall_clock(), config);
  if (options.history && identity.directory) {
    config.history = history_options(*options.history, *identity.directory);
  } else if (options.history) {
    log(LogLevel::warning, "there is no data directory, so no message history is kept");
  }
  return config;
}

bool is_usage(ErrorCode code) {
  return code == ErrorCode::bad_config || code == ErrorCode::bad_address ||
         code == ErrorCode::bad_topic;
}

}  // namespace

int run(const RunOptions& options) {
  block_signals();
  set_up_log(options.log_level);
  auto rng = make_rng();
  const Surroundings around{{environment("XDG_DATA_HOME"), environment("HOME")}, wall_clock()};
  auto identity = make_identity(options, around, rng);
  if (!identity) return fail(identity.error().detail);
  if (!identity->note.empty()) log(LogLevel::warning, identity->note);

  auto server = http::Server::listen(options.http);
  if (!server) return fail(server.error().detail);
  auto config = make_config(options, *identity);
  const auto remembered = apply_remembered(*identity, options.check_seqno, config);
  if (!remembered) return fail(remembered.error().detail);
  auto node = Node::start(std::move(config));
  if (!node) return fail(node.error().detail, is_usage(node.error().code) ? 2 : 1);

  std::atomic<bool> unread = false;
  Output output{STDOUT_FILENO, [&unread] {
                  unread = true;
                  ::kill(::getpid(), SIGTERM);
                }};
  const auto port = server->port();
  Running running{std::move(*node), std::move(*server), output, *identity};
  if (!running.start(options)) return 2;
  log(LogLevel::info, "http on http://" + options.http.host + ":" + std::to_string(port));

  wait_for_signal();
  log(LogLevel::info, "stopping; once more ends at once");
  end_within(seconds{5}, unread ? 1 : 0);
  running.stop();
  output.finish();
  if (unread) return fail("nobody reads standard output any more");
  return 0;
}

}  // namespace grapevine::node
