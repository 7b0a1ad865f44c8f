// SPDX-License-Identifier: Apache-2.0
#include "base/assert.hpp"
#include "http/request_parser.hpp"
#include "http/routes.hpp"

namespace {

using namespace grapevine;
using http::RequestParser;

// Everything that requests were read as and answered with, to compare two ways of cutting. When a
// body is found to be malformed depends on the pieces the library gets, so a refusal is no part.
std::string read(std::string_view input, std::size_t piece) {
  const http::Site site{"127.0.0.1", 8001, false};
  RequestParser parser;
  std::string seen;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    auto progress = parser.feed(input.substr(at, piece));
    while (progress && *progress == RequestParser::Progress::done) {
      const auto request = parser.take();
      const auto action = http::route(request, site);
      seen += request.method + " " + request.target + " " + request.body + " ";
      if (const auto* response = std::get_if<http::Response>(&action)) {
        seen += http::serialize(*response, {});
      }
      if (const auto* message = std::get_if<http::Publish>(&action)) seen += message->message;
      progress = parser.feed({});
    }
    if (!progress) return seen;
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto cut = read(input, 1 + data[0]);
  const auto whole = read(input, 1 << 20);
  ASSERT(cut.starts_with(whole) || whole.starts_with(cut));
  return 0;
}
