// SPDX-License-Identifier: Apache-2.0
#include "core/session/negotiation.hpp"

#include <algorithm>

namespace grapevine::session {

using multistream::Dialer;
using multistream::Listener;

Negotiation Negotiation::propose(std::vector<std::string> proposals, bool lazy) {
  const auto mode = lazy && proposals.size() == 1 ? Dialer::Mode::lazy : Dialer::Mode::wait;
  return Negotiation{Dialer{std::move(proposals), mode}};
}

Result<std::optional<multistream::Outcome>, multistream::NegotiationError> Negotiation::on_bytes(
    base::ByteReader& in, std::span<const std::string> supported, const Listener::Accepts& also) {
  if (auto* const dialer = std::get_if<Dialer>(&side_)) return dialer->on_bytes(in);
  return std::get<Listener>(side_).on_bytes(in, supported, also);
}

Bytes Negotiation::take_output() {
  return std::visit([](auto& side) { return side.take_output(); }, side_);
}

bool Negotiation::may_send() const {
  const auto* const dialer = std::get_if<Dialer>(&side_);
  return dialer != nullptr && dialer->may_send();
}

NegotiatingStream* NegotiatingStreams::find(std::uint32_t id) {
  for (const auto& stream : streams_) {
    if (stream->id == id) return stream.get();
  }
  return nullptr;
}

const NegotiatingStream* NegotiatingStreams::find(std::uint32_t id) const {
  return const_cast<NegotiatingStreams*>(this)->find(id);
}

NegotiatingStream& NegotiatingStreams::add(NegotiatingStream stream) {
  return *streams_.emplace_back(std::make_unique<NegotiatingStream>(std::move(stream)));
}

std::unique_ptr<NegotiatingStream> NegotiatingStreams::take(std::uint32_t id) {
  const auto at = std::ranges::find(streams_, id, [](const auto& stream) { return stream->id; });
  ASSERT(at != streams_.end());
  auto taken = std::move(*at);
  streams_.erase(at);
  return taken;
}

std::size_t NegotiatingStreams::inbound_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(streams_, [](const auto& stream) { return stream->inbound(); }));
}

std::optional<TimePoint> NegotiatingStreams::next_deadline() const {
  // All have the same time from their beginning, so the first is due first.
  return streams_.empty() ? std::nullopt : std::optional{streams_.front()->deadline};
}

const NegotiatingStream* NegotiatingStreams::expired(TimePoint now) const {
  return !streams_.empty() && streams_.front()->deadline <= now ? streams_.front().get() : nullptr;
}

}  // namespace grapevine::session
