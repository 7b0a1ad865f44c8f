// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/rpc.hpp"
#include "core/pubsub/message.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::pubsub;

// Small limits, so that short inputs reach them.
constexpr RpcLimits limits{.size_max = 4096,
                           .control_bytes_max = 1024,
                           .publish_max = 8,
                           .subscriptions_max = 16,
                           .control_elements_max = 16,
                           .message_ids_max = 32,
                           .message_id_size_max = 128,
                           .px_peers_max = 4,
                           .fields_max = 200,
                           .partial_group_size_max = 32,
                           .partial_metadata_size_max = 64};

void check_inside(ByteView frame, ByteView view) {
  ASSERT(view.empty() ||
         (view.data() >= frame.data() && view.data() + view.size() <= frame.data() + frame.size()));
}
void check_topic(ByteView frame, std::string_view topic) {
  ASSERT(!topic.empty() && topic.size() <= topic_size_max);
  check_inside(frame, as_bytes(topic));
}
void check_ids(ByteView frame, const std::vector<ByteView>& ids) {
  ASSERT(ids.size() <= limits.message_ids_max);
  for (const auto id : ids) {
    ASSERT(!id.empty() && id.size() <= limits.message_id_size_max);
    check_inside(frame, id);
  }
}

void check_counts(const RpcView& rpc) {
  ASSERT(rpc.subscriptions.size() <= limits.subscriptions_max);
  ASSERT(rpc.publish.size() <= limits.publish_max);
  ASSERT(rpc.publish.size() == rpc.publish_bodies.size());
  ASSERT(rpc.ihave.size() <= limits.control_elements_max);
  ASSERT(rpc.graft.size() <= limits.control_elements_max);
  ASSERT(rpc.prune.size() <= limits.control_elements_max);
}

void check_control(ByteView frame, const RpcView& rpc) {
  check_ids(frame, rpc.iwant);
  check_ids(frame, rpc.idontwant);
  for (const auto topic : rpc.graft) check_topic(frame, topic);
  for (const auto& ihave : rpc.ihave) {
    check_topic(frame, ihave.topic);
    check_ids(frame, ihave.ids);
  }
  for (const auto& prune : rpc.prune) {
    check_topic(frame, prune.topic);
    ASSERT(prune.peers.size() <= limits.px_peers_max);
    for (const auto& peer : prune.peers) {
      check_inside(frame, peer.peer_id);
      check_inside(frame, peer.signed_record);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView frame{data, size};
  const auto rpc = read_rpc(frame, limits);
  if (!rpc) return 0;
  check_counts(*rpc);
  for (const auto& subscription : rpc->subscriptions) check_topic(frame, subscription.topic);
  check_control(frame, *rpc);
  if (rpc->partial) {
    check_topic(frame, rpc->partial->topic);
    ASSERT(!rpc->partial->group.empty());
    ASSERT(rpc->partial->group.size() <= limits.partial_group_size_max);
    check_inside(frame, rpc->partial->group);
    check_inside(frame, rpc->partial->message.value_or(ByteView{}));
    check_inside(frame, rpc->partial->metadata.value_or(ByteView{}));
  }
  for (std::size_t i = 0; i < rpc->publish.size(); ++i) {
    check_inside(frame, rpc->publish[i]);
    const auto field = rpc->publish[i];
    const auto body = rpc->publish_bodies[i];
    ASSERT(body.data() + body.size() == field.data() + field.size());
    (void)parse_message(body);
  }
  // Wider limits refuse nothing more, but for peers that are not looked at where they are cut.
  RpcLimits wider;
  wider.px_peers_max = limits.px_peers_max;
  ASSERT(read_rpc(frame, wider).has_value());
  return 0;
}
