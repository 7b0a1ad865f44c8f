// SPDX-License-Identifier: Apache-2.0
#include "api/observation.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "api/convert.hpp"
#include "api/handles.hpp"
#include "core/pubsub/rpc.hpp"

namespace grapevine {

std::string_view name(Event::Kind kind) {
  static constexpr std::string_view names[] = {"peer_added",
                                               "peer_removed",
                                               "subscribed",
                                               "unsubscribed",
                                               "join",
                                               "leave",
                                               "graft",
                                               "prune",
                                               "duplicate",
                                               "rejected",
                                               "ignored",
                                               "validated",
                                               "undeliverable",
                                               "shed",
                                               "outbox_dropped",
                                               "graylisted",
                                               "misbehaved",
                                               "score_changed",
                                               "limit_hit",
                                               "ihave_sent",
                                               "ihave_ignored",
                                               "iwant_sent",
                                               "iwant_served",
                                               "iwant_refused",
                                               "idontwant_sent",
                                               "idontwant_received",
                                               "idontwant_cancelled",
                                               "px_sent",
                                               "px_received",
                                               "px_refused",
                                               "partial_sent",
                                               "partial_received",
                                               "extensions_received",
                                               "test_received",
                                               "seen_evicted",
                                               "mcache_evicted",
                                               "outbox_expired",
                                               "too_large_for_peer",
                                               "size_capped",
                                               "other",
                                               "message_published",
                                               "message_delivered",
                                               "message_rejected",
                                               "message_duplicate",
                                               "rpc_received",
                                               "rpc_sent",
                                               "rpc_dropped"};
  return names[std::to_underlying(kind)];
}

namespace api {

namespace {

using gossipsub::Recorded;

std::int64_t unix_nanoseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

/// The two lists have the same names.
Event::Kind kind_of(gossipsub::Traced::Kind told) {
  const auto wanted = gossipsub::name(told);
  for (auto i = 0; i < std::to_underlying(Event::Kind::other); ++i) {
    if (name(Event::Kind{i}) == wanted) return Event::Kind{i};
  }
  return Event::Kind::other;
}

/// What is recorded and not told by `Traced` as well.
std::optional<Event::Kind> kind_of(Recorded::Kind recorded) {
  switch (recorded) {
    case Recorded::Kind::publish:
      return Event::Kind::message_published;
    case Recorded::Kind::deliver:
      return Event::Kind::message_delivered;
    case Recorded::Kind::reject:
      return Event::Kind::message_rejected;
    case Recorded::Kind::duplicate:
      return Event::Kind::message_duplicate;
    case Recorded::Kind::rpc_received:
      return Event::Kind::rpc_received;
    case Recorded::Kind::rpc_sent:
      return Event::Kind::rpc_sent;
    case Recorded::Kind::rpc_dropped:
      return Event::Kind::rpc_dropped;
    default:
      return std::nullopt;
  }
}

Event::Parts parts_of(ByteView frame) {
  pubsub::RpcLimits limits;
  limits.control_bytes_max = frame.size();
  limits.subscriptions_max = limits.control_elements_max = frame.size();
  limits.publish_max = limits.message_ids_max = limits.fields_max = frame.size();
  const auto rpc = pubsub::read_rpc(frame, limits);
  if (!rpc) return {};
  return {rpc->publish.size(), rpc->subscriptions.size(), rpc->ihave.size(),    rpc->iwant.size(),
          rpc->graft.size(),   rpc->prune.size(),         rpc->idontwant.size()};
}

}  // namespace

Expected<Observation> Observation::create(const NodeConfig& config,
                                          const std::shared_ptr<const gossipsub::Config>& gossip,
                                          const PeerId& self,
                                          std::function<void(std::string_view)> failed) {
  Observation observation{gossip};
  if (!config.trace) return observation;
  const auto& wanted = *config.trace;
  obs::TraceFile::Setup setup;
  setup.path = wanted.path;
  setup.format =
      wanted.format == TraceFormat::protobuf ? obs::TraceFormat::protobuf : obs::TraceFormat::json;
  setup.self = self;
  setup.id = gossip->message_id;
  setup.on_failure = std::move(failed);
  setup.limits = {wanted.buffer_bytes_max, wanted.file_bytes_max};
  auto file = obs::TraceFile::open(std::move(setup));
  if (!file) return std::unexpected(Error{ErrorCode::io, "trace file " + file.error()});
  observation.file_ = *std::move(file);
  return observation;
}

void Observation::on(const host::Traced& traced) {
  sink_.on(traced);
  if (!observer_) return;
  const auto observer = observer_;  // it may replace itself
  observer({kind_of(traced.kind), to_peer(traced.peer), traced.topic, std::string{traced.reason},
            traced.count, traced.value});
}

void Observation::on(host::Recorded&& recorded) {
  if (const auto kind = kind_of(recorded.kind); kind && observer_) {
    const auto observer = observer_;  // it may replace itself
    observer({*kind, to_peer(recorded.peer), recorded.topic, std::string{recorded.reason}, 1, 0,
              to_payload(recorded.id), parts_of(recorded.frame)});
  }
  if (file_) file_->add(std::move(recorded), unix_nanoseconds());
}

obs::Exposition Observation::metrics(const host::Host& host) const {
  obs::Exposition metrics;
  sink_.collect(host, metrics);
  if (file_) {
    metrics.add("grapevine_trace_records_written_total", static_cast<double>(file_->written()));
    metrics.add("grapevine_trace_records_lost_total", static_cast<double>(file_->lost()));
  }
  return metrics;
}

void Observation::end() {
  observer_ = nullptr;
  file_.reset();
}

}  // namespace api

std::string Node::metrics(MetricsFormat format) const {
  auto& runtime = *state_->runtime;
  const auto metrics = runtime.ask([&] { return runtime.observation().metrics(runtime.host()); });
  if (!metrics) return {};
  return metrics->text(format == MetricsFormat::openmetrics ? obs::TextFormat::openmetrics
                                                            : obs::TextFormat::prometheus);
}

void Node::on_event(std::function<void(const Event&)> observer) {
  auto& runtime = *state_->runtime;
  runtime.post([&runtime, observer = std::move(observer)]() mutable {
    runtime.observation().observe(std::move(observer));
  });
}

}  // namespace grapevine
