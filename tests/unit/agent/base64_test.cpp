// SPDX-License-Identifier: Apache-2.0
#include "agent/base64.hpp"

#include <gtest/gtest.h>

namespace grapevine::agent {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST(Base64, IsThatOfTheStandard) {  // RFC 4648, section 10
  const std::pair<std::string_view, std::string_view> rows[] = {{"", ""},
                                                                {"f", "Zg=="},
                                                                {"fo", "Zm8="},
                                                                {"foo", "Zm9v"},
                                                                {"foob", "Zm9vYg=="},
                                                                {"fooba", "Zm9vYmE="},
                                                                {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : rows) {
    EXPECT_EQ(to_base64(bytes_of(plain)), text);
    EXPECT_EQ(from_base64(text), bytes_of(plain));
  }
  EXPECT_EQ(to_base64(bytes_of("\xff\xef\xbe")), "/+++");
}

TEST(Base64, IsRefusedWhenItIsAnythingElse) {
  for (const auto text :
       {"not base64!", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "====", "Zm9v\n", "-_-_", "=m9v"})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace grapevine::agent
