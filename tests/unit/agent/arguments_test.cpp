// SPDX-License-Identifier: Apache-2.0
#include "agent/arguments.hpp"

#include <gtest/gtest.h>

namespace grapevine::agent {
namespace {

TEST(Arguments, TakeNullForAbsent) {
  auto arguments = *Arguments::parse(R"({"a":null,"b":2e0})");

  EXPECT_EQ(arguments.number_or("a", 7), 7u);
  EXPECT_EQ(arguments.number("b"), 2u);
  EXPECT_EQ(arguments.error(), std::nullopt);
}

TEST(Arguments, AreRefusedWhenNobodyAskedForThem) {
  const auto arguments = *Arguments::parse(R"({"a":null})");

  EXPECT_EQ(arguments.error(), "unknown: a");
}

TEST(Arguments, TellTheirFirstError) {
  auto arguments = *Arguments::parse(R"({"a":-1,"b":[1]})");

  arguments.number("a");
  arguments.texts("b");
  arguments.text("c");

  ASSERT_TRUE(arguments.error());
  EXPECT_TRUE(arguments.error()->starts_with("a "));
}

}  // namespace
}  // namespace grapevine::agent
