// SPDX-License-Identifier: Apache-2.0
#include "node/remembered.hpp"

#include <algorithm>
#include <chrono>

#include "node/log.hpp"
#include "store/blocked_file.hpp"

namespace grapevine::node {
namespace {

using store::Stored;

std::uint64_t wall_clock_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

/// Times are kept by the wall clock: a span would begin anew with each start.
std::vector<store::Blocked> to_stored(const std::vector<BlockedPeer>& blocked) {
  std::vector<store::Blocked> stored;
  const auto now = wall_clock_ms();
  for (const auto& [peer, left] : blocked) {
    const auto id = PeerId::from_bytes(peer.bytes());
    if (!id) continue;
    auto& entry = stored.emplace_back(store::Blocked{*id});
    if (left)
      entry.until = now + static_cast<std::uint64_t>(std::max<std::int64_t>(left->count(), 0));
  }
  return stored;
}

std::vector<BlockedPeer> from_stored(const std::vector<store::Blocked>& stored) {
  std::vector<BlockedPeer> blocked;
  const auto now = wall_clock_ms();
  for (const auto& [peer, until] : stored) {
    if (until && *until <= now) continue;
    const auto id = Peer::from_bytes(peer.bytes());
    if (!id) continue;
    auto& entry = blocked.emplace_back(BlockedPeer{*id});
    constexpr std::uint64_t longest = std::chrono::milliseconds{std::chrono::years{100}}.count();
    if (until) entry.left = std::chrono::milliseconds{std::min(*until - now, longest)};
  }
  return blocked;
}

void warn_of(const Stored<void>& written, std::string_view what) {
  if (!written) log(LogLevel::warning, written.error().detail + "; " + std::string{what});
}

SequenceCheck check_with(store::AuthorMarks& marks) {
  SequenceCheck check;
  for (const auto& [author, seqno] : marks.loaded()) {
    if (const auto id = Peer::from_bytes(author.bytes())) check.known.push_back({*id, seqno});
  }
  check.raised = [&marks](const std::vector<SequenceMark>& raised) {
    std::vector<store::AuthorNumber> numbers;
    for (const auto& [author, seqno] : raised) {
      if (const auto id = PeerId::from_bytes(author.bytes())) numbers.push_back({*id, seqno});
    }
    warn_of(marks.append(numbers), "sequence numbers of authors are not kept");
  };
  return check;
}

}  // namespace

Stored<Remembered> apply_remembered(const Identity& identity, bool check_seqno,
                                    NodeConfig& config) {
  Remembered remembered;
  if (check_seqno) config.sequence_check.emplace();
  if (!identity.directory) return remembered;
  const auto path = identity.directory->blocked_path();
  const auto blocked = store::load_blocked(path);
  if (!blocked) return unexpected{blocked.error()};
  config.blocked = from_stored(*blocked);
  config.on_blocked = [path](const std::vector<BlockedPeer>& now) {
    warn_of(store::save_blocked(path, to_stored(now)), "the blocked peers are not kept");
  };
  if (!check_seqno) return remembered;
  auto marks =
      store::AuthorMarks::open(identity.directory->authors_path(), config.sequence_check->authors);
  if (!marks) return unexpected{marks.error()};
  remembered.marks = std::make_unique<store::AuthorMarks>(std::move(*marks));
  config.sequence_check = check_with(*remembered.marks);
  return remembered;
}

}  // namespace grapevine::node
