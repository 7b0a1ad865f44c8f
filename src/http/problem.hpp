// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace grapevine::http {

/// What was wrong with one of several things.
struct Complaint {
  std::size_t index;
  std::string detail;
};

/// How one destination went.
struct DialResult {
  std::string address;
  std::optional<std::string> error = {};  ///< absent: connected
  bool timed_out = false;
  bool already = false;  ///< was connected before
};

/// An error for programs and people: RFC 9457 `application/problem+json`.
struct Problem {
  unsigned status;
  std::string_view slug;   ///< the type is `/problems/<slug>`
  std::string_view title;  ///< the same for every problem of the type
  std::string detail;
  std::vector<Complaint> errors = {};
  std::vector<DialResult> results = {};
};
Response to_response(const Problem& problem, const Request& request);

}  // namespace grapevine::http
