// SPDX-License-Identifier: Apache-2.0
#include "http/request_parser.hpp"

#include <algorithm>
#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <optional>

#include "base/assert.hpp"

namespace grapevine::http {
namespace {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;
using ChunkHeader = void(std::uint64_t, beast::string_view, beast::error_code&);

/// What the head says about itself that Beast would let pass.
struct HeadCounts {
  std::size_t lines = 0;
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  std::string_view coding = {};
  bool plain_length = true;  ///< digits only
};

Fault bad(std::string detail) { return {400, std::move(detail)}; }

/// Where the head ends, or npos while it does not; a fault as soon as it cannot become one. Begins
/// at `searched`: a head that comes byte by byte is not read again for each of them.
Result<std::size_t, Fault> find_head_end(std::string_view bytes, std::size_t searched,
                                         const RequestLimits& limits) {
  for (std::size_t at = searched; at < bytes.size() && at < limits.head_size_max; ++at) {
    const char byte = bytes[at];
    if (byte == '\0') return unexpected{bad("a zero byte in the header")};
    if (byte == '\n' && (at == 0 || bytes[at - 1] != '\r')) {
      return unexpected{bad("a line that ends without a carriage return")};
    }
    if (byte == '\r' && at + 1 < bytes.size() && bytes[at + 1] != '\n') {
      return unexpected{bad("a carriage return within a line")};
    }
    if (byte == '\n' && at >= 3 && bytes[at - 2] == '\n') return at + 1;
    if (byte == '\n' && at == 1) return unexpected{bad("an empty request line")};
  }
  if (bytes.size() >= limits.head_size_max) {
    return unexpected{
        Fault{431, "the header is longer than " + std::to_string(limits.head_size_max) + " bytes"}};
  }
  return std::string_view::npos;
}

std::optional<Fault> check_request_line(std::string_view line, const RequestLimits& limits) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == line.npos || last == first) return bad("no request line");
  if (last - first - 1 > limits.target_size_max) {
    return Fault{414, "the target is longer than " + std::to_string(limits.target_size_max) +
                          " bytes: send a form by POST instead"};
  }
  const auto version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Fault{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  }
  return std::nullopt;
}

void count_header(std::string_view line, HeadCounts& counts) {
  const auto name = line.substr(0, line.find(':'));
  ++counts.lines;
  if (same_name(name, "host")) ++counts.hosts;
  const auto value = trim(line.substr(std::min(line.size(), name.size() + 1)));
  if (same_name(name, "content-length")) {
    ++counts.lengths;
    counts.plain_length = value.find_first_not_of("0123456789") == value.npos;
  }
  if (!same_name(name, "transfer-encoding")) return;
  ++counts.codings;
  counts.coding = value;
}

std::optional<Fault> judge(const HeadCounts& counts, const RequestLimits& limits, bool old) {
  if (counts.lines > limits.headers_max) {
    return Fault{431, "more than " + std::to_string(limits.headers_max) + " headers"};
  }
  if (counts.hosts != 1) return bad("exactly one Host header is needed");
  if (!counts.plain_length) return bad("a Content-Length that is no number");
  if (counts.lengths > 1) return bad("more than one Content-Length");
  if (counts.codings == 0) return std::nullopt;
  if (counts.lengths != 0) return bad("Content-Length beside Transfer-Encoding");
  if (counts.codings > 1 || old) return bad("a Transfer-Encoding that cannot be trusted");
  if (!same_name(counts.coding, "chunked")) {
    return Fault{501, "the only transfer coding known is chunked"};
  }
  return std::nullopt;
}

/// `head` includes the empty line at its end.
std::optional<Fault> check_head(std::string_view head, const RequestLimits& limits) {
  const auto first_end = head.find("\r\n");
  const auto request_line = head.substr(0, first_end);
  if (auto fault = check_request_line(request_line, limits)) return fault;
  auto rest = head.substr(first_end + 2);
  HeadCounts counts;
  while (rest.size() > 2) {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    if (line.front() == ' ' || line.front() == '\t') return bad("a folded header");
    count_header(line, counts);
    rest.remove_prefix(end + 2);
  }
  return judge(counts, limits, request_line.ends_with("1.0"));
}

constexpr std::size_t last_chunk_size = 5;  // "0", and two ends of lines

Fault explain(const beast::error_code& error, const RequestLimits& limits) {
  if (error == beast::http::error::body_limit) {
    return {413, "the body is longer than " + std::to_string(limits.body_size_max) + " bytes"};
  }
  return bad("not HTTP: " + error.message());
}

/// All but the body. Taken when the head ends: fields of a trailer are no headers.
Request to_request(const Parser& parser) {
  Request request;
  request.keep_alive = parser.keep_alive();
  const auto& message = parser.get();
  request.method = std::string{message.method_string()};
  request.target = std::string{message.target()};
  request.version = message.version();
  for (const auto& field : message) {
    request.headers.push_back({std::string{field.name_string()}, std::string{field.value()}});
  }
  return request;
}

}  // namespace

struct RequestParser::State {
  RequestLimits limits;
  std::string unread;
  std::size_t searched = 0;      ///< of `unread`, for the end of the head
  Request request;               ///< from the end of the head on
  std::optional<Parser> parser;  ///< present from the end of the head to the end of the request
  std::function<ChunkHeader> on_chunk;
  bool continue_wanted = false;

  std::optional<Fault> start(std::size_t head_size);
  std::optional<Fault> read_body();
};

std::optional<Fault> RequestParser::State::start(std::size_t head_size) {
  const std::string_view head = std::string_view{unread}.substr(0, head_size);
  if (auto fault = check_head(head, limits)) return fault;
  parser.emplace();
  parser->header_limit(static_cast<std::uint32_t>(limits.head_size_max));
  parser->body_limit(limits.body_size_max);
  parser->on_chunk_header(on_chunk);
  beast::error_code error;
  const auto used = parser->put(boost::asio::buffer(head), error);
  if (error) return explain(error, limits);
  ASSERT(used == head_size && parser->is_header_done());
  unread.erase(0, used);
  searched = 0;
  request = to_request(*parser);
  const auto expectation = parser->get()[beast::http::field::expect];
  continue_wanted = !parser->is_done() && beast::iequals(expectation, "100-continue");
  return std::nullopt;
}

std::optional<Fault> RequestParser::State::read_body() {
  parser->eager(true);
  std::size_t used = 0;
  while (!parser->is_done() && used < unread.size()) {
    beast::error_code error;
    const auto rest = std::string_view{unread}.substr(used);
    // The library asserts when it gets a last chunk a second time without all of its end.
    if (parser->chunked() && rest.size() < last_chunk_size && rest.starts_with("0\r\n")) break;
    used += parser->put(boost::asio::buffer(rest), error);
    if (error == beast::http::error::need_more) break;
    if (error) return explain(error, limits);
  }
  unread.erase(0, used);
  // Only the line of a chunk, or a trailer, is kept until it is whole.
  if (!parser->is_done() && unread.size() > limits.head_size_max) return bad("an endless line");
  return std::nullopt;
}

RequestParser::RequestParser(RequestLimits limits) : state_{std::make_unique<State>()} {
  state_->limits = limits;
  state_->on_chunk = [most = limits.chunk_extension_max](
                         std::uint64_t, beast::string_view extension, beast::error_code& error) {
    if (extension.size() > most) error = beast::http::error::bad_chunk_extension;
  };
}

RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser::~RequestParser() = default;

Result<RequestParser::Progress, Fault> RequestParser::feed(std::string_view bytes) {
  state_->unread.append(bytes);
  if (!state_->parser) {
    if (state_->unread.empty()) return Progress::idle;
    const auto end = find_head_end(state_->unread, state_->searched, state_->limits);
    if (!end) return unexpected{end.error()};
    if (*end == std::string_view::npos) {
      state_->searched = state_->unread.size() - 1;  // what follows the last byte decides on it
      return Progress::head;
    }
    if (auto fault = state_->start(*end)) return unexpected{std::move(*fault)};
  }
  if (auto fault = state_->read_body()) return unexpected{std::move(*fault)};
  return state_->parser->is_done() ? Progress::done : Progress::body;
}

bool RequestParser::wants_continue() { return std::exchange(state_->continue_wanted, false); }

Request RequestParser::take() {
  ASSERT(state_->parser && state_->parser->is_done());
  auto request = std::move(state_->request);
  request.body = std::move(state_->parser->get().body());
  state_->parser.reset();
  return request;
}

}  // namespace grapevine::http
