// SPDX-License-Identifier: Apache-2.0
#include "http/rate_limit.hpp"

#include <gtest/gtest.h>

namespace grapevine::http {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;

constexpr RateLimit::Time start{1h};

/// How many of `tries` requests at one moment are let in.
int let_in(RateLimit& limit, const std::string& client, RateLimit::Time now, int tries) {
  int taken = 0;
  for (int i = 0; i < tries; ++i) taken += limit.take(client, now) ? 1 : 0;
  return taken;
}

TEST(RateLimit, H11_LetsABurstInAndThenTheRate) {
  RateLimit limit{100, 20};

  EXPECT_EQ(let_in(limit, "a", start, 50), 20);
  EXPECT_EQ(let_in(limit, "a", start + 9ms, 50), 0);
  EXPECT_EQ(let_in(limit, "a", start + 10ms, 50), 1);
  EXPECT_EQ(let_in(limit, "a", start + 110ms, 50), 10);
  EXPECT_EQ(let_in(limit, "a", start + 1h, 50), 20);
}

TEST(RateLimit, WhoIsRefusedIsNotPutOffFurther) {
  RateLimit limit{10, 1};
  EXPECT_EQ(let_in(limit, "a", start, 1'000), 1);
  EXPECT_EQ(let_in(limit, "a", start + 100ms, 1), 1);
}

TEST(RateLimit, CountsClientsApart) {
  RateLimit limit{1, 2};
  EXPECT_EQ(let_in(limit, "a", start, 5), 2);
  EXPECT_EQ(let_in(limit, "b", start, 5), 2);
}

TEST(RateLimit, RemembersABoundedNumberOfClients) {
  RateLimit limit{1, 3};
  for (std::size_t i = 0; i < RateLimit::clients_max; ++i) limit.take(std::to_string(i), start);

  EXPECT_EQ(let_in(limit, "one more", start, 2) + let_in(limit, "another", start, 2), 3);
  EXPECT_EQ(limit.clients(), RateLimit::clients_max + 1);  // and the one that all others share
  EXPECT_EQ(let_in(limit, "0", start, 5), 2);              // who was there keeps what is left

  EXPECT_TRUE(limit.take("later", start + 10s));
  EXPECT_EQ(limit.clients(), 1u);
}

TEST(RateLimit, TakesANetworkOfOneMachineForOneClient) {
  EXPECT_NE(client_of(make_address("10.0.0.1")), client_of(make_address("10.0.0.2")));
  EXPECT_EQ(client_of(make_address("::ffff:10.0.0.1")), client_of(make_address("10.0.0.1")));
  EXPECT_EQ(client_of(make_address("fd00::1")), client_of(make_address("fd00::ffff:0:0:1")));
  EXPECT_NE(client_of(make_address("fd00::1")), client_of(make_address("fd00:0:0:1::1")));
}

}  // namespace
}  // namespace grapevine::http
