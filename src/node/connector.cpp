// SPDX-License-Identifier: Apache-2.0
#include "node/connector.hpp"

#include <algorithm>
#include <chrono>

#include "node/log.hpp"

namespace grapevine::node {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds dial_wait{5'000};
constexpr milliseconds first_pause{1'000};
constexpr milliseconds longest_pause{60'000};

}  // namespace

Connector::Connector(Node node, std::vector<std::string> addresses)
    : node_{std::move(node)}, missing_{std::move(addresses)}, thread_{[this] { run(); }} {}

Connector::~Connector() {
  stop();
  thread_.join();
}

void Connector::stop() {
  {
    const std::lock_guard held{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
}

void Connector::run() {
  for (auto time = first_pause;; time = std::min(time * 2, longest_pause)) {
    try_all();
    if (missing_.empty() || !pause(time)) return;
  }
}

void Connector::try_all() {
  std::erase_if(missing_, [this](const std::string& address) {
    const auto outcome = node_.connect({address}, dial_wait);
    if (outcome) {
      log(LogLevel::info, "connected to " + outcome->peer.to_string());
      return true;
    }
    const auto& error = outcome.error();
    if (error.code == ErrorCode::closed) return true;
    log(LogLevel::warning, "cannot connect to " + address + ": " + error.detail);
    return error.code == ErrorCode::self_dial || error.code == ErrorCode::bad_address;
  });
}

bool Connector::pause(milliseconds time) {
  std::unique_lock held{mutex_};
  changed_.wait_for(held, time, [this] { return stopping_; });
  return !stopping_;
}

}  // namespace grapevine::node
