// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "api/policy.hpp"
#include "api/runtime.hpp"
#include "grapevine/node.hpp"

namespace grapevine {

struct Topic::State {
  std::shared_ptr<api::Runtime> runtime;
  const std::string name;
  const std::shared_ptr<api::PublishSlot> rules;
};

/// A relay's end. `released` is called once, on any thread.
struct Relay::State {
  explicit State(std::function<void()> released_in) : released{std::move(released_in)} {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { close(); }

  void close() {
    if (!closed.exchange(true)) released();
  }

  const std::function<void()> released;
  std::atomic<bool> closed = false;
};

/// The node's own handle: the thread of the loop ends with it.
struct Node::State {
  explicit State(std::shared_ptr<api::Runtime> runtime_in);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  void stop(std::chrono::milliseconds grace);

  const std::shared_ptr<api::Runtime> runtime;
  const Peer id;
  std::mutex stopping;
  std::thread thread;
};

struct Node::Link::State {
  State(std::shared_ptr<api::Runtime> runtime_in, host::LinkId link_in, Peer peer_in)
      : runtime{std::move(runtime_in)}, link{link_in}, peer{peer_in} {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { close(); }

  void close();

  const std::shared_ptr<api::Runtime> runtime;
  const host::LinkId link;
  const Peer peer;
};

namespace api {

std::vector<Peer> subscribers_of(Runtime& runtime, std::string_view topic);
std::vector<Peer> mesh_of(Runtime& runtime, std::string_view topic);

}  // namespace api
}  // namespace grapevine
