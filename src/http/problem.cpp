// SPDX-License-Identifier: Apache-2.0
#include "http/problem.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/utf8.hpp"

namespace grapevine::http {
namespace {

namespace json = boost::json;

json::array to_json(const std::vector<Complaint>& complaints) {
  json::array array;
  for (const auto& complaint : complaints) {
    array.push_back({{"index", complaint.index}, {"detail", base::to_utf8(complaint.detail)}});
  }
  return array;
}

json::array to_json(const std::vector<DialResult>& results) {
  json::array array;
  for (const auto& result : results) {
    json::object entry;
    entry["addr"] = base::to_utf8(result.address);
    entry["ok"] = !result.error.has_value();
    entry["already"] = result.already;
    if (result.error) {
      entry["error"] = base::to_utf8(*result.error);
    } else {
      entry["error"] = nullptr;
    }
    array.push_back(std::move(entry));
  }
  return array;
}

}  // namespace

Response to_response(const Problem& problem, const Request& request) {
  json::object document;
  document["type"] = "/problems/" + std::string{problem.slug};
  document["title"] = problem.title;
  document["status"] = problem.status;
  document["detail"] = base::to_utf8(problem.detail);
  document["instance"] = base::to_utf8(request.target.substr(0, request.target.find('?')));
  document["request_id"] = request.id;
  if (!problem.errors.empty()) document["errors"] = to_json(problem.errors);
  if (!problem.results.empty()) document["results"] = to_json(problem.results);
  return {problem.status,
          {{"Content-Type", "application/problem+json"}, {"X-Content-Type-Options", "nosniff"}},
          json::serialize(document) + "\n"};
}

}  // namespace grapevine::http
