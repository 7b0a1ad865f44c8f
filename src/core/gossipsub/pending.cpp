// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/pending.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

namespace {

void move_view(std::optional<ByteView>& view, const std::uint8_t* from, const std::uint8_t* to) {
  if (view) *view = ByteView{to + (view->data() - from), view->size()};
}

}  // namespace

Ticket Pending::add(Copy copy) {
  const Ticket ticket{next_ticket_++};
  by_id_.emplace(copy.message.id, ticket);
  auto entry = std::make_unique<Entry>();
  entry->senders.push_back(copy.from);
  bytes_ += copy.message.field.kept();
  entry->copy = std::move(copy);
  by_ticket_.emplace(ticket, std::move(entry));
  return ticket;
}

Pending::Entry* Pending::find(Ticket ticket) {
  const auto found = by_ticket_.find(ticket);
  return found == by_ticket_.end() ? nullptr : found->second.get();
}

bool Pending::park(const pubsub::Message& message, PeerHandle from, const PeerId& via) {
  const auto found = by_id_.find(message.id);
  if (found == by_id_.end()) return false;
  auto& entry = *find(found->second);
  const auto alike = [&](const Copy& copy) {
    return equal(copy.message.view.body, message.view.body);
  };
  const auto known = [&](const Copy& copy) { return copy.from == from || alike(copy); };
  const bool same = alike(entry.copy);
  if (entry.senders.size() < senders_max &&
      std::ranges::find(entry.senders, from) == entry.senders.end()) {
    entry.senders.push_back(from);
    if (same) std::swap(entry.senders[entry.same++], entry.senders.back());
  }
  if (same || known(entry.copy) || std::ranges::any_of(entry.parked, known) ||
      entry.parked.size() >= parked_max) {
    return true;
  }
  auto owned = own(message);
  if (!fits(owned)) return true;
  bytes_ += owned.field.kept();
  entry.parked.push_back({std::move(owned), from, via, entry.copy.key});
  return true;
}

std::optional<Ticket> Pending::promote(Ticket ticket) {
  const auto found = by_ticket_.find(ticket);
  ASSERT(found != by_ticket_.end());
  if (found->second->parked.empty()) return std::nullopt;
  const Ticket fresh{next_ticket_++};
  auto moved = std::move(found->second);
  by_ticket_.erase(found);
  auto& entry = *by_ticket_.emplace(fresh, std::move(moved)).first->second;
  bytes_ -= entry.copy.message.field.kept();
  entry.copy = std::move(entry.parked.front());
  entry.parked.erase(entry.parked.begin());
  std::erase(entry.senders, entry.copy.from);
  entry.senders.insert(entry.senders.begin(), entry.copy.from);
  entry.same = 1;
  by_id_.insert_or_assign(entry.copy.message.id, fresh);
  return fresh;
}

Pending::Entry Pending::take(Ticket ticket) {
  const auto found = by_ticket_.find(ticket);
  ASSERT(found != by_ticket_.end());
  auto entry = std::move(*found->second);
  by_id_.erase(entry.copy.message.id);
  by_ticket_.erase(found);
  bytes_ -= entry.copy.message.field.kept();
  for (const auto& parked : entry.parked) bytes_ -= parked.message.field.kept();
  return entry;
}

pubsub::Message own(pubsub::Message message) {
  auto kept = message.field.kept_small();
  const auto* from = message.field.data();
  const auto* to = kept.data();
  if (from != to) {
    auto& view = message.view;
    for (auto* part : {&view.from, &view.data, &view.seqno, &view.signature, &view.key})
      move_view(*part, from, to);
    view.topic = {reinterpret_cast<const char*>(to + (as_bytes(view.topic).data() - from)),
                  view.topic.size()};
    view.body = {to + (view.body.data() - from), view.body.size()};
  }
  message.field = std::move(kept);
  return message;
}

}  // namespace grapevine::gossipsub
