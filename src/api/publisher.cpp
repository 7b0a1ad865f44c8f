// SPDX-License-Identifier: Apache-2.0
#include "api/publisher.hpp"

#include <algorithm>

#include "api/author.hpp"
#include "api/convert.hpp"
#include "net/clock.hpp"

namespace grapevine::api {

namespace {

Error too_large(std::size_t size, std::size_t size_max) {
  return {ErrorCode::too_large, "the message is " + std::to_string(size) +
                                    " bytes long with its envelope, and " +
                                    std::to_string(size_max) + " are the most"};
}

}  // namespace

Expected<Published> Publisher::publish(const Target& target, Data data, const How& how) {
  std::vector<Published> done;
  auto handed = hand_over({target, {&data, 1}, how}, done);
  if (!handed) return std::unexpected(std::move(handed.error()));
  return std::move(done.front());
}

Expected<std::vector<Published>> Publisher::publish_all(const Target& target,
                                                        std::span<const Data> batch,
                                                        const How& how) {
  std::vector<Published> done;
  done.reserve(batch.size());
  while (done.size() < batch.size()) {
    const auto rest = batch.subspan(done.size());
    const auto next = rest.first(std::min(rest.size(), setup_.batch_max));
    auto handed = hand_over({target, next, how}, done);
    if (handed) continue;
    auto& error = handed.error();
    error.detail += "; " + std::to_string(done.size()) + " of " + std::to_string(batch.size()) +
                    " were published before";
    return std::unexpected(std::move(error));
  }
  return done;
}

/// The place in line comes first: numbers and places rise together, whatever the threads do between
/// here and there.
Expected<void> Publisher::hand_over(const Batch& batch, std::vector<Published>& done) {
  const auto count = batch.all.size();
  std::size_t size = 0;
  for (const auto data : batch.all) size += data.size();
  const auto place = inbox_.reserve(count, size, batch.how.deadline);
  if (!place && place.error() == net::InboxError::closed) return std::unexpected(node_stopped());
  if (!place) return std::unexpected(Error{ErrorCode::queue_full, "the publish ring is full"});
  std::vector<pubsub::Message> messages;
  messages.reserve(count);
  Expected<void> result;
  for (const auto data : batch.all) {
    auto message = make(batch, data, setup_.first_seqno + *place + messages.size());
    if (!message) {
      result = std::unexpected(std::move(message.error()));
      break;
    }
    if (batch.how.before != nullptr) (*batch.how.before)(message->id);
    done.push_back({to_payload(message->id)});
    messages.push_back(*std::move(message));
  }
  const auto made = messages.size();
  inbox_.fill(*place, messages,
              {batch.how.interleaved && made > 1 ? *place + 1 : 0, batch.how.local});
  if (made < count) inbox_.give_up(*place + made, count - made);
  return result;
}

Expected<pubsub::Message> Publisher::make(const Batch& batch, Data data, std::uint64_t seqno) {
  const auto& rules = batch.target.rules;
  if (data.size() > rules.size_max) return std::unexpected(too_large(data.size(), rules.size_max));
  const auto plain = data;
  std::optional<Bytes> encoded;
  if (rules.encode) {
    encoded = rules.encode(data, rules.size_max);
    if (!encoded) {
      return std::unexpected(
          Error{ErrorCode::too_large, "the topic's transform refuses the message, or its size"});
    }
    data = *encoded;
  }
  pubsub::Draft draft{batch.target.topic, data, nullptr, std::nullopt, nullptr};
  if (auto signer = sign(draft, batch, seqno); !signer) {
    return std::unexpected(std::move(signer.error()));
  }
  auto message = pubsub::encode(draft);
  if (message.field.size() > rules.size_max) {
    return std::unexpected(too_large(message.field.size(), rules.size_max));
  }
  auto id = rules.id(message.view);
  if (!id)
    return std::unexpected(Error{ErrorCode::bad_config, "the id function refuses the message"});
  message.id = *std::move(id);
  if (auto checked = setup_.validators->check_own(message, batch.target.topic, setup_.self, plain);
      !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  if (rules.ids_of_content && !is_new(message)) {
    return std::unexpected(
        Error{ErrorCode::duplicate, "a message with this id was published already"});
  }
  return message;
}

Expected<void> Publisher::sign(pubsub::Draft& draft, const Batch& batch, std::uint64_t seqno) {
  const auto* author = batch.how.author;
  if (!batch.target.rules.sign) {
    if (author == nullptr) return {};
    return std::unexpected(
        Error{ErrorCode::bad_config, "without signing, messages have no author"});
  }
  if (!setup_.mark->allows(seqno)) {
    return std::unexpected(Error{ErrorCode::io, "the sequence numbers in use cannot be recorded"});
  }
  draft.author = author == nullptr ? &setup_.self : &author->state().id;
  draft.seqno = seqno;
  draft.key = author == nullptr ? &*setup_.key : &author->state().key;
  return {};
}

bool Publisher::is_new(const pubsub::Message& message) {
  const std::lock_guard lock{published_};
  return setup_.published->insert(message.id.bytes(), net::now());
}

}  // namespace grapevine::api
