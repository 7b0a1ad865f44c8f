// SPDX-License-Identifier: Apache-2.0
#include "node/child.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

namespace grapevine::node {
namespace {

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return std::distance(begin(all), end(all));
}

/// The child is this very test program.
TEST(Child, GivesTheLinesOfItsOutputAndIsGoneWithTheObject) {
  const auto before = open_descriptors();
  {
    std::promise<void> seen;
    bool told = false;
    auto child = Child::start({"--gtest_list_tests"}, [&](Source source, std::string_view line) {
      if (told || source != Source::output || line != "Child.") return;
      told = true;
      seen.set_value();
    });
    ASSERT_TRUE(child) << child.error().detail;
    seen.get_future().wait();
    const Child moved = std::move(*child);
    moved.ask_to_end();
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace grapevine::node
