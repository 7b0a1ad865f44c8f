// SPDX-License-Identifier: Apache-2.0
#include "obs/exposition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/assert.hpp"
#include "obs/text.hpp"

namespace grapevine::obs {

namespace {

constexpr std::string_view total = "_total";

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  const auto whole = static_cast<double>(static_cast<std::int64_t>(
      std::clamp(value, -9e15, 9e15)));  // counters are read by people: no exponents
  const auto [end, fault] =
      whole == value
          ? std::to_chars(text.data(), text.data() + text.size(), static_cast<std::int64_t>(value))
          : std::to_chars(text.data(), text.data() + text.size(), value);
  ASSERT(fault == std::errc{});
  return {text.data(), end};
}

/// `a="x",b="y"`.
std::string label_pairs(const Metric& metric, Exposition::Labels values) {
  std::string text;
  auto names = metric.labels;
  for (const auto value : values) {
    ASSERT(!names.empty());
    const auto end = std::min(names.find(','), names.size());
    if (!text.empty()) text += ',';
    text.append(names.substr(0, end)).append("=\"");
    append_escaped(text, value);
    text += '"';
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  ASSERT(names.empty());
  return text;
}

std::string line(std::string_view metric, std::string_view suffix, const std::string& pairs) {
  std::string text{metric};
  text += suffix;
  if (!pairs.empty()) text.append("{").append(pairs).append("}");
  return text;
}

}  // namespace

void Histogram::add(double seconds) {
  ++count_;
  sum_ += seconds;
  const auto bucket = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
  if (bucket < std::ssize(bounds)) ++buckets_[static_cast<std::size_t>(bucket)];
}

std::uint64_t Histogram::up_to(std::size_t i) const {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k <= i; ++k) sum += buckets_[k];
  return sum;
}

std::string_view content_type(TextFormat format) {
  return format == TextFormat::prometheus
             ? "text/plain; version=0.0.4; charset=utf-8"
             : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

void Exposition::add(std::string_view name, Labels labels, double value) {
  const auto& known = metric(name);
  ASSERT(known.type != MetricType::histogram);
  const auto pairs = label_pairs(known, labels);
  auto& [text, sum] = values_[known.name][{pairs, 0}];
  text = line(known.name, "", pairs);
  sum += value;
}

void Exposition::add(std::string_view name, Labels labels, const Histogram& histogram) {
  const auto& known = metric(name);
  ASSERT(known.type == MetricType::histogram);
  const auto pairs = label_pairs(known, labels);
  auto& lines = values_[known.name];
  std::size_t place = 0;
  const auto put = [&](std::string_view suffix, std::string_view upper_end, double value) {
    auto all = pairs;
    if (!upper_end.empty()) {
      if (!all.empty()) all += ',';
      all.append("le=\"").append(upper_end).append("\"");
    }
    auto& [text, sum] = lines[{pairs, place++}];
    text = line(known.name, suffix, all);
    sum += value;
  };
  for (std::size_t i = 0; i < Histogram::bounds.size(); ++i) {
    put("_bucket", number(Histogram::bounds[i]), static_cast<double>(histogram.up_to(i)));
  }
  put("_bucket", "+Inf", static_cast<double>(histogram.count()));
  put("_sum", "", histogram.sum());
  put("_count", "", static_cast<double>(histogram.count()));
}

std::string Exposition::text(TextFormat format) const {
  std::string text;
  for (const auto& [name, type, labels, help] : catalogue()) {
    const auto found = values_.find(name);
    if (found == values_.end()) continue;
    // OpenMetrics names a counter without the suffix that its samples have.
    auto family = name;
    const bool bare = format == TextFormat::openmetrics && type == MetricType::counter;
    if (bare && family.ends_with(total)) family.remove_suffix(total.size());
    text.append("# HELP ").append(family).append(" ").append(help).append("\n# TYPE ");
    text.append(family).append(" ").append(obs::name(type)).append("\n");
    for (const auto& [key, sample] : found->second) {
      text.append(sample.first).append(" ").append(number(sample.second)).append("\n");
    }
  }
  if (format == TextFormat::openmetrics) text += "# EOF\n";
  return text;
}

}  // namespace grapevine::obs
