// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

/// Targets and forms as Go's net/http and net/url read them, so that what worked with the Go demo
/// works here.
namespace grapevine::http {

/// `%zz` decoded; nullopt when a percent sign has no two hexadecimal digits behind it.
enum class Plus { is_plus, is_space };
std::optional<std::string> percent_decode(std::string_view text, Plus plus);
/// All but unreserved characters and `keep` as `%ZZ`.
std::string percent_encode(std::string_view text, std::string_view keep = {});

/// A request target taken apart.
struct Target {
  std::string path;                      ///< decoded
  std::string query;                     ///< as it came
  std::optional<std::string> authority;  ///< of the form `http://host/…`, which stands above Host
};
/// nullopt: neither a path nor an absolute http URL, or a path that cannot be decoded.
std::optional<Target> parse_target(std::string_view target);

/// Without empty, `.` and `..` segments; a slash at the end stays.
std::string clean_path(std::string_view path);

struct Pair {
  std::string name;
  std::string value;
};
/// Pairs between `&`. One with a `;` or a bad escape is dropped, the rest counts.
std::vector<Pair> parse_pairs(std::string_view text);

/// The parameters of a request: first those of an urlencoded POST, PUT or PATCH body, then those of
/// the query. Bodies of other types are ignored.
class Form {
 public:
  Form(const Request& request, const Target& target);
  /// The first value of that name.
  std::optional<std::string> value(std::string_view name) const;

 private:
  std::vector<Pair> pairs_;
};

}  // namespace grapevine::http
