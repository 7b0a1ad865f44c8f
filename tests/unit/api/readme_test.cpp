// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>

#include "grapevine/node.hpp"

namespace {

// README begin
int talk() {
  using namespace std::chrono_literals;
  auto alice = grapevine::Node::start({});
  auto bob = grapevine::Node::start({});
  if (!alice || !bob) return 1;

  auto heard = bob->join("greetings")->subscribe();
  auto greetings = alice->join("greetings");
  if (auto connected = alice->connect(bob->addresses()); !connected) {
    std::printf("%s\n", connected.error().detail.c_str());
    return 1;
  }
  while (!heard->closed()) {
    greetings->publish("hello, bob");  // until the two have found each other in the mesh
    if (const auto message = heard->next(1s)) {
      std::printf("bob heard: %s\n", std::string{message->data.text()}.c_str());
      return 0;
    }
  }
  return 1;
}
// README end

TEST(Readme, ShowsAProgramThatWorks) { EXPECT_EQ(talk(), 0); }

}  // namespace
