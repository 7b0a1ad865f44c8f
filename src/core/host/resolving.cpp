// SPDX-License-Identifier: Apache-2.0
#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

constexpr std::string_view prefix = "_dnsaddr.";
constexpr std::string_view key = "dnsaddr=";

}  // namespace

/// Asks for the names on the attempt's list, unless they lie too deep: names may lead in circles.
void Host::State::look_up(Connecting& attempt, std::size_t depth) {
  for (auto& name : std::exchange(attempt.names, {})) {
    if (depth > config->dns_depth_max) {
      add_detail(attempt.detail, "/dnsaddr/" + name, "too many names behind each other");
      continue;
    }
    const ResolveId id{next_resolve++};
    attempt.lookups.push_back(id);
    outputs.push(Resolve{id, std::string{prefix} + name});
    lookups.emplace(id, Lookup{attempt.id, depth, std::move(name)});
  }
}

std::optional<Lookup> Host::State::take_lookup(ResolveId id) {
  const auto found = lookups.find(id);
  if (found == lookups.end()) return std::nullopt;
  auto lookup = std::move(found->second);
  lookups.erase(found);
  std::erase(connecting.find(lookup.connect)->second->lookups, id);
  return lookup;
}

/// What the records lead to is tried like what was given with the command (F29).
void Host::State::on_resolved(ResolveId id, const std::vector<std::string>& records) {
  const auto lookup = take_lookup(id);
  if (!lookup) return;
  auto& attempt = *connecting.find(lookup->connect)->second;
  attempt.last_error = DialError::resolve_failed;
  const auto before = attempt.records;
  for (const auto& record : records) {
    if (attempt.records >= config->dns_records_max) break;
    on_record(attempt, record);
  }
  if (attempt.records == before) {
    add_detail(attempt.detail, "/dnsaddr/" + lookup->name, "no record of this peer");
  }
  if (finish_if_connected(attempt)) return;
  look_up(attempt, lookup->depth + 1);
  start_dials(attempt);
  finish_if_exhausted(attempt);
}

void Host::State::on_resolve_failed(ResolveId id, std::string_view detail) {
  const auto lookup = take_lookup(id);
  if (!lookup) return;
  auto& attempt = *connecting.find(lookup->connect)->second;
  attempt.last_error = DialError::resolve_failed;
  add_detail(attempt.detail, "/dnsaddr/" + lookup->name, detail);
  finish_if_exhausted(attempt);
}

/// Where a peer was asked for, only records that end in it are its; else the first peer named is
/// the one that is meant.
void Host::State::on_record(Connecting& attempt, std::string_view record) {
  if (!record.starts_with(key)) return;
  const auto address = Multiaddr::parse(record.substr(key.size()));
  if (!address) return;
  const auto bytes = address->peer_id_bytes();
  if (attempt.peer.empty()) {
    if (bytes) {
      const auto named = PeerId::from_bytes(*bytes);
      if (!named || *named == self) return;
      attempt.peer = *named;
    }
  } else if (!bytes || !equal(*bytes, attempt.peer.bytes())) {
    return;
  }
  ++attempt.records;
  take_address(attempt, *address);
}

}  // namespace grapevine::host
