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
    if (equal(host.value, loopback)) return {};
    return to_text(host.value.first(7));
  }
  return {};
}

bool Admission::accept(const std::string& network, TimePoint now) {
  if (connections() >= config_.connections_max || inbound_ >= config_.inbound_max) return false;
  if (half_open_ >= config_.half_open_max) return false;
  if (!network.empty()) {
    if (networks_.size() >= networks_max) forget_quiet(now);
    if (networks_.size() >= networks_max && !networks_.contains(network)) return false;
    auto& counts = networks_[network];
    if (!take_token(counts, now)) return false;
    if (counts.open >= config_.per_ip_max || counts.half_open >= config_.half_open_per_ip_max)
      return false;
    ++counts.open;
    ++counts.half_open;
  }
  ++inbound_;
  ++half_open_;
  return true;
}

bool Admission::take_token(Network& network, TimePoint now) const {
  const auto burst = static_cast<double>(config_.accepts_per_ip_burst);
  const auto elapsed = std::chrono::duration<double>(now - network.filled).count();
  const bool fresh = network.filled == TimePoint{};
  network.tokens =
      fresh ? burst
            : std::min(burst, network.tokens +
                                  elapsed * static_cast<double>(config_.accepts_per_ip_per_second));
  network.filled = now;
  if (network.tokens < 1) return false;
  network.tokens -= 1;
  return true;
}

/// Networks without a connection whose bucket is full again say nothing that a fresh entry would
/// not.
void Admission::forget_quiet(TimePoint now) {
  const auto refill = std::chrono::seconds{
      config_.accepts_per_ip_burst / std::max<std::size_t>(config_.accepts_per_ip_per_second, 1) +
      1};
  boost::unordered::erase_if(networks_, [&](const auto& entry) {
    return entry.second.open == 0 && entry.second.filled + refill <= now;
  });
}

bool Admission::dial() {
  if (connections() >= config_.connections_max) return false;
  ++outbound_;
  return true;
}

void Admission::established(const std::string& network, bool outbound) {
  if (outbound) return;
  --half_open_;
  if (!network.empty()) --networks_[network].half_open;
}

void Admission::closed(const std::string& network, bool outbound, bool was_half_open) {
  if (outbound) {
    --outbound_;
    return;
  }
  --inbound_;
  if (was_half_open) --half_open_;
  if (network.empty()) return;
  auto& counts = networks_[network];
  --counts.open;
  if (was_half_open) --counts.half_open;
}

}  // namespace grapevine::host
