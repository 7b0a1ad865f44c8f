// SPDX-License-Identifier: Apache-2.0
#include "agent/partial.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "agent/base64.hpp"
#include "agent/config.hpp"

namespace grapevine::agent {
namespace {

namespace json = boost::json;
using interop::Group;

json::array seven_nulls_and(json::value last) {
  json::array list(7);
  list.push_back(std::move(last));
  return list;
}

TEST(Parts, AreEightEachThereOrNot) {
  const Group::Part part(Group::part_size, 5);

  const auto group = take_parts(Group::id_of(7), seven_nulls_and(to_base64(part).c_str()));

  ASSERT_TRUE(group);
  EXPECT_EQ(group->have(), 0b10000000);
  EXPECT_EQ(group->parts()[7], part);
}

TEST(Parts, OfAnotherNumberSizeOrFormAreRefused) {
  const Group::Part small(Group::part_size - 1, 5);

  EXPECT_FALSE(take_parts(Group::id_of(7), json::array(7)));
  EXPECT_FALSE(take_parts(Group::id_of(7), seven_nulls_and(to_base64(small).c_str())));
  EXPECT_FALSE(take_parts(Group::id_of(7), seven_nulls_and(1)));
  EXPECT_FALSE(take_parts(Group::id_of(7), seven_nulls_and("?")));
  EXPECT_FALSE(take_parts(Group::id_of(7), nullptr));
}

TEST(PartialEvent, HasAllThatIsThere) {
  Group group{Group::id_of(7)};
  group.set(0, Group::Part(Group::part_size, 5));

  const auto event = partial_event("t", group, {});

  EXPECT_EQ(event.at("event").as_string(), "partial");
  EXPECT_EQ(event.at("group").as_string(), "AAAAAAAAAAc=");
  const auto& parts = event.at("parts").as_array();
  ASSERT_EQ(parts.size(), 8u);
  EXPECT_TRUE(parts[0].is_string());
  EXPECT_TRUE(parts[7].is_null());
}

TEST(Config, OfPartialMessagesReachesTheLibraryUnlessThereIsNoMesh) {
  EXPECT_TRUE(parse_config(R"({"partial":true})")->node.partial_messages);
  EXPECT_FALSE(parse_config("{}")->node.partial_messages);
  const auto flood = parse_config(R"({"router":"floodsub","partial":true})");
  ASSERT_FALSE(flood);
  EXPECT_EQ(flood.error().status, status_unsupported);
}

}  // namespace
}  // namespace grapevine::agent
