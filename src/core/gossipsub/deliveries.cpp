// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/deliveries.hpp"

#include <algorithm>

namespace grapevine::gossipsub {

namespace {

/// Windows are some milliseconds: turning the halves over so often would cost more than it saves.
constexpr Duration span_min = std::chrono::milliseconds{250};

template <class Table>
std::optional<TimePoint> time_of(const Table& table, IdKey id) {
  const auto found = table.find(id);
  return found == table.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace

void Deliveries::age(TimePoint now) {
  recent_.age(now, std::max(window_, span_min), recent_.young.full());
}

void Deliveries::validated(IdKey id, TimePoint now) {
  age(now);
  recent_.young.times.insert_or_assign(id, now);
}

void Deliveries::rejected(IdKey id, TimePoint now) {
  rejected_.age(now, ttl_, rejected_.young.size() >= entries_max);
  rejected_.young.insert_or_assign(id, now);
}

std::optional<TimePoint> Deliveries::validated_at(IdKey id, TimePoint now) {
  age(now);
  if (auto time = time_of(recent_.young.times, id)) return time;
  return time_of(recent_.old.times, id);
}

bool Deliveries::is_rejected(IdKey id, TimePoint now) {
  if (rejected_.young.empty() && rejected_.old.empty()) return false;
  rejected_.age(now, ttl_);
  auto time = time_of(rejected_.young, id);
  if (!time) time = time_of(rejected_.old, id);
  return time && now <= base::saturating_add(*time, ttl_);
}

bool Deliveries::mark(IdKey id, PeerHandle peer) {
  const Mark mark{id, peer};
  return !recent_.old.marks.contains(mark) && recent_.young.marks.insert(mark).second;
}

void Deliveries::rest() {
  recent_.rest();
  rejected_.rest();
}

std::size_t Deliveries::size() const {
  return recent_.young.times.size() + recent_.old.times.size() + rejected_.young.size() +
         rejected_.old.size();
}

}  // namespace grapevine::gossipsub
