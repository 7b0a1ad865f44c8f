// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/gater.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

namespace {

void decay_by(double& counter, double factor, double to_zero) {
  counter *= factor;
  if (counter < to_zero) counter = 0;
}

/// Uniform in [0, 1), of 53 random bits.
double fraction(Rng& rng) { return static_cast<double>(rng.u64() >> 11) * 0x1p-53; }

bool is_factor(double value) { return value > 0 && value < 1; }
bool at_least(double value, double least) { return std::isfinite(value) && value >= least; }

}  // namespace

Result<void, ConfigError> check(const GaterParams& p) {
  struct Rule {
    bool holds;
    std::string_view field;
    std::string_view rule;
    double value;
  };
  const auto second = std::chrono::seconds{1};
  const auto micros = [](Duration span) { return static_cast<double>(span.count()); };
  const Rule rules[] = {
      {std::isfinite(p.threshold) && p.threshold > 0, "threshold", "above 0", p.threshold},
      {is_factor(p.global_decay), "global_decay", "between 0 and 1", p.global_decay},
      {is_factor(p.source_decay), "source_decay", "between 0 and 1", p.source_decay},
      {p.decay_interval >= second, "decay_interval", "at least 1 s", micros(p.decay_interval)},
      {is_factor(p.decay_to_zero), "decay_to_zero", "between 0 and 1", p.decay_to_zero},
      {p.retain_stats >= Duration::zero(), "retain_stats", "not negative", micros(p.retain_stats)},
      {p.quiet >= second, "quiet", "at least 1 s", micros(p.quiet)},
      {std::isfinite(p.duplicate_weight) && p.duplicate_weight > 0, "duplicate_weight", "above 0",
       p.duplicate_weight},
      {at_least(p.ignore_weight, 1), "ignore_weight", "at least 1", p.ignore_weight},
      {at_least(p.reject_weight, 1), "reject_weight", "at least 1", p.reject_weight},
  };
  for (const auto& rule : rules) {
    if (rule.holds) continue;
    return unexpected(
        ConfigError{"gater." + std::string{rule.field}, rule.rule, std::to_string(rule.value)});
  }
  for (const auto& [topic, weight] : p.topic_delivery_weights) {
    if (at_least(weight, 0)) continue;
    return unexpected(ConfigError{"gater.topic_delivery_weights[" + topic + "]",
                                  "a number, not negative", std::to_string(weight)});
  }
  return {};
}

Gater::Gater(GaterParams params, Rng& rng, TimePoint now)
    : params_{std::move(params)},
      by_origin_{0, Hash{base::KeyedHash{rng}}},
      next_refresh_{base::saturating_add(now, params_.decay_interval)},
      rng_{rng.fork()} {}

std::size_t Gater::Hash::operator()(const Origin& origin) const {
  const auto peer = origin.peer ? std::to_underlying(*origin.peer) + std::uint64_t{1} : 0;
  return hash(ByteView{origin.address.bytes}) ^ (peer * 0x9E3779B97F4A7C15u);
}

Gater::Source* Gater::find(PeerHandle peer) {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : found->second.source;
}

void Gater::add_peer(PeerHandle peer, std::span<const IpAddress> ips) {
  if (peers_.contains(peer)) return;
  const auto origin = ips.empty() ? Origin{{}, peer} : Origin{ips.front(), std::nullopt};
  auto found = by_origin_.find(origin);
  if (found == by_origin_.end()) {
    make_room();
    found = by_origin_.emplace(origin, std::make_unique<Source>()).first;
  }
  ++found->second->connected;
  peers_.emplace(peer, Entry{origin, found->second.get()});
}

void Gater::remove_peer(PeerHandle peer, TimePoint now) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  const auto [origin, source] = found->second;
  peers_.erase(found);
  if (--source->connected > 0) return;
  source->expires = base::saturating_add(now, params_.retain_stats);
  const bool blank = source->duplicate == 0 && source->ignore == 0 && source->reject == 0;
  if (origin.peer || blank) by_origin_.erase(origin);  // nobody can come back to it, or gain by it
}

void Gater::make_room() {
  if (by_origin_.size() < sources_max) return;
  auto first = by_origin_.end();
  for (auto entry = by_origin_.begin(); entry != by_origin_.end(); ++entry) {
    if (entry->second->connected > 0) continue;
    const auto rank = [](const auto& at) {
      return std::pair{at->second->expires, at->first.address};
    };
    if (first == by_origin_.end() || rank(entry) < rank(first)) first = entry;
  }
  if (first != by_origin_.end()) by_origin_.erase(first);
}

void Gater::validate() { ++validated_; }

void Gater::throttle(TimePoint now) {
  ++throttled_;
  last_throttle_ = now;
}

void Gater::deliver(PeerHandle peer, double weight) {
  if (auto* source = find(peer)) source->deliver += weight;
}

void Gater::duplicate(PeerHandle peer) {
  if (auto* source = find(peer)) ++source->duplicate;
}

void Gater::ignore(PeerHandle peer) {
  if (auto* source = find(peer)) ++source->ignore;
}

void Gater::reject(PeerHandle peer) {
  if (auto* source = find(peer)) ++source->reject;
}

void Gater::refresh(TimePoint now) {
  const auto to_zero = params_.decay_to_zero;
  decay_by(validated_, params_.global_decay, to_zero);
  decay_by(throttled_, params_.global_decay, to_zero);
  boost::unordered::erase_if(by_origin_, [&](const auto& entry) {
    auto& source = *entry.second;
    if (source.connected == 0) return source.expires <= now;
    for (auto* counter : {&source.deliver, &source.duplicate, &source.ignore, &source.reject}) {
      decay_by(*counter, params_.source_decay, to_zero);
    }
    return false;
  });
  next_refresh_ = base::saturating_add(next_refresh_, params_.decay_interval);
  if (next_refresh_ <= now) next_refresh_ = base::saturating_add(now, params_.decay_interval);
}

/// By chance, in the measure of the good in what the address sent. One is added to both sides of
/// the ratio, so that nobody is shed for a first mistake, nor for good.
bool Gater::accepts(PeerHandle peer, TimePoint now) {
  if (!last_throttle_ || now - *last_throttle_ > params_.quiet || throttled_ == 0) return true;
  if (validated_ != 0 && throttled_ / validated_ < params_.threshold) return true;
  const auto* source = find(peer);
  if (source == nullptr) return true;
  const auto total = source->deliver + params_.duplicate_weight * source->duplicate +
                     params_.ignore_weight * source->ignore +
                     params_.reject_weight * source->reject;
  if (total == 0) return true;
  return fraction(rng_) < (1 + source->deliver) / (1 + total);
}

double Gater::delivery_weight(std::string_view topic) const {
  const auto found = params_.topic_delivery_weights.find(topic);
  return found == params_.topic_delivery_weights.end() || found->second == 0 ? 1 : found->second;
}

}  // namespace grapevine::gossipsub
