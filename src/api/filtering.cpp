// SPDX-License-Identifier: Apache-2.0
#include "api/filtering.hpp"

#include "api/convert.hpp"

namespace grapevine::api {

namespace {

RpcSummary summary_of(const pubsub::RpcView& rpc, std::size_t size) {
  RpcSummary summary;
  summary.bytes = size;
  summary.subscriptions = rpc.subscriptions.size();
  summary.messages = rpc.publish.size();
  for (const auto& entry : rpc.ihave) summary.ihave_ids += entry.ids.size();
  summary.iwant_ids = rpc.iwant.size();
  summary.idontwant_ids = rpc.idontwant.size();
  summary.grafts = rpc.graft.size();
  summary.prunes = rpc.prune.size();
  return summary;
}

/// The router knows no exceptions: a filter that throws lets nothing through.
template <class Ask>
bool answer_of(Ask ask) {
  try {
    return ask();
  } catch (...) {
    return false;
  }
}

}  // namespace

pubsub::SubscriptionFilter to_filter(const TopicFilter& from) {
  pubsub::SubscriptionFilter filter;
  filter.topics_per_peer_max = from.topics_per_peer;
  filter.subscriptions_per_rpc_max = from.subscriptions_per_rpc;
  filter.allowed = from.allowed;
  filter.patterns = from.patterns;
  return filter;
}

void set_filters(gossipsub::Config& to, const NodeConfig& from) {
  to.subscription_filter = to_filter(from.topic_filter);
  if (from.rpc_inspector) {
    to.rpc_inspector = [ask = from.rpc_inspector](const PeerId& peer, const pubsub::RpcView& rpc,
                                                  std::size_t size) {
      return answer_of([&] { return ask(to_peer(peer), summary_of(rpc, size)); });
    };
  }
  if (from.peer_filter) {
    to.peer_filter = [ask = from.peer_filter](const PeerId& peer, std::string_view topic) {
      return answer_of([&] { return ask(to_peer(peer), topic); });
    };
  }
  to.check_seqno = from.sequence_check.has_value();
  if (from.sequence_check) to.author_marks_max = from.sequence_check->authors;
  to.validations_max = from.validations;
  to.validation_queue_max = from.validation_queue;
}

}  // namespace grapevine::api
