// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grapevine::http {

/// One header line. Names compare without case.
struct Header {
  std::string name;
  std::string value;
};

/// A request as it came, checked for syntax only.
struct Request {
  std::string method;
  std::string target;  ///< as on the wire, still percent-encoded
  unsigned version = 11;
  std::vector<Header> headers = {};
  std::string body = {};
  bool keep_alive = true;
  std::string id = {};  ///< ours, for problem documents and logs

  /// The value of the first header of that name.
  std::optional<std::string_view> header(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

/// What is sent back. Content-Length, Connection and Date are added when it is written.
struct Response {
  unsigned status = 200;
  std::vector<Header> headers = {};
  std::string body = {};
};

/// How a response is put on the wire.
struct Framing {
  bool keep_alive = false;
  bool head_only = false;  ///< the answer to HEAD
  std::string date = {};   ///< RFC 9110 "Date"; empty leaves it out
};
std::string serialize(const Response& response, const Framing& framing);

/// The reason phrase of RFC 9110; empty for a status we never send.
std::string_view reason(unsigned status);

/// Whether two names are the same but for the case of ASCII letters.
bool same_name(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text);

}  // namespace grapevine::http
