// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace grapevine::obs {

enum class MetricType { counter, gauge, histogram };
std::string_view name(MetricType type);

/// One metric as Prometheus knows it.
struct Metric {
  std::string_view name;
  MetricType type;
  std::string_view labels;  ///< names between commas, in the order in which values are given
  std::string_view help;
};

/// Every metric there is, in the order in which they are shown. docs/metrics.md has the same.
std::span<const Metric> catalogue();
/// The one of that name, which must be there.
const Metric& metric(std::string_view name);

}  // namespace grapevine::obs
