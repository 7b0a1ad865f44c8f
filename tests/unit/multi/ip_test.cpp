// SPDX-License-Identifier: Apache-2.0
#include "multi/ip.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace grapevine::multi {
namespace {

TEST(Ip4, ReadsAndPrintsDottedDecimals) {
  for (const auto text : {"0.0.0.0", "127.0.0.1", "255.255.255.255", "1.20.255.9"}) {
    ASSERT_TRUE(parse_ip4(text).has_value()) << text;
    EXPECT_EQ(to_string(*parse_ip4(text)), text);
  }
  EXPECT_EQ(*parse_ip4("1.2.3.4"), (Ip4{1, 2, 3, 4}));
}

TEST(Ip4, RefusesEveryOtherNotation) {
  for (const auto text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.256",
                          "01.2.3.4", "1.2.3.04", "1.2.3.-4", "+1.2.3.4", "0x1.2.3.4", " 1.2.3.4",
                          "1.2.3.4 ", "1.2.3.4.", "a.b.c.d", "::1"}) {
    EXPECT_EQ(parse_ip4(text), std::nullopt) << text;
  }
}

TEST(Ip6, PrintsTheFormOfRfc5952) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"},
      {"2001:DB8::AbC", "2001:db8::abc"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"::ffff:c000:201", "::ffff:192.0.2.1"},
      {"::192.0.2.1", "::c000:201"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
  };
  for (const auto& [given, printed] : cases) {
    ASSERT_TRUE(parse_ip6(given).has_value()) << given;
    EXPECT_EQ(to_string(*parse_ip6(given)), printed);
  }
}

TEST(Ip6, RefusesWhatIsNoAddress) {
  for (const auto text : {"",
                          ":",
                          ":::",
                          "1",
                          "1:2:3:4:5:6:7",
                          "1:2:3:4:5:6:7:8:9",
                          "1:2:3:4::5:6:7:8",
                          "::1::",
                          "1::2::3",
                          ":1::2",
                          "1::2:",
                          "12345::",
                          "g::",
                          "::1%eth0",
                          "1.2.3.4",
                          "::1.2.3",
                          "::1.2.3.4:5",
                          "1.2.3.4::",
                          "::+1",
                          "::-1",
                          "1:2:3:4:5:6:7:1.2.3.4",
                          "[::1]",
                          " ::1",
                          "::1 ",
                          "::256.1.1.1"}) {
    EXPECT_EQ(parse_ip6(text), std::nullopt) << text;
  }
}

TEST(Ip6, RoundTripsEveryPatternOfZeroGroups) {
  Rng rng{Rng::Seed{1}};
  for (unsigned zeros = 0; zeros < 256; ++zeros) {
    Ip6 address;
    rng.fill(address);
    for (std::size_t group = 0; group < 8; ++group) {
      if ((zeros >> group) & 1U) address[2 * group] = address[2 * group + 1] = 0;
    }
    ASSERT_EQ(parse_ip6(to_string(address)), address) << to_string(address);
  }
}

}  // namespace
}  // namespace grapevine::multi
