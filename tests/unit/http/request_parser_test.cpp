// SPDX-License-Identifier: Apache-2.0
#include "http/request_parser.hpp"

#include <gtest/gtest.h>

namespace grapevine::http {
namespace {

using Progress = RequestParser::Progress;

/// The status of the fault that `bytes` end in; 0 for none.
unsigned fault(std::string_view bytes, RequestLimits limits = {}) {
  RequestParser parser{limits};
  const auto progress = parser.feed(bytes);
  return progress ? 0 : progress.error().status;
}

Request whole(std::string_view bytes) {
  RequestParser parser;
  const auto progress = parser.feed(bytes);
  EXPECT_TRUE(progress) << (progress ? "" : progress.error().detail);
  EXPECT_EQ(*progress, Progress::done);
  return parser.take();
}

TEST(RequestParser, ReadsARequestWithoutABody) {
  const auto request = whole("GET /send?msg=a HTTP/1.1\r\nHost: x\r\nX-A:  b \r\n\r\n");

  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/send?msg=a");
  EXPECT_EQ(request.header("HOST"), "x");
  EXPECT_EQ(request.header("x-a"), "b");
  EXPECT_TRUE(request.keep_alive);
}

TEST(RequestParser, TakesAnyMethod) {
  EXPECT_EQ(whole("BREW / HTTP/1.1\r\nHost: x\r\n\r\n").method, "BREW");
}

TEST(RequestParser, ReadsBodiesByLengthAndInChunks) {
  EXPECT_EQ(whole("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc").body, "abc");
  EXPECT_EQ(whole("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").body, "");
  EXPECT_EQ(whole("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
                  "2;a=b\r\nab\r\n1\r\nc\r\n0\r\nTrailer: x\r\n\r\n")
                .body,
            "abc");
}

TEST(RequestParser, H10_FieldsOfATrailerAreNoHeaders) {
  const auto request = whole(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
      "Host: y\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n");

  EXPECT_EQ(request.body, "a");
  EXPECT_EQ(request.count("host"), 1u);
  EXPECT_FALSE(request.header("content-type"));
}

TEST(RequestParser, ReadsTheSameInPiecesOfAnySize) {
  const std::string_view bytes =
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
      "PUT /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nde";
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    RequestParser parser;
    std::string seen;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      auto progress = parser.feed(bytes.substr(at, size));
      while (progress && *progress == Progress::done) {
        const auto request = parser.take();
        seen += request.target + "=" + request.body + ";";
        progress = parser.feed({});
      }
      ASSERT_TRUE(progress) << progress.error().detail;
    }
    EXPECT_EQ(seen, "/a=abc;/b=de;") << size;
  }
}

TEST(RequestParser, KnowsWhenTheConnectionGoesOn) {
  EXPECT_FALSE(whole("GET / HTTP/1.0\r\nHost: x\r\n\r\n").keep_alive);
  EXPECT_TRUE(whole("GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n").keep_alive);
  EXPECT_FALSE(whole("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").keep_alive);
}

TEST(RequestParser, SaysOnceThatTheClientWaitsToSendItsBody) {
  RequestParser parser;
  const auto progress = parser.feed(
      "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  ASSERT_EQ(progress, Progress::body);
  EXPECT_TRUE(parser.wants_continue());
  EXPECT_FALSE(parser.wants_continue());
}

TEST(RequestParser, H09_TakesEachLimitAndNotAByteMore) {
  const std::string head = "GET /" + std::string(2047, 'a') + " HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(fault(head + "\r\n"), 0u);
  EXPECT_EQ(fault("GET /" + std::string(2048, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414u);

  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nX: ";
  const auto filler = 8192 - start.size() - 4;
  EXPECT_EQ(fault(start + std::string(filler, 'a') + "\r\n\r\n"), 0u);
  EXPECT_EQ(fault(start + std::string(filler + 1, 'a') + "\r\n\r\n"), 431u);

  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 63; ++i) many += "A: b\r\n";
  EXPECT_EQ(fault(many + "\r\n"), 0u);
  EXPECT_EQ(fault(many + "A: b\r\n\r\n"), 431u);
}

TEST(RequestParser, H09_RefusesALargeBodyBeforeItIsRead) {
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ";
  EXPECT_EQ(fault(start + "1048576\r\n\r\n"), 0u);
  EXPECT_EQ(fault(start + "1048577\r\n\r\n"), 413u);
  EXPECT_EQ(fault(start + "18446744073709551615\r\n\r\n"), 413u);
  EXPECT_NE(fault(start + "18446744073709551616\r\n\r\n"), 0u);
  const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(fault(chunked + "5\r\nabcde\r\n", {.body_size_max = 4}), 413u);
}

TEST(RequestParser, H10_RefusesWhatTwoServersCouldReadDifferently) {
  const auto request = [](std::string_view headers) {
    return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string{headers} + "\r\n";
  };
  for (const auto* headers : {
           "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
           "Content-Length: 1\r\nContent-Length: 1\r\n",
           "Content-Length: 1\r\nContent-Length: 2\r\n",
           "Content-Length: +1\r\n",
           "Content-Length: 1, 1\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: 0x1\r\n",
           "Content-Length:\r\n",
           "Content-Length : 1\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "A: b\r\n c\r\n",
           "A: b\r\n\tc\r\n",
           "A: b\nC: d\r\n",
           "A: b\rC: d\r\n",
           "A b\r\n",
           ": b\r\n",
           "Host: y\r\n",
       }) {
    EXPECT_EQ(fault(request(headers)), 400u) << headers;
  }
  EXPECT_EQ(fault(request("Transfer-Encoding: gzip\r\n")), 501u);
  EXPECT_EQ(fault(request("Transfer-Encoding: chunked, identity\r\n")), 501u);
  EXPECT_EQ(fault(request("Transfer-Encoding: xchunked\r\n")), 501u);
}

TEST(RequestParser, H10_RefusesLooseChunks) {
  const auto chunks = [](const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
  };
  EXPECT_EQ(fault(chunks("1;" + std::string(255, 'a') + "\r\nx\r\n0\r\n\r\n")), 0u);
  EXPECT_EQ(fault(chunks("1;" + std::string(300, 'a') + "\r\nx\r\n0\r\n\r\n")), 400u);
  EXPECT_EQ(fault(chunks("1\nx\r\n0\r\n\r\n")), 400u);
  EXPECT_EQ(fault(chunks("1\r\nxy\r\n0\r\n\r\n")), 400u);
  EXPECT_EQ(fault(chunks("z\r\nx\r\n0\r\n\r\n")), 400u);
  EXPECT_EQ(fault(chunks("-1\r\nx\r\n0\r\n\r\n")), 400u);
  EXPECT_EQ(fault(chunks(std::string(9000, '0'))), 400u);
}

TEST(RequestParser, H10_RefusesWhatIsNoRequestLine) {
  for (const auto* line : {"GET /\r\n", "GET\r\n", "\r\n", "\n", "G\0T / HTTP/1.1\r\n",
                           " GET / HTTP/1.1\r\n", "GET  HTTP/1.1\r\n", "GET / x HTTP/1.1\r\n",
                           "\x16\x03\x01\x02\x01\n", "GET /\x7f HTTP/1.1\r\n"}) {
    EXPECT_NE(fault(std::string{line} + "Host: x\r\n\r\n"), 0u) << line;
  }
  EXPECT_EQ(fault("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505u);
  EXPECT_EQ(fault("GET / HTTP/1.2\r\nHost: x\r\n\r\n"), 505u);
}

TEST(RequestParser, H02_WantsExactlyOneHost) {
  EXPECT_EQ(fault("GET / HTTP/1.1\r\n\r\n"), 400u);
  EXPECT_EQ(fault("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"), 400u);
  EXPECT_EQ(fault("GET / HTTP/1.0\r\n\r\n"), 400u);
}

TEST(RequestParser, RefusesAZeroByteBeforeTheHeadIsWhole) {
  EXPECT_EQ(fault(std::string_view{"GET /\0", 6}), 400u);
}

}  // namespace
}  // namespace grapevine::http
