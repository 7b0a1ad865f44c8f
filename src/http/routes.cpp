// SPDX-License-Identifier: Apache-2.0
#include "http/routes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/form.hpp"
#include "multi/multiaddr.hpp"

namespace grapevine::http {
namespace {

/// The same bytes as Go's answer to a path that is not there.
Response not_found() {
  return {404,
          {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}},
          "404 page not found\n"};
}

Response moved(const std::string& path, const std::string& query) {
  auto location = percent_encode(path, "/:@!$&'()*+,;=");
  if (!query.empty()) location += "?" + query;
  return {301, {{"Location", std::move(location)}}, {}};
}

/// `dest` between commas, nothing trimmed, as the Go demo splits it.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> pieces;
  for (;;) {
    const auto end = text.find(',');
    pieces.emplace_back(text.substr(0, end));
    if (end == text.npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::string describe(const std::vector<Complaint>& complaints) {
  std::string text;
  for (const auto& complaint : complaints) {
    if (!text.empty()) text += "; ";
    text += "dest[" + std::to_string(complaint.index) + "]: " + complaint.detail;
  }
  return text;
}

Action add_peers(const Request& request, const Form& form) {
  const auto dest = form.value("dest");
  if (!dest) {
    return to_response(
        {400, "bad-parameter", "Bad parameter", "the parameter dest is missing: a multiaddr"},
        request);
  }
  AddPeers wanted{split(*dest)};
  if (wanted.addresses.size() > AddPeers::addresses_max) {
    return to_response({400, "bad-parameter", "Bad parameter",
                        "more than " + std::to_string(AddPeers::addresses_max) + " addresses"},
                       request);
  }
  Problem problem{400, "invalid-multiaddr", "Invalid multiaddr", {}};
  for (std::size_t i = 0; i < wanted.addresses.size(); ++i) {
    if (auto fault = address_fault(wanted.addresses[i])) problem.errors.push_back({i, *fault});
  }
  if (problem.errors.empty()) return wanted;
  problem.detail = describe(problem.errors);
  return to_response(problem, request);
}

/// Reading is no side effect: whoever only reads asks with GET or HEAD.
Action show_metrics(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    auto response = to_response(
        {405, "method-not-allowed", "Method not allowed", "/metrics is read with GET"}, request);
    response.headers.push_back({"Allow", "GET, HEAD"});
    return response;
  }
  const auto accept = request.header("accept").value_or("");
  return ShowMetrics{accept.find("application/openmetrics-text") != accept.npos};
}

/// Host is checked on every route, so that a rebound name learns nothing at all (H02).
std::optional<Response> refuse_name(const Request& request, const Target& target,
                                    const Site& site) {
  const bool ours = names_us(request.header("host").value_or(""), site) &&
                    (!target.authority || names_us(*target.authority, site));
  if (ours) return std::nullopt;
  return to_response({403, "forbidden", "Forbidden",
                      "the Host header names another server; ask by the address this one "
                      "listens on"},
                     request);
}

/// Three digits behind the point; Boost.JSON would write 2.5E-1, which people read too.
std::string in_plain_digits(double value) {
  std::array<char, 32> text{};
  const auto [end, fault] = std::to_chars(text.data(), text.data() + text.size(),
                                          std::min(value, 1e9), std::chars_format::fixed, 3);
  return fault == std::errc{} ? std::string{text.data(), end} : "null";
}

struct Trouble {
  unsigned status;
  std::string_view slug;
  std::string_view title;
};

Trouble trouble_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::too_large:
      return {413, "payload-too-large", "Payload too large"};
    case ErrorCode::bad_topic:
      return {400, "invalid-topic", "Invalid topic"};
    case ErrorCode::queue_full:
      return {503, "not-ready", "Not ready"};
    case ErrorCode::closed:
      return {503, "draining", "Draining"};
    default:
      return {500, "internal", "Internal error"};
  }
}

}  // namespace

Action route(const Request& request, const Site& site) {
  const auto target = parse_target(request.target);
  if (!target) {
    return to_response({400, "bad-parameter", "Bad parameter", "the path cannot be decoded"},
                       request);
  }
  if (auto refused = refuse_name(request, *target, site)) return std::move(*refused);
  if (const auto cleaned = clean_path(target->path); cleaned != target->path) {
    return moved(cleaned, target->query);
  }
  if (target->path == "/livez") return CheckLife{};
  if (target->path != "/send" && target->path != "/addPeers" && target->path != "/metrics") {
    return not_found();
  }
  if (auto reason = cross_site(request, site)) {
    return to_response({403, "cross-site", "Cross-site request", std::move(*reason)}, request);
  }
  if (target->path == "/metrics") return show_metrics(request);
  const Form form{request, *target};
  if (target->path == "/addPeers") return add_peers(request, form);
  return Publish{form.value("msg").value_or(""), form.value("topic")};
}

std::optional<std::string> address_fault(const std::string& text) {
  if (text.empty()) return "no address";
  const auto address = Multiaddr::parse(text);
  if (!address) return address.error().message();
  if (!address->peer_id_bytes()) return "the address does not end in /p2p/<peer id>";
  return std::nullopt;
}

Response published(const Request& request, const Expected<void>& outcome) {
  if (outcome) return {};
  const auto [status, slug, title] = trouble_of(outcome.error().code);
  auto response = to_response({status, slug, title, outcome.error().detail}, request);
  if (status == 503) response.headers.push_back({"Retry-After", "1"});
  return response;
}

Response peers_added(const Request& request, const std::vector<DialResult>& results) {
  Problem problem{502, "dial-failed", "Dial failed", {}};
  bool only_timeouts = true;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i].error) continue;
    problem.errors.push_back({i, *results[i].error});
    only_timeouts = only_timeouts && results[i].timed_out;
  }
  if (problem.errors.empty()) return {};
  if (only_timeouts) {
    problem.status = 504;
    problem.slug = "dial-timeout";
    problem.title = "Dial timed out";
  }
  problem.detail = describe(problem.errors);
  problem.results = results;
  return to_response(problem, request);
}

Response life_checked(const Life& life) {
  const bool moves = life.loop_lag_ms >= 0;
  const bool alive = moves && life.listening;
  // A node without peers is alive: who would restart it for that makes it no less lonely.
  const auto peers = !moves ? "unknown" : life.peers == 0 ? "none" : "ok";
  std::string body = R"({"status":")";
  body.append(alive ? "ok" : "failing");
  body.append(R"(","checks":{"listen":")").append(life.listening ? "ok" : "failing");
  body.append(R"(","peers":")").append(peers);
  body.append(R"(","store":")").append(life.store);
  body.append(R"(","loop_lag_ms":)").append(moves ? in_plain_digits(life.loop_lag_ms) : "null");
  body.append("}}\n");
  return {alive ? 200u : 503u,
          {{"Content-Type", "application/json"},
           {"Cache-Control", "no-store"},
           {"X-Content-Type-Options", "nosniff"}},
          std::move(body)};
}

Response metrics_shown(const ShowMetrics& asked, std::string text) {
  const std::string type = asked.openmetrics
                               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                               : "text/plain; version=0.0.4; charset=utf-8";
  return {200,
          {{"Content-Type", type},
           {"Cache-Control", "no-store"},
           {"X-Content-Type-Options", "nosniff"}},
          std::move(text)};
}

}  // namespace grapevine::http
