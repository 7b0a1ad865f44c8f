// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace grapevine::obs {

/// What is wrong with a text in Prometheus' format 0.0.4: each sample behind the help and type of
/// its metric, no metric twice, no sample twice, names, labels and values well formed. Empty when
/// nothing is. Written from the format's description, not from our renderer.
inline std::string fault_of(const std::string& text) {
  static const std::regex help{R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) .+)"};
  static const std::regex type{
      R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped))"};
  static const std::regex sample{
      R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*",?)*\})? )re"
      R"re((NaN|[+-]Inf|[+-]?[0-9.]+(e[+-]?[0-9]+)?))re"};
  if (text.empty() || text.back() != '\n') return "the last line does not end";
  std::istringstream lines{text};
  std::string line, metric, kind, helped;
  std::set<std::string> metrics, series;
  while (std::getline(lines, line)) {
    std::smatch found;
    if (std::regex_match(line, found, help)) {
      helped = found[1];
      continue;
    }
    if (std::regex_match(line, found, type)) {
      metric = found[1];
      kind = found[2];
      if (helped != metric) return "type without help: " + line;
      if (!metrics.insert(metric).second) return "twice: " + line;
      continue;
    }
    if (!std::regex_match(line, found, sample)) return "no sample: " + line;
    const std::string name = found[1];
    const auto base = kind == "histogram" && name.rfind('_') != name.npos
                          ? name.substr(0, name.rfind('_'))
                          : name;
    if (base != metric) return "outside of its metric: " + line;
    if (!series.insert(name + std::string{found[2]}).second) return "the same again: " + line;
  }
  return "";
}

}  // namespace grapevine::obs
