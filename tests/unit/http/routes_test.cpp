// SPDX-License-Identifier: Apache-2.0
#include "http/routes.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/utf8.hpp"

namespace grapevine::http {
namespace {

constexpr const char* alice = "12D3KooWB1b3qZxWJanuhtseF3DmPggHCtG36KZ9ixkqHtdKH9fh";
const Site site{"127.0.0.1", 8001, false};

Request get(std::string target, std::vector<Header> headers = {}) {
  headers.push_back({"Host", "127.0.0.1:8001"});
  return {.method = "GET", .target = std::move(target), .headers = std::move(headers), .id = "r-7"};
}

Response response(const Request& request) {
  const auto action = route(request, site);
  const auto* ready = std::get_if<Response>(&action);
  EXPECT_NE(ready, nullptr) << request.target;
  return ready != nullptr ? *ready : Response{.status = 0};
}

boost::json::object problem(const Response& response) {
  EXPECT_EQ(response.headers.at(0).value, "application/problem+json");
  auto document = boost::json::parse(response.body).as_object();
  EXPECT_EQ(document.at("status").as_int64(), response.status);
  return document;
}

std::string text(const boost::json::object& object, std::string_view key) {
  return std::string{object.at(key).as_string()};
}

TEST(Send, PublishesTheMessageOfAnyMethod) {
  for (const auto* method : {"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "BREW"}) {
    auto request = get("/send?msg=hello+katty%21");
    request.method = method;
    const auto action = route(request, site);
    ASSERT_TRUE(std::holds_alternative<Publish>(action)) << method;
    EXPECT_EQ(std::get<Publish>(action).message, "hello katty!");
  }
}

TEST(Send, WithoutAMessagePublishesAnEmptyOne) {
  EXPECT_EQ(std::get<Publish>(route(get("/send"), site)).message, "");
  EXPECT_EQ(std::get<Publish>(route(get("/send?msg=%zz"), site)).message, "");
  EXPECT_EQ(std::get<Publish>(route(get("/%73end"), site)).message, "");
}

TEST(Send, AnswersWithNothingAtAll) {
  const auto answer = published(get("/send"), {});
  EXPECT_EQ(serialize(answer, {.keep_alive = true}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST(Send, SaysWhyItCouldNotPublish) {
  const auto refused = [](ErrorCode code) {
    return published(get("/send"), std::unexpected{Error{code, "why"}}).status;
  };
  EXPECT_EQ(refused(ErrorCode::too_large), 413u);
  EXPECT_EQ(refused(ErrorCode::queue_full), 503u);
  EXPECT_EQ(refused(ErrorCode::closed), 503u);
  EXPECT_EQ(refused(ErrorCode::bad_topic), 400u);
  EXPECT_EQ(refused(ErrorCode::io), 500u);
}

TEST(MetricsRoute, IsReadAndNothingElse) {
  EXPECT_FALSE(std::get<ShowMetrics>(route(get("/metrics"), site)).openmetrics);
  const auto prometheus =
      get("/metrics", {{"Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}});
  EXPECT_TRUE(std::get<ShowMetrics>(route(prometheus, site)).openmetrics);
  auto post = get("/metrics");
  post.method = "POST";
  EXPECT_EQ(response(post).status, 405u);
}

TEST(MetricsRoute, IsRefusedToOtherNamesAndSites_H14) {
  auto rebound = get("/metrics");
  rebound.headers = {{"Host", "evil.example:8001"}};
  EXPECT_EQ(response(rebound).status, 403u);
  EXPECT_EQ(response(get("/metrics", {{"Origin", "http://evil.example"}})).status, 403u);
  EXPECT_EQ(response(get("/metrics", {{"Sec-Fetch-Site", "cross-site"}})).status, 403u);
}

TEST(MetricsRoute, NamesTheVersionOfItsText) {
  EXPECT_EQ(metrics_shown({false}, "x").headers.at(0).value,
            "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(metrics_shown({true}, "x").headers.at(0).value,
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST(Paths, AreThoseOfGo) {
  for (const auto* path : {"/", "/Send", "/send/", "/addPeers/", "/sendx", "/send%2F"}) {
    const auto answer = response(get(path));
    EXPECT_EQ(answer.status, 404u) << path;
    EXPECT_EQ(answer.body, "404 page not found\n");
    EXPECT_EQ(answer.headers.at(0).value, "text/plain; charset=utf-8");
  }
  const auto moved = response(get("//send?msg=a%20b"));
  EXPECT_EQ(moved.status, 301u);
  EXPECT_EQ(moved.headers.at(0).value, "/send?msg=a%20b");
  EXPECT_EQ(response(get("//evil.example/%2e%2e/%0d%0aX:y")).headers.at(0).value, "/%0D%0AX:y");
  EXPECT_EQ(response(get("/send%zz")).status, 400u);
}

TEST(AddPeersRoute, SplitsAtCommasWithoutTrimming) {
  const auto one = std::string{"/ip4/127.0.0.1/tcp/1/p2p/"} + alice;
  const auto action = route(get("/addPeers?dest=" + one + "," + one), site);

  ASSERT_TRUE(std::holds_alternative<AddPeers>(action));
  EXPECT_EQ(std::get<AddPeers>(action).addresses, (std::vector<std::string>{one, one}));
  EXPECT_EQ(response(get("/addPeers?dest=" + one + ",%20" + one)).status, 400u);
}

TEST(AddPeersRoute, NamesEachBadAddressBeforeAnythingIsDialled) {
  const auto good = std::string{"/ip4/127.0.0.1/tcp/1/p2p/"} + alice;
  const auto answer =
      response(get("/addPeers?dest=/ip4/127.0.0.1/tpc/80," + good + ",,/ip4/1.2.3.4/tcp/5"));

  EXPECT_EQ(answer.status, 400u);
  const auto document = problem(answer);
  EXPECT_EQ(text(document, "type"), "/problems/invalid-multiaddr");
  EXPECT_EQ(text(document, "instance"), "/addPeers");
  EXPECT_EQ(text(document, "request_id"), "r-7");
  const auto& errors = document.at("errors").as_array();
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(errors[0].at("index").as_int64(), 0);
  EXPECT_EQ(errors[0].at("detail").as_string(), "unknown protocol 'tpc' at byte 15");
  EXPECT_EQ(errors[1].at("index").as_int64(), 2);
  EXPECT_EQ(errors[1].at("detail").as_string(), "no address");
  EXPECT_EQ(errors[2].at("index").as_int64(), 3);
  EXPECT_TRUE(text(document, "detail").starts_with("dest[0]: unknown protocol 'tpc' at byte 15; "));
}

TEST(AddPeersRoute, WantsADestinationAndNotTooMany) {
  EXPECT_EQ(text(problem(response(get("/addPeers"))), "type"), "/problems/bad-parameter");
  EXPECT_EQ(text(problem(response(get("/addPeers?dest="))), "type"), "/problems/invalid-multiaddr");
  EXPECT_EQ(response(get("/addPeers?dest=" + std::string(64, ','))).status, 400u);
  EXPECT_EQ(response(get("/addPeers?dest=%FF%00")).status, 400u);
}

TEST(AddPeersRoute, AnswersWithTheReasonOfEachDestination) {
  const std::vector<DialResult> results{{.address = "/a"},
                                        {.address = "/b\xff", .error = "connection refused"}};

  const auto answer = peers_added(get("/addPeers?dest=x"), results);

  EXPECT_EQ(answer.status, 502u);
  const auto document = problem(answer);
  EXPECT_EQ(text(document, "type"), "/problems/dial-failed");
  EXPECT_EQ(text(document, "detail"), "dest[1]: connection refused");
  EXPECT_TRUE(document.at("results").at(0).at("ok").as_bool());
  EXPECT_TRUE(document.at("results").at(0).at("error").is_null());
  EXPECT_EQ(document.at("results").at(1).at("addr").as_string(), "/b\xEF\xBF\xBD");
  EXPECT_EQ(peers_added(get("/"), {{.address = "/a"}}).status, 200u);
  EXPECT_EQ(peers_added(get("/"), {{"/a", "slow", true}}).status, 504u);
  EXPECT_EQ(peers_added(get("/"), {{"/a", "slow", true}, {"/b", "no", false}}).status, 502u);
}

TEST(Livez, Says503WhenTheNodeDoesNotAnswer) {
  EXPECT_TRUE(std::holds_alternative<CheckLife>(route(get("/livez"), site)));
  EXPECT_EQ(life_checked({.peers = 2, .store = "ok", .loop_lag_ms = 0.25}).body,
            R"({"status":"ok","checks":{"listen":"ok","peers":"ok","store":"ok",)"
            R"("loop_lag_ms":0.250}})"
            "\n");
  EXPECT_EQ(life_checked({.loop_lag_ms = -1}).status, 503u);
  EXPECT_EQ(life_checked({.loop_lag_ms = -1}).body,
            R"({"status":"failing","checks":{"listen":"ok","peers":"unknown","store":"off",)"
            R"("loop_lag_ms":null}})"
            "\n");
  EXPECT_EQ(life_checked({.listening = false}).status, 503u);
}

TEST(Livez, TakesALonelyNodeForAlive) {
  const auto answer = life_checked({.peers = 0, .loop_lag_ms = 1});
  EXPECT_EQ(answer.status, 200u);
  EXPECT_NE(answer.body.find(R"("peers":"none")"), std::string::npos) << answer.body;
}

TEST(HostCheck, H02_TakesOurOwnNamesAndPortOnly) {
  for (const auto* name : {"127.0.0.1:8001", "localhost:8001", "LocalHost:8001", "[::1]:8001"}) {
    EXPECT_TRUE(names_us(name, site)) << name;
  }
  for (const auto* name :
       {"", "127.0.0.1", "localhost", "localhost:80", "evil.example:8001", "127.0.0.1.evil:8001",
        "localhost.:8001", "localhost:8001:8001", "localhost:08001x", "localhost:", "[::1",
        "[127.0.0.1]:8001", "user@localhost:8001", "127.0.0.2:8001", "0.0.0.0:8001",
        "10.0.0.1:8001", "localhost:-1", "localhost:73537"}) {
    EXPECT_FALSE(names_us(name, site)) << name;
  }
  EXPECT_TRUE(names_us("localhost", Site{"127.0.0.1", 80, false}));
}

TEST(HostCheck, H02_BoundToEveryAddressTakesAnyAddressAndStillNoName) {
  const Site everywhere{"0.0.0.0", 8001, true};
  EXPECT_TRUE(names_us("10.0.0.1:8001", everywhere));
  EXPECT_TRUE(names_us("[fd00::1]:9000", everywhere));
  EXPECT_TRUE(names_us("localhost:8001", everywhere));
  EXPECT_FALSE(names_us("evil.example:8001", everywhere));
  const Site one{"192.168.0.7", 8001, false};
  EXPECT_TRUE(names_us("192.168.0.7:8001", one));
  EXPECT_FALSE(names_us("192.168.0.8:8001", one));
}

TEST(HostCheck, H02_AForeignNameGets403OnEveryRoute) {
  for (const auto* path : {"/send", "/addPeers", "/livez", "/", "//send"}) {
    Request request{.method = "GET", .target = path, .headers = {{"Host", "evil.example:8001"}}};
    EXPECT_EQ(response(request).status, 403u) << path;
  }
  EXPECT_EQ(response(get("http://evil.example/send")).status, 403u);
  EXPECT_TRUE(std::holds_alternative<Publish>(route(get("http://localhost:8001/send"), site)));
}

TEST(CrossSite, H04_APageOfAnotherSiteGets403) {
  for (const auto* relation : {"cross-site", "same-site", "Cross-Site", "x", ""}) {
    EXPECT_EQ(response(get("/send?msg=x", {{"Sec-Fetch-Site", relation}})).status, 403u)
        << relation;
    EXPECT_EQ(response(get("/addPeers?dest=x", {{"sec-fetch-site", relation}})).status, 403u);
  }
  for (const auto* relation : {"same-origin", "none"}) {
    EXPECT_TRUE(
        std::holds_alternative<Publish>(route(get("/send", {{"Sec-Fetch-Site", relation}}), site)));
  }
  const auto twice = get("/send", {{"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Site", "cross-site"}});
  EXPECT_EQ(response(twice).status, 403u);
}

TEST(CrossSite, H03_AnotherOriginGets403) {
  for (const auto* origin : {"http://evil.example", "null", "", "http://127.0.0.1:8002",
                             "https://127.0.0.1:8001", "http://127.0.0.1:8001.evil.example"}) {
    EXPECT_EQ(response(get("/send", {{"Origin", origin}})).status, 403u) << origin;
  }
  EXPECT_TRUE(std::holds_alternative<Publish>(
      route(get("/send", {{"Origin", "http://127.0.0.1:8001"}}), site)));
}

TEST(ToUtf8, ReplacesEveryByteThatIsNoUtf8) {
  EXPECT_EQ(base::to_utf8("aé€😀"), "aé€😀");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(base::to_utf8("\xff"), bad);
  EXPECT_EQ(base::to_utf8("\xc0\x80"), bad + bad);
  EXPECT_EQ(base::to_utf8("\xed\xa0\x80"), bad + bad + bad);
  EXPECT_EQ(base::to_utf8("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(base::to_utf8("\xe2\x82"), bad + bad);
}

TEST(Serialize, WritesNoBodyForHeadButItsLength) {
  const Response answer{200, {{"A", "b"}}, "xyz"};
  EXPECT_EQ(serialize(answer, {.head_only = true, .date = "now"}),
            "HTTP/1.1 200 OK\r\nA: b\r\nDate: now\r\nConnection: close\r\n"
            "Content-Length: 3\r\n\r\n");
}

}  // namespace
}  // namespace grapevine::http
