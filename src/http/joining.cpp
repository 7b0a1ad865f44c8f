// SPDX-License-Identifier: Apache-2.0
#include "http/joining.hpp"

#include <algorithm>

namespace grapevine::http {
namespace {

bool contains(const std::vector<Peer>& peers, const Peer& peer) {
  return std::ranges::find(peers, peer) != peers.end();
}

/// go's D: with so many, a peer need not take one more into its mesh.
constexpr std::size_t mesh_is_full = 6;

DialResult to_result(const std::string& address, const Expected<Connected>& outcome) {
  if (outcome) return {.address = address, .error = {}, .already = outcome->already};
  const auto& error = outcome.error();
  const auto reason = error.detail.empty() ? std::string{name(error.code)} : error.detail;
  return {.address = address, .error = reason, .timed_out = error.code == ErrorCode::timeout};
}

}  // namespace

Joining::Joining(Node node, std::vector<std::string> topics, JoinTimes times)
    : node_{std::move(node)}, topics_{std::move(topics)}, times_{times} {}

std::vector<DialResult> Joining::add(const std::vector<std::string>& addresses) {
  using std::chrono::milliseconds;
  const auto end = std::chrono::steady_clock::now() + times_.all_dials;
  std::vector<DialResult> results;
  std::vector<Peer> reached;
  for (const auto& address : addresses) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    if (left <= milliseconds::zero()) {
      results.push_back({.address = address, .error = "not tried: time is up", .timed_out = true});
      continue;
    }
    const auto outcome = node_.connect({address}, std::min(left, times_.each_dial));
    results.push_back(to_result(address, outcome));
    if (outcome) reached.push_back(outcome->peer);
  }
  wait_for_mesh(reached);
  return results;
}

void Joining::on_topic_event() {
  {
    const std::lock_guard held{mutex_};
    ++changes_;
  }
  changed_.notify_all();
}

void Joining::stop() {
  {
    const std::lock_guard held{mutex_};
    stopped_ = true;
  }
  changed_.notify_all();
}

void Joining::wait_for_mesh(const std::vector<Peer>& peers) {
  const auto end = std::chrono::steady_clock::now() + times_.mesh;
  std::unique_lock held{mutex_};
  while (!stopped_ && std::chrono::steady_clock::now() < end) {
    // The node is asked without the lock: its network thread may be about to report an event.
    const auto seen = changes_;
    held.unlock();
    if (std::ranges::all_of(peers, [&](const Peer& peer) { return shares_topics(peer); })) return;
    held.lock();
    changed_.wait_until(held, end, [&] { return stopped_ || changes_ != seen; });
  }
}

bool Joining::shares_topics(const Peer& peer) const {
  return std::ranges::all_of(topics_, [&](const std::string& topic) {
    if (!contains(node_.peers(topic), peer)) return false;
    const auto mesh = node_.mesh(topic);
    return contains(mesh, peer) || mesh.size() >= mesh_is_full;
  });
}

}  // namespace grapevine::http
