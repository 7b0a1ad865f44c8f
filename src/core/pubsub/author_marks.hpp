// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "base/rng.hpp"
#include "identity/peer_id.hpp"

namespace grapevine::pubsub {

/// The highest sequence number taken of an author.
struct AuthorMark {
  PeerId author;
  std::uint64_t seqno = 0;
};

/// Sequence numbers of an author must rise: what is replayed after the seen cache has forgotten it
/// is told by its number (V43). Of messages whose signature was checked only, or anybody could
/// raise an author's mark. Bounded by authors; above that the one that was raised longest ago is
/// forgotten. The rule of go's BasicSeqnoValidator; not in the specification.
class AuthorMarks {
 public:
  AuthorMarks(Rng& rng, std::size_t authors_max);

  /// True when `seqno` is above the author's mark, which it then becomes.
  bool raise(const PeerId& author, std::uint64_t seqno);
  /// Marks of an earlier run, those raised longest ago first. They never lower one.
  void load(std::span<const AuthorMark> marks);
  /// Those raised since the last time, each once, those raised longest ago first.
  std::vector<AuthorMark> take_raised();
  std::size_t size() const { return by_author_.size(); }

 private:
  using Index = std::uint32_t;
  static constexpr Index none = UINT32_MAX;
  /// A list from the one raised last to the one raised longest ago.
  struct Entry {
    AuthorMark mark;
    Index newer = none;
    Index older = none;
    bool raised = false;  ///< since `take_raised`; those are the newest
  };
  struct Hash {
    base::KeyedHash hash;
    std::size_t operator()(const PeerId& author) const { return hash(author.bytes()); }
  };
  bool set(const AuthorMark& mark, bool raised);
  void unlink(Index index);
  void link_newest(Index index);

  std::size_t authors_max_;
  std::vector<Entry> entries_;
  boost::unordered_flat_map<PeerId, Index, Hash> by_author_;
  Index newest_ = none;
  Index oldest_ = none;
};

}  // namespace grapevine::pubsub
