// SPDX-License-Identifier: Apache-2.0
#include "api/partials.hpp"

#include <utility>

#include "api/convert.hpp"

namespace grapevine {

std::vector<std::uint8_t> union_of_bitmaps(std::span<const std::uint8_t> known,
                                           std::span<const std::uint8_t> news) {
  return gossipsub::union_of_bitmaps(known, news);
}

std::vector<std::uint8_t> newest_metadata(std::span<const std::uint8_t> known,
                                          std::span<const std::uint8_t> news) {
  return gossipsub::newest_metadata(known, news);
}

namespace api {

void Partials::set(const std::string& topic, Listener listener) {
  auto& entry = topics_[topic];
  if (!entry.name) entry.name = std::make_shared<const std::string>(topic);
  entry.listener = std::move(listener);
}

void Partials::erase(std::string_view topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) topics_.erase(found);
}

void Partials::on_received(host::PartialReceived&& received) const {
  const auto found = topics_.find(received.topic);
  if (found == topics_.end() || !found->second.listener) return;
  const auto listener = found->second.listener;  // it may replace itself
  PartialReceived told;
  told.topic = found->second.name;
  told.group = std::move(received.group);
  told.message = to_payload(std::move(received.message));
  if (received.metadata) told.metadata = to_payload(*std::move(received.metadata));
  told.has = std::move(received.has);
  told.via = to_peer(received.via);
  listener(told);
}

gossipsub::PartialTopic to_topic(const PartialOptions& options) {
  return {options.requests, options.supports_sending, options.merge};
}

gossipsub::Parts to_parts(MessageParts parts) {
  return {std::move(parts.message), std::move(parts.metadata)};
}

Error error_of(gossipsub::PartialError error) {
  switch (error) {
    case gossipsub::PartialError::not_enabled:
      return {ErrorCode::not_enabled, "the topic's messages do not travel in parts"};
    case gossipsub::PartialError::bad_group:
      return {ErrorCode::bad_group, "a group's id is 1 to 128 bytes long"};
    case gossipsub::PartialError::metadata_too_large:
      break;
  }
  return {ErrorCode::too_large, "metadata is at most 16 KiB long"};
}

}  // namespace api
}  // namespace grapevine
