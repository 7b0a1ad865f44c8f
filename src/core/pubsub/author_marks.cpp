// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/author_marks.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::pubsub {

AuthorMarks::AuthorMarks(Rng& rng, std::size_t authors_max)
    : authors_max_{authors_max}, by_author_{0, Hash{base::KeyedHash{rng}}} {
  ASSERT(authors_max > 0 && authors_max < none);
}

bool AuthorMarks::raise(const PeerId& author, std::uint64_t seqno) {
  return set({author, seqno}, true);
}

void AuthorMarks::load(std::span<const AuthorMark> marks) {
  for (const auto& mark : marks) set(mark, false);
}

bool AuthorMarks::set(const AuthorMark& mark, bool raised) {
  const auto known = by_author_.find(mark.author);
  Index index = none;
  if (known != by_author_.end()) {
    index = known->second;
    if (mark.seqno <= entries_[index].mark.seqno) return false;
    unlink(index);
  } else if (entries_.size() < authors_max_) {
    index = static_cast<Index>(entries_.size());
    entries_.emplace_back();
    by_author_.emplace(mark.author, index);
  } else {
    index = oldest_;
    unlink(index);
    by_author_.erase(entries_[index].mark.author);
    by_author_.emplace(mark.author, index);
  }
  entries_[index].mark = mark;
  entries_[index].raised = raised;
  link_newest(index);
  return true;
}

void AuthorMarks::unlink(Index index) {
  auto& entry = entries_[index];
  (entry.newer == none ? newest_ : entries_[entry.newer].older) = entry.older;
  (entry.older == none ? oldest_ : entries_[entry.older].newer) = entry.newer;
  entry.newer = entry.older = none;
}

void AuthorMarks::link_newest(Index index) {
  entries_[index].older = newest_;
  (newest_ == none ? oldest_ : entries_[newest_].newer) = index;
  newest_ = index;
}

std::vector<AuthorMark> AuthorMarks::take_raised() {
  std::vector<AuthorMark> raised;
  for (auto index = newest_; index != none && entries_[index].raised;
       index = entries_[index].older) {
    entries_[index].raised = false;
    raised.push_back(entries_[index].mark);
  }
  std::ranges::reverse(raised);
  return raised;
}

}  // namespace grapevine::pubsub
