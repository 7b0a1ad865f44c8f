// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

namespace grapevine::agent {

struct Bounds {
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::int64_t>::max();
};

/// A JSON object that is taken apart name by name, so that what nobody asked for can be refused.
/// null counts as absent. It keeps the first error; values may be empty from then on, so nothing is
/// done with them before `error()` was asked.
class Arguments {
 public:
  explicit Arguments(boost::json::object values) : values_{std::move(values)} {}
  /// nullopt when the text is no JSON object.
  static std::optional<Arguments> parse(std::string_view text);

  std::string text(std::string_view name);
  std::optional<std::string> optional_text(std::string_view name);
  std::uint64_t number(std::string_view name, Bounds bounds = {});
  std::uint64_t number_or(std::string_view name, std::uint64_t absent, Bounds bounds = {});
  /// At least 0.
  double real_or(std::string_view name, double absent);
  /// Any finite number.
  double signed_or(std::string_view name, double absent);
  bool flag_or(std::string_view name, bool absent);
  /// A number that may have a fraction, rounded up to whole milliseconds; at most 100 years.
  std::chrono::milliseconds milliseconds_or(std::string_view name, std::chrono::milliseconds absent,
                                            std::chrono::milliseconds unit = one_millisecond);
  std::vector<std::string> texts(std::string_view name);
  std::optional<std::vector<std::string>> optional_texts(std::string_view name);
  /// A list of objects, each to be taken apart and ended with `close`.
  std::vector<Arguments> objects(std::string_view name);
  /// One object; nullopt when it is absent. Likewise.
  std::optional<Arguments> object(std::string_view name);
  /// The objects within one, by name. Likewise.
  std::vector<std::pair<std::string, Arguments>> named_objects(std::string_view name);
  /// Whatever stands there; absent: null.
  boost::json::value any(std::string_view name);

  /// The error of an inner object becomes one of this.
  void close(std::string_view name, Arguments& inner);
  void fail(std::string_view name, std::string_view what);
  /// The first error, a name that nobody asked for included; nullopt when all is well.
  std::optional<std::string> error() const;
  /// The first error, whatever is left.
  const std::optional<std::string>& first_error() const { return error_; }

 private:
  static constexpr std::chrono::milliseconds one_millisecond{1};

  std::optional<boost::json::value> take(std::string_view name);
  std::optional<std::uint64_t> take_number(std::string_view name, Bounds bounds);
  void missing(std::string_view name) { fail(name, "is missing"); }

  boost::json::object values_;
  std::optional<std::string> error_;
};

}  // namespace grapevine::agent
