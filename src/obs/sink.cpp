// SPDX-License-Identifier: Apache-2.0
#include "obs/sink.hpp"

#include <chrono>

#include "obs/router_metrics.hpp"

namespace grapevine::obs {

namespace {

constexpr std::string_view other = "other";
constexpr std::string_view transport = "tcp";
constexpr std::string_view security = "/noise";
constexpr std::string_view muxer = "/yamux/1.0.0";

std::string_view ip_label(bool ip6) { return ip6 ? "ip6" : "ip4"; }
std::string_view dir_label(bool outbound) { return outbound ? "outbound" : "inbound"; }
std::string_view truth(bool value) { return value ? "true" : "false"; }

bool is_ip6(const Multiaddr& address) {
  const auto parts = address.components();
  return !parts.empty() && parts.front().protocol == multi::Protocol::ip6;
}

double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

void Sink::on(const host::Traced& traced) {
  const std::pair key{traced.kind, traced.reason};
  const bool fits = events_.size() < series_max || events_.contains(key);
  events_[fits ? key : std::pair{traced.kind, other}] += traced.count;
}

Sink::Links& Sink::links(const Multiaddr& address, bool outbound, bool early_muxer) {
  return links_[{outbound, early_muxer, is_ip6(address)}];
}

void Sink::on(const host::LinkEstablished& established) {
  auto& links = this->links(established.address, established.outbound, established.early_muxer);
  ++links.opened;
  links.handshake.add(seconds(established.handshake));
}

void Sink::on(const host::LinkEnded& ended) {
  auto& links = this->links(ended.address, ended.outbound, ended.early_muxer);
  ++links.closed;
  links.duration.add(seconds(ended.lasted));
}

void Sink::on(const host::DialFailed& failed) {
  ++dial_errors_[{failed.error, is_ip6(failed.address)}];
}

void Sink::collect(const host::Host& host, Exposition& metrics) const {
  metrics.add("grapevine_build_info", {GRAPEVINE_VERSION}, 1);
  collect_host(host, metrics);
  collect_topics(host.router(), *gossip_, metrics);
  collect_traffic(host.router(), metrics);
  collect_outboxes(host.router(), *gossip_, metrics);
  if (gossip_->score) collect_scores(host, gossip_->score->thresholds, metrics);
  collect_links(metrics);
  collect_events(metrics);
  metrics.add("libp2p_identify_identify_total", {"received"}, static_cast<double>(identified_));
}

/// The latency of handshakes has no direction in go's set: both are added up.
void Sink::collect_links(Exposition& metrics) const {
  for (const auto& [labels, links] : links_) {
    const auto dir = dir_label(labels.outbound);
    const auto early = truth(labels.early_muxer);
    const auto ip = ip_label(labels.ip6);
    const Exposition::Labels directed = {dir, transport, security, muxer, early, ip};
    metrics.add("libp2p_swarm_connections_opened_total", directed,
                static_cast<double>(links.opened));
    metrics.add("libp2p_swarm_connections_closed_total", directed,
                static_cast<double>(links.closed));
    metrics.add("libp2p_swarm_connection_duration_seconds", directed, links.duration);
    metrics.add("libp2p_swarm_handshake_latency_seconds", {transport, security, muxer, early, ip},
                links.handshake);
  }
  for (const auto& [key, times] : dial_errors_) {
    metrics.add("libp2p_swarm_dial_errors_total",
                {transport, host::name(key.first), ip_label(key.second)},
                static_cast<double>(times));
  }
}

void Sink::collect_events(Exposition& metrics) const {
  for (const auto& [key, times] : events_) {
    const auto [kind, reason] = key;
    metrics.add("grapevine_events_total", {gossipsub::name(kind), reason},
                static_cast<double>(times));
    if (kind == Kind::rejected || kind == Kind::ignored) {
      metrics.add("libp2p_pubsub_reject_reason_total", {reason}, static_cast<double>(times));
    }
  }
}

}  // namespace grapevine::obs
