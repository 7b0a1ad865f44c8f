// SPDX-License-Identifier: Apache-2.0
#include "obs/exposition.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "obs/text.hpp"
#include "unit/obs/syntax.hpp"

namespace grapevine::obs {
namespace {

TEST(Exposition, ShowsEachMetricWithItsHelpAndType) {
  Exposition metrics;
  metrics.add("libp2p_peers", 3);
  metrics.add("libp2p_network_bytes_total", {"in"}, 1500);
  metrics.add("libp2p_network_bytes_total", {"out"}, 0.5);

  EXPECT_EQ(metrics.text(TextFormat::prometheus),
            "# HELP libp2p_peers connected peers\n"
            "# TYPE libp2p_peers gauge\n"
            "libp2p_peers 3\n"
            "# HELP libp2p_network_bytes_total bytes of all connections, encrypted\n"
            "# TYPE libp2p_network_bytes_total counter\n"
            "libp2p_network_bytes_total{direction=\"in\"} 1500\n"
            "libp2p_network_bytes_total{direction=\"out\"} 0.5\n");
}

TEST(Exposition, OfOpenMetricsNamesCountersWithoutTheirSuffixAndSaysWhereItEnds) {
  Exposition metrics;
  metrics.add("libp2p_network_bytes_total", {"in"}, 1);

  EXPECT_EQ(metrics.text(TextFormat::openmetrics),
            "# HELP libp2p_network_bytes bytes of all connections, encrypted\n"
            "# TYPE libp2p_network_bytes counter\n"
            "libp2p_network_bytes_total{direction=\"in\"} 1\n"
            "# EOF\n");
}

TEST(Exposition, AddsUpWhatSharesItsLabels) {
  Exposition metrics;
  metrics.add("libp2p_pubsub_messages_published_total", {"other"}, 2);
  metrics.add("libp2p_pubsub_messages_published_total", {"other"}, 3);

  const auto text = metrics.text(TextFormat::prometheus);

  EXPECT_TRUE(text.ends_with("\nlibp2p_pubsub_messages_published_total{topic=\"other\"} 5\n"));
}

TEST(Exposition, WritesLargeNumbersWithoutExponents) {
  Exposition metrics;
  metrics.add("libp2p_network_bytes_total", {"in"}, 123456789012345.0);

  EXPECT_NE(metrics.text(TextFormat::prometheus).find("} 123456789012345\n"), std::string::npos);
}

TEST(Exposition, WritesWhatIsNoNumberAsPrometheusDoes) {
  Exposition metrics;
  metrics.add("libp2p_peers", std::numeric_limits<double>::infinity());
  metrics.add("libp2p_pubsub_peers", std::numeric_limits<double>::quiet_NaN());

  const auto text = metrics.text(TextFormat::prometheus);

  EXPECT_NE(text.find("libp2p_peers +Inf\n"), std::string::npos);
  EXPECT_NE(text.find("libp2p_pubsub_peers NaN\n"), std::string::npos);
}

TEST(Exposition, OfAHistogramCountsUpToEachBound) {
  Histogram histogram;
  for (const auto seconds : {0.0005, 0.001, 0.3, 100.0}) histogram.add(seconds);
  Exposition metrics;
  metrics.add("libp2p_swarm_handshake_latency_seconds", {"tcp", "/noise", "y", "true", "ip4"},
              histogram);

  const auto text = metrics.text(TextFormat::prometheus);

  const std::string labels = R"(transport="tcp",security="/noise",muxer="y",early_muxer="true",)"
                             R"(ip_version="ip4")";
  const std::string name = "libp2p_swarm_handshake_latency_seconds";
  const auto bucket = [&](const std::string& end, int count) {
    return "\n" + name + "_bucket{" + labels + ",le=\"" + end + "\"} " + std::to_string(count) +
           "\n";
  };
  EXPECT_NE(text.find(bucket("0.001", 2)), std::string::npos) << text;
  EXPECT_NE(text.find(bucket("0.25", 2)), std::string::npos);
  EXPECT_NE(text.find(bucket("0.5", 3)), std::string::npos);
  EXPECT_NE(text.find(bucket("60", 3)), std::string::npos);
  EXPECT_NE(text.find(bucket("+Inf", 4)), std::string::npos);
  EXPECT_NE(text.find("\n" + name + "_count{" + labels + "} 4\n"), std::string::npos);
  EXPECT_EQ(fault_of(text), "");
}

TEST(Labels, OfAnyBytesAreValidText) {
  const auto escaped = [](std::string_view value) {
    std::string out;
    append_escaped(out, value);
    return out;
  };
  EXPECT_EQ(escaped("plain"), "plain");
  EXPECT_EQ(escaped("a\"b\\c\nd"), R"(a\"b\\c\nd)");
  EXPECT_EQ(escaped("gr\u00fcn"), "gr\u00fcn");
  EXPECT_EQ(escaped("\xff\x01"), R"(\\xff\\x01)");
}

TEST(Json, OfAnyBytesIsValid) {
  const auto quoted = [](std::string_view value) {
    std::string out;
    append_json(out, value);
    return out;
  };
  EXPECT_EQ(quoted("a\"b\\c\n"), R"("a\"b\\c\u000a")");
  EXPECT_EQ(quoted("\xff"), "\"\xEF\xBF\xBD\"");
}

TEST(Catalogue, NamesEachMetricOnceAndAsPrometheusWantsThem) {
  std::set<std::string_view> names;
  for (const auto& [name, type, labels, help] : catalogue()) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(type == MetricType::counter, name.ends_with("_total")) << name;
    EXPECT_FALSE(help.empty());
    EXPECT_EQ(help.find_first_of("\\\n\""), help.npos);
    EXPECT_TRUE(name.starts_with("libp2p_") || name.starts_with("grapevine_")) << name;
  }
}

}  // namespace
}  // namespace grapevine::obs
