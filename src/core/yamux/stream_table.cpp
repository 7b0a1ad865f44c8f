// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/stream_table.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::yamux {
namespace {

StreamId number(const std::unique_ptr<Stream>& stream) { return stream->id; }

}  // namespace

Stream* StreamTable::find(StreamId id) {
  if (last_ != nullptr && last_->id == id) return last_;
  const auto place = at(id);
  if (place == streams_.end() || (*place)->id != id) return nullptr;
  last_ = place->get();
  return last_;
}

const Stream* StreamTable::find(StreamId id) const {
  const auto place = at(id);
  return place == streams_.end() || (*place)->id != id ? nullptr : place->get();
}

Stream& StreamTable::add(std::unique_ptr<Stream> stream) {
  const auto place = at(stream->id);
  ASSERT(place == streams_.end() || (*place)->id != stream->id);
  return **streams_.insert(place, std::move(stream));
}

void StreamTable::remove(StreamId id) {
  const auto place = at(id);
  ASSERT(place != streams_.end() && (*place)->id == id);
  if (last_ == place->get()) last_ = nullptr;
  streams_.erase(place);
}

void StreamTable::clear() {
  last_ = nullptr;
  streams_.clear();
}

std::vector<std::unique_ptr<Stream>>::const_iterator StreamTable::at(StreamId id) const {
  return std::ranges::lower_bound(streams_, id, {}, number);
}

}  // namespace grapevine::yamux
