// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "obs/catalogue.hpp"

namespace grapevine::obs {

/// How long things took, in seconds, in a fixed set of buckets.
class Histogram {
 public:
  /// Upper ends; what is above the last one is in the count only.
  static constexpr std::array<double, 14> bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                 0.25,  0.5,    1,     2.5,  5,     10,   60};
  void add(double seconds);
  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }
  /// How many were at most `bounds[i]`.
  std::uint64_t up_to(std::size_t i) const;

 private:
  std::array<std::uint64_t, bounds.size()> buckets_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

/// The texts that Prometheus reads.
enum class TextFormat {
  prometheus,   ///< text/plain; version=0.0.4
  openmetrics,  ///< application/openmetrics-text; version=1.0.0
};
std::string_view content_type(TextFormat format);

/// Values at one moment, to be rendered. Metrics come in the catalogue's order, whatever the order
/// of `add`. Values of one metric with the same labels are added up, as what shares the label
/// `other` must be.
class Exposition {
 public:
  using Labels = std::initializer_list<std::string_view>;  ///< values, in the metric's order

  void add(std::string_view metric, Labels labels, double value);
  void add(std::string_view metric, double value) { add(metric, {}, value); }
  void add(std::string_view metric, Labels labels, const Histogram& histogram);
  std::string text(TextFormat format) const;

 private:
  /// By metric, then by line: name and labels as they are written, without the value. The first
  /// part of the key keeps a histogram's lines together and in order.
  using Lines = std::map<std::pair<std::string, std::size_t>, std::pair<std::string, double>>;
  std::map<std::string_view, Lines> values_;
};

}  // namespace grapevine::obs
