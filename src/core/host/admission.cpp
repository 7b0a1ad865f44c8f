// SPDX-License-Identifier: Apache-2.0
#include "core/host/admission.hpp"

#include <algorithm>
#include <array>

namespace grapevine::host {

std::string network_of(const Multiaddr& address) {
  const auto components = address.components();
  if (components.empty()) return {};
  const auto& host = components.front();
  if (host.protocol == multi::Protocol::ip4) {
    if (host.value.front() == 127) return {};
    return to_text(host.value);
  }
  if (host.protocol == multi::Protocol::ip6) {
    constexpr std::array<std::uint8_t, 16> loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (equal(host.value, loopback)) return {};
    if (equal(host.value.first(12), mapped)) {  // an IPv4 address in IPv6 clothes
      const auto inner = host.value.subspan(12);
      return inner.front() == 127 ? std::string{} : to_text(inner);
    }
    return to_text(host.value.first(7));
  }
  return {};
}

bool Admission::accept(const std::string& network, TimePoint now) {
  if (inbound_full()) return false;
  if (!network.empty()) {
    if (networks_.size() >= networks_max) forget_quiet(now);
    if (networks_.size() >= networks_max && !networks_.contains(network)) return false;
    const auto burst = static_cast<double>(config_.accepts_per_ip_burst);
    auto& counts = networks_.try_emplace(network, Network{0, 0, burst, now}).first->second;
    if (!take_token(counts, now)) return false;
    if (counts.open >= config_.per_ip_max) return false;
    if (counts.half_open >= config_.half_open_per_ip_max) return false;
    ++counts.open;
    ++counts.half_open;
  }
  ++inbound_;
  return true;
}

bool Admission::take_token(Network& network, TimePoint now) const {
  const auto burst = static_cast<double>(config_.accepts_per_ip_burst);
  const auto rate = static_cast<double>(config_.accepts_per_ip_per_second);
  const auto elapsed = std::chrono::duration<double>(now - network.filled).count();
  network.tokens = std::min(burst, network.tokens + elapsed * rate);
  network.filled = now;
  if (network.tokens < 1) return false;
  network.tokens -= 1;
  return true;
}

/// Networks without a connection whose bucket is full again say nothing that a fresh entry would
/// not. Looking at them all takes a while, so not more than once a second.
void Admission::forget_quiet(TimePoint now) {
  if (now < next_look_) return;
  next_look_ = base::saturating_add(now, std::chrono::seconds{1});
  const auto rate = std::max<std::size_t>(config_.accepts_per_ip_per_second, 1);
  const auto refill = std::chrono::seconds{config_.accepts_per_ip_burst / rate + 1};
  boost::unordered::erase_if(networks_, [&](const auto& entry) {
    return entry.second.open == 0 && entry.second.filled + refill <= now;
  });
}

bool Admission::dial() {
  if (full()) return false;
  ++outbound_;
  return true;
}

void Admission::established(const std::string& network, bool outbound) {
  if (outbound || network.empty()) return;
  --networks_.at(network).half_open;
}

void Admission::closed(const std::string& network, bool outbound, bool was_half_open) {
  if (outbound) {
    --outbound_;
    return;
  }
  --inbound_;
  if (network.empty()) return;
  auto& counts = networks_.at(network);
  --counts.open;
  if (was_half_open) --counts.half_open;
}

}  // namespace grapevine::host
