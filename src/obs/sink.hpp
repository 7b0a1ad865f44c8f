// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/host/host.hpp"
#include "obs/exposition.hpp"

namespace grapevine::obs {

/// Takes what a host tells, adds it up, and gives all metrics of the host at a moment. Never waits
/// and never asks: the host's own sums are read when metrics are collected. The labels of what it
/// holds come from the code or from our own topics, so that no remote can make it grow.
class Sink {
 public:
  /// Series of one metric that is counted here.
  static constexpr std::size_t series_max = 256;

  explicit Sink(std::shared_ptr<const gossipsub::Config> gossip) : gossip_{std::move(gossip)} {}

  void on(const host::Traced& traced);
  void on(const host::LinkEstablished& established);
  void on(const host::LinkEnded& ended);
  void on(const host::DialFailed& failed);
  void on(const host::PeerIdentified&) { ++identified_; }

  void collect(const host::Host& host, Exposition& metrics) const;

 private:
  using Kind = gossipsub::Traced::Kind;
  /// A connection's labels: whether it is inbound, has an early muxer, is of IPv6.
  struct LinkLabels {
    bool outbound;
    bool early_muxer;
    bool ip6;
    friend auto operator<=>(const LinkLabels&, const LinkLabels&) = default;
  };
  struct Links {
    std::uint64_t opened = 0;
    std::uint64_t closed = 0;
    Histogram handshake;
    Histogram duration;
  };
  Links& links(const Multiaddr& address, bool outbound, bool early_muxer);

  void collect_links(Exposition& metrics) const;
  void collect_events(Exposition& metrics) const;

  std::shared_ptr<const gossipsub::Config> gossip_;
  std::map<std::pair<Kind, std::string_view>, std::uint64_t> events_;  ///< by kind and reason
  std::map<LinkLabels, Links> links_;
  std::map<std::pair<host::DialError, bool>, std::uint64_t> dial_errors_;
  std::uint64_t identified_ = 0;
};

}  // namespace grapevine::obs
