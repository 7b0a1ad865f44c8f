// SPDX-License-Identifier: Apache-2.0
#include "http/problem.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace grapevine::http {
namespace {

namespace json = boost::json;

/// Length of the well-formed UTF-8 sequence at the front (RFC 3629); 0 when there is none.
std::size_t sequence_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && at(1) < 0xA0) || (first == 0xF0 && at(1) < 0x90);
  const bool surrogate = first == 0xED && at(1) > 0x9F;
  const bool too_high = first == 0xF4 && at(1) > 0x8F;
  return overlong || surrogate || too_high ? 0 : length;
}

json::array to_json(const std::vector<Complaint>& complaints) {
  json::array array;
  for (const auto& complaint : complaints) {
    array.push_back({{"index", complaint.index}, {"detail", to_utf8(complaint.detail)}});
  }
  return array;
}

json::array to_json(const std::vector<DialResult>& results) {
  json::array array;
  for (const auto& result : results) {
    json::object entry;
    entry["addr"] = to_utf8(result.address);
    entry["ok"] = !result.error.has_value();
    entry["already"] = result.already;
    if (result.error) {
      entry["error"] = to_utf8(*result.error);
    } else {
      entry["error"] = nullptr;
    }
    array.push_back(std::move(entry));
  }
  return array;
}

}  // namespace

std::string to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto length = sequence_length(bytes);
    text.append(length == 0 ? std::string_view{"\xEF\xBF\xBD"} : bytes.substr(0, length));
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

Response to_response(const Problem& problem, const Request& request) {
  json::object document;
  document["type"] = "/problems/" + std::string{problem.slug};
  document["title"] = problem.title;
  document["status"] = problem.status;
  document["detail"] = to_utf8(problem.detail);
  document["instance"] = to_utf8(request.target.substr(0, request.target.find('?')));
  document["request_id"] = request.id;
  if (!problem.errors.empty()) document["errors"] = to_json(problem.errors);
  if (!problem.results.empty()) document["results"] = to_json(problem.results);
  return {problem.status,
          {{"Content-Type", "application/problem+json"}, {"X-Content-Type-Options", "nosniff"}},
          json::serialize(document) + "\n"};
}

}  // namespace grapevine::http
