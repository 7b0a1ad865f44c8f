// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "core/gossipsub/router.hpp"
#include "core/pubsub/message.hpp"

/// What became of messages and RPCs as go-libp2p-pubsub's tracers write it, so that the tools made
/// for their files read ours. proto/trace.proto.
namespace grapevine::obs {

/// One event, when and where it happened.
struct TraceEvent {
  PeerId self;
  std::int64_t unix_nanoseconds = 0;
  gossipsub::Recorded record;
};

/// The two kinds of file. Both are appended to event by event.
enum class TraceFormat {
  json,      ///< one JSON object a line, as go's JSONTracer: enumerators are numbers, bytes base64
  protobuf,  ///< `TraceEvent`s behind their length as a varint, as go's PBTracer
};

/// `id` is the network's id function: RPCs name their messages by it.
void append_json(std::string& out, const TraceEvent& event, const pubsub::IdFunction& id);
void append_protobuf(Bytes& out, const TraceEvent& event, const pubsub::IdFunction& id);

}  // namespace grapevine::obs
