// SPDX-License-Identifier: Apache-2.0
#include "http/form.hpp"

#include <gtest/gtest.h>

namespace grapevine::http {
namespace {

std::optional<std::string> value(Request request, std::string_view name) {
  const auto target = parse_target(request.target);
  return Form{request, *target}.value(name);
}

Request get(std::string target) { return {.method = "GET", .target = std::move(target)}; }

Request send_form(std::string method, std::string target, std::string body,
                  std::string type = "application/x-www-form-urlencoded") {
  return {.method = std::move(method),
          .target = std::move(target),
          .headers = {{"content-type", std::move(type)}},
          .body = std::move(body)};
}

TEST(PercentDecode, ReadsEveryByteAndTellsPlusFromSpace) {
  EXPECT_EQ(percent_decode("a%00%fF%41", Plus::is_plus), std::string("a\0\xff"
                                                                     "A",
                                                                     4));
  EXPECT_EQ(percent_decode("a+b", Plus::is_space), "a b");
  EXPECT_EQ(percent_decode("a+b", Plus::is_plus), "a+b");
  for (const auto* bad : {"%", "%1", "%zz", "%1g", "a%%20", "%-1"}) {
    EXPECT_FALSE(percent_decode(bad, Plus::is_space)) << bad;
  }
}

TEST(PercentDecode, UndoesPercentEncodeForEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(all), Plus::is_space), all);
}

TEST(Form, TakesTheFirstValue) {
  EXPECT_EQ(value(get("/send?msg=a&msg=b"), "msg"), "a");
  EXPECT_EQ(value(get("/send?x=1&msg=a=b"), "msg"), "a=b");
  EXPECT_EQ(value(get("/send?msg"), "msg"), "");
  EXPECT_EQ(value(get("/send"), "msg"), std::nullopt);
  EXPECT_EQ(value(get("/send?Msg=a"), "msg"), std::nullopt);
  EXPECT_EQ(value(get("/send?%6dsg=a+b%20c"), "msg"), "a b c");
}

TEST(Form, DropsABadPairAndKeepsTheRest) {
  EXPECT_EQ(value(get("/send?msg=%zz"), "msg"), std::nullopt);
  EXPECT_EQ(value(get("/send?msg=%zz&msg=b"), "msg"), "b");
  EXPECT_EQ(value(get("/send?msg=a;b&msg=c"), "msg"), "c");
  EXPECT_EQ(value(get("/send?%zz=1&msg=c"), "msg"), "c");
}

TEST(Form, AFormBodyWinsOverTheQuery) {
  for (const auto* method : {"POST", "PUT", "PATCH"}) {
    EXPECT_EQ(value(send_form(method, "/send?msg=query", "msg=body"), "msg"), "body") << method;
  }
  EXPECT_EQ(value(send_form("DELETE", "/send?msg=query", "msg=body"), "msg"), "query");
  EXPECT_EQ(value(send_form("POST", "/send?msg=query", "x=1&msg=%zz"), "msg"), "query");
  const auto type = "Application/X-WWW-form-urlencoded ; charset=utf-8";
  EXPECT_EQ(value(send_form("POST", "/send", "msg=body", type), "msg"), "body");
}

TEST(Form, IgnoresBodiesOfOtherTypes) {
  EXPECT_EQ(value(send_form("POST", "/send", "msg=body", "application/json"), "msg"), std::nullopt);
  EXPECT_EQ(value(send_form("POST", "/send", "msg=b", "multipart/form-data; boundary=x"), "msg"),
            std::nullopt);
  Request untyped = send_form("POST", "/send", "msg=body");
  untyped.headers.clear();
  EXPECT_EQ(value(untyped, "msg"), std::nullopt);
}

TEST(ParseTarget, TakesPathsAndAbsoluteUrls) {
  EXPECT_EQ(parse_target("/a%20b?c=d?e")->path, "/a b");
  EXPECT_EQ(parse_target("/a?c=d?e")->query, "c=d?e");
  const auto absolute = parse_target("HTTP://me:80/a?b");
  ASSERT_TRUE(absolute);
  EXPECT_EQ(absolute->authority, "me:80");
  EXPECT_EQ(absolute->path, "/a");
  EXPECT_EQ(parse_target("http://me?b")->path, "/");
  EXPECT_EQ(parse_target("http://me?b")->query, "b");
  for (const auto* bad : {"", "*", "send", "/%zz", "ftp://me/a"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(CleanPath, RemovesWhatNamesNothing) {
  EXPECT_EQ(clean_path("//send"), "/send");
  EXPECT_EQ(clean_path("/./a/../send"), "/send");
  EXPECT_EQ(clean_path("/../../send/"), "/send/");
  EXPECT_EQ(clean_path("/"), "/");
  EXPECT_EQ(clean_path("//"), "/");
  EXPECT_EQ(clean_path("/send"), "/send");
}

}  // namespace
}  // namespace grapevine::http
