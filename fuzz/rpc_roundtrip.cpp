// SPDX-License-Identifier: Apache-2.0
// The input says what is added to a writer; what it packs must read back as what it took.
#include <algorithm>
#include <string>
#include <vector>

#include "base/varint.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::pubsub;

/// Takes decisions and contents off the input; zeros and the empty piece when it is used up.
class Script {
 public:
  explicit Script(ByteView input) : input_{input} {}
  bool empty() const { return input_.empty(); }
  std::uint8_t byte() { return input_.empty() ? std::uint8_t{0} : input_.u8(); }
  ByteView piece(std::size_t size_max) {
    return input_.take(std::min({std::size_t{byte()}, size_max, input_.remaining()}));
  }
  /// Never empty.
  ByteView id() {
    const auto taken = piece(128);
    return taken.empty() ? as_bytes("-") : taken;
  }
  std::string_view topic() { return as_text(id()); }
  std::vector<ByteView> ids() {
    std::vector<ByteView> out(byte() % 6);
    for (auto& each : out) each = id();
    return out;
  }

 private:
  base::ByteReader input_;
};

/// What the writer said it took.
struct Taken {
  std::vector<std::pair<bool, std::string>> subscriptions;
  std::vector<Bytes> publish;
  std::vector<std::pair<std::string, std::vector<std::string>>> ihave;
  std::vector<std::string> iwant, graft, idontwant;
  std::vector<std::pair<std::string, std::optional<std::uint64_t>>> prune;
  std::vector<std::string> px;
  std::vector<PartialFlags> flags;  ///< of each subscription
  std::optional<std::vector<std::optional<std::string>>> partial;
  std::optional<std::vector<std::optional<std::string>>> ping_pong;
  bool test = false;
  Extensions extensions;
};

void note(std::vector<std::string>& out, const std::vector<ByteView>& ids) {
  for (const auto id : ids) out.push_back(to_text(id));
}

void add_prune(Script& script, RpcWriter& writer, Taken& taken, std::size_t px_max) {
  Prune prune{.topic = script.topic(), .backoff_seconds = {}, .peers = {}};
  if (script.byte() & 1) prune.backoff_seconds = std::uint64_t{1} << (script.byte() % 64);
  for (auto left = script.byte() % 4; left > 0; --left) {
    const auto id = script.id();
    prune.peers.push_back({id, script.piece(255)});
  }
  if (!writer.add_prune(prune)) return;
  taken.prune.emplace_back(prune.topic, prune.backoff_seconds);
  for (const auto& peer : std::span{prune.peers}.first(std::min(prune.peers.size(), px_max))) {
    taken.px.push_back(to_text(peer.peer_id) + "/" + to_text(peer.signed_record));
  }
}

void add_publish(Script& script, RpcWriter& writer, Taken& taken) {
  const auto topic = script.topic();
  const auto field = encode({.topic = topic, .data = script.piece(255), .seqno = {}}).field;
  if (writer.add_publish(field)) taken.publish.push_back(to_bytes(field));
}

void add_subscription(Script& script, RpcWriter& writer, Taken& taken) {
  const auto bits = script.byte();
  PartialFlags flags;
  if (bits & 1) flags = {(bits & 2) != 0, (bits & 6) != 0};
  const auto topic = script.topic();
  if (!writer.add_subscription(bits & 1, topic, flags)) return;
  taken.subscriptions.emplace_back(bits & 1, topic);
  taken.flags.push_back(flags);
}

std::optional<std::string> text(const std::optional<ByteView>& bytes) {
  return bytes ? std::optional{to_text(*bytes)} : std::nullopt;
}

void note(Taken& taken, const PartialView& partial) {
  taken.partial = {std::string{partial.topic}, to_text(partial.group), text(partial.message),
                   text(partial.metadata)};
}

void note(Taken& taken, const PingPongView& view) {
  taken.ping_pong = {text(view.ping), text(view.pong)};
}

void add_body(Script& script, RpcWriter& writer, Taken& taken) {
  const auto bits = script.byte();
  if (bits & 1) {
    taken.test = writer.add_extension_body(test_field()) || taken.test;
    return;
  }
  if (bits & 8) {
    const auto piece = script.piece(255);
    const PingPongView view{bits & 2 ? std::optional{piece} : std::nullopt, piece};
    if (writer.add_extension_body(ping_pong_field(view))) note(taken, view);
    return;
  }
  PartialView partial{script.topic(), script.id(), {}, {}};
  if (bits & 2) partial.message = script.piece(255);
  if (bits & 4) partial.metadata = script.piece(255);
  if (writer.add_extension_body(partial_field(partial))) note(taken, partial);
}

void add_one(Script& script, RpcWriter& writer, Taken& taken, const SendLimits& limits) {
  const auto kind = script.byte() % 8;
  if (kind == 0) add_subscription(script, writer, taken);
  if (kind == 7) add_body(script, writer, taken);
  if (kind == 1) add_publish(script, writer, taken);
  if (kind == 2) {
    const auto topic = script.topic();
    const auto ids = script.ids();
    if (writer.add_ihave(topic, ids) && !ids.empty()) {
      note(taken.ihave.emplace_back(topic, std::vector<std::string>{}).second, ids);
    }
  }
  if (kind == 3) {
    const auto ids = script.ids();
    if (writer.add_iwant(ids)) note(taken.iwant, ids);
  }
  if (kind == 4) {
    const auto ids = script.ids();
    if (writer.add_idontwant(ids)) note(taken.idontwant, ids);
  }
  if (kind == 5) {
    const auto topic = script.topic();
    if (writer.add_graft(topic)) taken.graft.emplace_back(topic);
  }
  if (kind == 6) add_prune(script, writer, taken, limits.px_peers);
}

Taken noted(const RpcView& rpc) {
  Taken out;
  for (const auto& [subscribe, partial, topic] : rpc.subscriptions) {
    out.subscriptions.emplace_back(subscribe, topic);
    out.flags.push_back(partial);
  }
  if (rpc.partial) note(out, *rpc.partial);
  if (rpc.ping_pong) note(out, *rpc.ping_pong);
  out.test = rpc.test_extension;
  out.extensions = rpc.extensions.value_or(Extensions{});
  for (const auto field : rpc.publish) out.publish.push_back(to_bytes(field));
  for (const auto& ihave : rpc.ihave) {
    note(out.ihave.emplace_back(ihave.topic, std::vector<std::string>{}).second, ihave.ids);
  }
  note(out.iwant, rpc.iwant);
  note(out.idontwant, rpc.idontwant);
  for (const auto topic : rpc.graft) out.graft.emplace_back(topic);
  for (const auto& prune : rpc.prune) {
    out.prune.emplace_back(prune.topic, prune.backoff_seconds);
    for (const auto& peer : prune.peers) {
      out.px.push_back(to_text(peer.peer_id) + "/" + to_text(peer.signed_record));
    }
  }
  return out;
}

void check_same(const Taken& a, const Taken& b) {
  ASSERT(a.subscriptions == b.subscriptions);
  ASSERT(a.publish == b.publish);
  ASSERT(a.ihave == b.ihave);
  ASSERT(a.iwant == b.iwant && a.idontwant == b.idontwant && a.graft == b.graft);
  ASSERT(a.prune == b.prune && a.px == b.px);
  ASSERT(a.flags == b.flags && a.extensions == b.extensions);
  ASSERT(a.partial == b.partial && a.test == b.test && a.ping_pong == b.ping_pong);
  ASSERT(a.partial.has_value() + a.test + a.ping_pong.has_value() <= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script{{data, size}};
  SendLimits limits;
  limits.batch_bytes = 100 + 16 * std::size_t{script.byte()};
  limits.control_bytes = 50 + 8 * std::size_t{script.byte()};
  limits.px_peers = script.byte() % 4;
  RpcWriter writer{limits};
  while (!script.empty()) {
    Taken taken;
    const auto says = script.byte();
    taken.extensions = {(says & 1) != 0, (says & 2) != 0, (says & 4) != 0};
    writer.add_extensions(taken.extensions);
    for (auto left = 1 + script.byte() % 16; left > 0; --left)
      add_one(script, writer, taken, limits);
    const auto promised = writer.size();
    const auto packed = writer.take();
    ASSERT(writer.empty());

    Bytes all;
    for (const auto& piece : packed.pieces) append(all, piece);
    ASSERT(all.size() == packed.size);
    if (all.empty()) continue;
    base::ByteReader in{all};
    const auto frame = base::take_frame(in, all.size());
    ASSERT(frame && *frame && in.empty() && (*frame)->size() == promised);
    const auto rpc = read_rpc(**frame, {});
    ASSERT(rpc.has_value());
    check_same(taken, noted(*rpc));
    ASSERT(packed.messages == rpc->publish.size());
  }
  return 0;
}
