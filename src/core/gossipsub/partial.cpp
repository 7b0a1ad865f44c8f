// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/partial.hpp"

#include <utility>

#include "base/assert.hpp"
#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

void Partials::set(TopicHandle topic, PartialTopic options) {
  if (auto* known = find(topic)) {
    known->options = std::move(options);
    return;
  }
  topics_.try_emplace(topic, std::move(options), limits_, budget_);
}

Partials::Entry* Partials::find(TopicHandle topic) {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : &found->second;
}

void Partials::forget(PeerHandle peer) {
  for (auto& [topic, entry] : topics_) entry.groups.remove(peer);
}

void Partials::heartbeat() {
  for (auto& [topic, entry] : topics_) entry.groups.heartbeat();
}

std::size_t Partials::peer_entries() const {
  std::size_t sum = 0;
  for (const auto& [topic, entry] : topics_) sum += entry.groups.peer_entries();
  return sum;
}

void Partials::check_invariants() const {
  for (const auto& [topic, entry] : topics_) entry.groups.check_invariants();
  ASSERT(budget_.bytes() <= limits_.metadata_bytes_max);
}

bool Router::State::set_partial(std::string_view name, std::optional<PartialTopic> options) {
  if (name.empty() || name.size() > pubsub::topic_size_max) return false;
  if (!config->extensions.partial_messages) return false;
  auto& topic = topics.intern(name);
  topic.partial = options.has_value();
  if (options) {
    options->supports_sending = options->supports_sending || options->requests;
    partials.set(topic.handle, *std::move(options));
  } else {
    partials.erase(topic.handle);
  }
  if (topic.joined) announce(topic, true);  // with what is now true of it
  release_if_idle(topic);
  return true;
}

pubsub::PartialFlags Router::State::flags_of(const Topic& topic) const {
  if (!topic.partial) return {};
  const auto& options = partials.find(topic.handle)->options;
  return {options.requests, options.supports_sending};
}

/// The last word on a topic counts; an unsubscription takes all back.
void Router::State::note_flags(Peer& peer, const pubsub::Subscription& subscription) {
  if (!config->extensions.partial_messages) return;
  const auto* topic = topics.find(subscription.topic);
  if (topic == nullptr || !topic->subscribers.contains(peer.handle)) return;
  const auto put = [&](TopicSet& set, bool in) {
    if (in) {
      set.insert(topic->handle);
    } else {
      set.erase(topic->handle);
    }
  };
  put(peer.requests_partial, subscription.partial.requests);
  put(peer.sends_partial, subscription.partial.supports_sending);
}

/// Parts go to this peer, and no whole messages, nor adverts of them. Partial messages spec,
/// "Behavior table".
bool Router::State::takes_parts(const Topic& topic, const Peer& peer) const {
  return topic.partial && flags_of(topic).supports_sending &&
         peer.requests_partial.contains(topic.handle) &&
         share(peer, &pubsub::Extensions::partial_messages);
}

/// We ask this peer for parts, and tell it which we have.
bool Router::State::gives_parts(const Topic& topic, const Peer& peer) const {
  return topic.partial && flags_of(topic).requests && peer.sends_partial.contains(topic.handle) &&
         share(peer, &pubsub::Extensions::partial_messages);
}

/// Partial messages spec, "Application-Library Interface": to the application, in our mesh or not.
/// Only topics it named, and only as many new groups as a peer may begin: go's bounds.
void Router::State::on_partial(Peer& peer, const SharedBytes& frame,
                               const pubsub::PartialView& view) {
  const bool agreed =
      config->extensions.partial_messages && peer.extensions.theirs().partial_messages;
  if (!agreed) return count(Traced::Kind::ignored, peer, {}, "partial messages not agreed on");
  const auto* topic = topics.find(view.topic);
  if (topic == nullptr || !topic->partial) {
    return count(Traced::Kind::undeliverable, peer, topic ? topic->name : TopicName{},
                 "no partial messages");
  }
  if (filtered(peer, view.topic)) {
    return count(Traced::Kind::filtered, peer, topic->name, "peer takes no part in the topic");
  }
  auto& entry = *partials.find(topic->handle);
  auto* group = entry.groups.initiate(view.group, peer.handle);
  if (group == nullptr) {
    return count(Traced::Kind::limit_hit, peer, topic->name, "partial groups");
  }
  const auto* known = group->find(peer.handle);
  auto has = known ? known->has : Bytes{};
  if (view.metadata) {
    has = merged(entry.options, has, *view.metadata);
    if (!entry.groups.note(*group, peer.handle, has)) {
      count(Traced::Kind::limit_hit, peer, topic->name, "partial metadata");
    }
  }
  count(Traced::Kind::partial_received, peer, topic->name, {});
  const auto part = [&](ByteView bytes) { return frame.slice(bytes).kept_small(); };
  PartialReceived received{*topic->name, to_bytes(view.group), {}, {}, std::move(has), peer.id};
  if (view.message) received.message = part(*view.message);
  if (view.metadata) received.metadata = part(*view.metadata);
  outputs.push(std::move(received));
}

/// The application's policy, within what we would read ourselves.
Bytes Router::State::merged(const PartialTopic& options, ByteView known, ByteView news) const {
  auto result = options.merge ? options.merge(known, news) : to_bytes(news);
  return result.size() <= config->rpc_limits.partial_metadata_size_max ? result : to_bytes(news);
}

Result<std::size_t, PartialError> Router::State::publish_partial(const PartialMessage& message,
                                                                 TimePoint now) {
  auto* topic = topics.find(message.topic);
  if (topic == nullptr || !topic->partial) return unexpected(PartialError::not_enabled);
  const auto& limits = config->rpc_limits;
  if (message.group.empty() || message.group.size() > limits.partial_group_size_max) {
    return unexpected(PartialError::bad_group);
  }
  if (message.metadata.size() > limits.partial_metadata_size_max) {
    return unexpected(PartialError::metadata_too_large);
  }
  auto& entry = *partials.find(topic->handle);
  auto& group = entry.groups.publish(message.group);
  if (!equal(group.ours, message.metadata)) group.ours = SharedBytes::copy_of(message.metadata);
  const bool named = !message.to.empty();
  if (!named && !topic->joined && config->mode == Mode::gossipsub) prepare_fanout(*topic, now);
  std::size_t sent = 0;
  for (const auto handle :
       named ? partial_audience(*topic, message.to) : partial_audience(*topic, group)) {
    sent += send_partial({*topic, entry.options, group}, peers.at(handle), &message);
  }
  release_if_idle(*topic);
  return sent;
}

/// Those a whole message would go to, of whom one side sends the other parts, and those who spoke
/// of the group, wherever they are: a fanout or gossip peer is never in our mesh.
std::vector<PeerHandle> Router::State::partial_audience(const Topic& topic,
                                                        const PartialGroup& group) const {
  PeerSet audience;
  const auto add = [&](const PeerSet& some) {
    for (const auto handle : some) {
      const auto& peer = peers.at(handle);
      if (takes_parts(topic, peer) || gives_parts(topic, peer)) audience.insert(handle);
    }
  };
  if (topic.rules->flood_publish) {
    add(topic.subscribers);
  } else {
    add(topic.joined ? topic.mesh : topic.fanout);
    add(topic.flood);  // direct peers; those of floodsub share no extension
  }
  for (const auto& known : group.peers) {
    if (share(peers.at(known.peer), &pubsub::Extensions::partial_messages)) {
      audience.insert(known.peer);
    }
  }
  return audience.copy();
}

/// Those of the peers the application named to whom parts of the topic mean something.
std::vector<PeerHandle> Router::State::partial_audience(const Topic& topic,
                                                        std::span<const PeerId> named) const {
  PeerSet audience;
  for (const auto& id : named) {
    const auto* peer = peers.find(id);
    if (peer == nullptr || !peer->stream_open) continue;
    if (takes_parts(topic, *peer) || gives_parts(topic, *peer)) audience.insert(peer->handle);
  }
  return audience.copy();
}

/// What is new for this peer, if anything: the parts it lacks, where it asked for parts, and our
/// metadata, where it is not what we told it last. What finds no room in its outbox was not sent:
/// the next publish tries again.
bool Router::State::send_partial(const PartialSending& sending, Peer& peer,
                                 const PartialMessage* message) {
  const auto& [topic, options, group] = sending;
  const auto* known = group.find(peer.handle);
  Parts parts;
  if (message != nullptr && message->parts_for && takes_parts(topic, peer)) {
    parts = message->parts_for(
        {peer.id, known ? ByteView{known->has} : ByteView{}, known != nullptr && known->said});
  }
  const bool news = !group.ours.empty() && !(known && equal(known->told, group.ours));
  if (parts.message.empty() && !news) return false;
  pubsub::PartialView view{*topic.name, group.id, {}, {}};
  if (!parts.message.empty()) view.message = parts.message;
  if (news) view.metadata = group.ours.view();
  const auto field = pubsub::partial_field(view);
  const auto size_max = std::min(topic.rules->message_size_max, peer.rpc_size_max);
  if (field.size() > size_max || !peer.outbox.partial(field, outbox_limits)) {
    count(Traced::Kind::outbox_dropped, peer, topic.name, "partial message");
    return false;
  }
  want_write(peer);
  count(Traced::Kind::partial_sent, peer, topic.name, {});
  auto& entry = group.add(peer.handle);
  if (news) entry.told = group.ours;
  if (!parts.message.empty() && !parts.metadata.empty()) {
    entry.has = merged(options, entry.has, parts.metadata);
  }
  return true;
}

/// Partial messages spec, "Partial Message Gossip": in place of IHAVE, what we have of each group
/// we published, to who was told nothing of it yet.
void Router::State::gossip_partial(const Topic& topic, Peer& peer) {
  auto& [options, groups] = *partials.find(topic.handle);
  for (const auto& group : groups.all()) {
    if (group->published && group->find(peer.handle) == nullptr) {
      send_partial({topic, options, *group}, peer, nullptr);
    }
  }
}

std::vector<PartialHolder> Router::State::partial_holders(std::string_view name,
                                                          ByteView id) const {
  std::vector<PartialHolder> holders;
  const auto* topic = topics.find(name);
  const auto* entry = topic ? partials.find(topic->handle) : nullptr;
  const auto* group = entry ? entry->groups.find(id) : nullptr;
  if (group == nullptr) return holders;
  for (const auto& peer : group->peers) {
    holders.push_back({peers.at(peer.peer).id, peer.has, peer.said});
  }
  return holders;
}

}  // namespace grapevine::gossipsub
