// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace grapevine::http {

/// What one request may be.
struct RequestLimits {
  std::size_t head_size_max = 8192;  ///< request line and headers
  std::size_t target_size_max = 2048;
  std::size_t headers_max = 64;
  std::size_t body_size_max = 1 << 20;
  std::size_t chunk_extension_max = 256;
};

/// Why bytes are no request we take; the connection ends behind the answer.
struct Fault {
  unsigned status;  ///< 400, 413, 414, 431, 501 or 505
  std::string detail;
};

/// Bytes in, requests out; no socket. Stricter than RFC 9112 where servers and proxies are known to
/// read the same bytes differently (request smuggling): a bare LF or CR, a folded header, two
/// lengths, a length beside chunks, a coding other than `chunked` are all refused.
///
/// Holds at most one head or one body, and what was fed behind it.
class RequestParser {
 public:
  explicit RequestParser(RequestLimits limits = {});
  RequestParser(RequestParser&&) noexcept;
  ~RequestParser();

  /// How far the current request is.
  enum class Progress { idle, head, body, done };

  /// Takes bytes and goes on as far as they reach. After a fault, only the destructor.
  Result<Progress, Fault> feed(std::string_view bytes);
  /// The client waits for `100 Continue` before it sends the body. True once per request.
  bool wants_continue();
  /// The finished request; `feed({})` then starts on what came behind it.
  Request take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace grapevine::http
