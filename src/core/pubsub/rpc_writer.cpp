// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "base/protobuf.hpp"
#include "base/varint.hpp"
#include "core/pubsub/rpc.hpp"

namespace grapevine::pubsub {
namespace {

using base::bytes_field_size;
using base::FieldWriter;

// Field numbers of RPC and ControlMessage; gossipsub v1.3 spec, "Protobuf".
constexpr std::uint32_t subscriptions_number = 1;
constexpr std::uint32_t publish_number = 2;
constexpr std::uint32_t control_number = 3;
constexpr std::uint32_t ihave_number = 1;
constexpr std::uint32_t iwant_number = 2;
constexpr std::uint32_t graft_number = 3;
constexpr std::uint32_t prune_number = 4;
constexpr std::uint32_t idontwant_number = 5;
constexpr std::uint32_t extensions_number = 6;

std::size_t ids_size(std::uint32_t number, std::span<const ByteView> ids) {
  std::size_t sum = 0;
  for (const auto id : ids) sum += bytes_field_size(number, id.size());
  return sum;
}

void write_ids(FieldWriter& out, std::uint32_t number, std::span<const ByteView> ids) {
  for (const auto id : ids) out.bytes(number, id);
}

/// An entry of nothing but ids: IWANT and IDONTWANT.
void write_ids_entry(Bytes& out, std::uint32_t number, std::span<const ByteView> ids) {
  FieldWriter writer{out};
  writer.header(number, ids_size(1, ids));
  write_ids(writer, 1, ids);
}

std::size_t peer_info_size(const PeerInfo& peer) {
  const auto record = peer.signed_record.size();
  return bytes_field_size(1, peer.peer_id.size()) + (record == 0 ? 0 : bytes_field_size(2, record));
}

std::size_t prune_size(const Prune& prune, std::span<const PeerInfo> peers) {
  auto sum = bytes_field_size(1, prune.topic.size());
  for (const auto& peer : peers) sum += bytes_field_size(2, peer_info_size(peer));
  if (prune.backoff_seconds) sum += 1 + base::varint_size(*prune.backoff_seconds);
  return sum;
}

}  // namespace

void RpcWriter::add_extensions(const Extensions& extensions) {
  ASSERT(empty());
  if (!extensions.any()) return;
  FieldWriter{extensions_}.bytes(extensions_number, extensions_body(extensions));
}

bool RpcWriter::add_subscription(bool subscribe, std::string_view topic, PartialFlags partial) {
  const std::size_t flags = (partial.requests ? 2 : 0) + (partial.supports_sending ? 2 : 0);
  const auto entry = 2 + bytes_field_size(2, topic.size()) + flags;
  const auto more = bytes_field_size(subscriptions_number, entry);
  const auto room = subscription_count_ < limits_.subscriptions &&
                    fits(subscriptions_.size() + more + control_size());
  if (!room && !empty()) return false;
  FieldWriter out{subscriptions_};
  out.header(subscriptions_number, entry);
  out.varint(1, subscribe ? 1 : 0);
  out.text(2, topic);
  if (partial.requests) out.varint(3, 1);
  if (partial.supports_sending) out.varint(4, 1);
  ++subscription_count_;
  return true;
}

bool RpcWriter::add_publish(const SharedBytes& field) {
  ASSERT(!field.empty() && field.view()[0] == (publish_number << 3 | 2));
  if (!empty() && size() + field.size() > limits_.batch_bytes) return false;
  publish_.push_back(field);
  publish_bytes_ += field.size();
  return true;
}

bool RpcWriter::add_ihave(std::string_view topic, std::span<const ByteView> ids) {
  if (ids.empty()) return true;
  const auto entry = bytes_field_size(1, topic.size()) + ids_size(2, ids);
  if (!empty() && !fits_control(bytes_field_size(ihave_number, entry))) return false;
  FieldWriter out{ihave_};
  out.header(ihave_number, entry);
  out.text(1, topic);
  write_ids(out, 2, ids);
  return true;
}

bool RpcWriter::add_iwant(std::span<const ByteView> ids) {
  if (ids.empty()) return true;
  if (!empty() && !fits_control(bytes_field_size(iwant_number, ids_size(1, ids)))) return false;
  write_ids_entry(iwant_, iwant_number, ids);
  return true;
}

bool RpcWriter::add_idontwant(std::span<const ByteView> ids) {
  if (ids.empty()) return true;
  const auto room = idontwant_count_ + ids.size() <= limits_.idontwant_ids &&
                    fits_control(bytes_field_size(idontwant_number, ids_size(1, ids)));
  if (!room && !empty()) return false;
  write_ids_entry(idontwant_, idontwant_number, ids);
  idontwant_count_ += ids.size();
  return true;
}

bool RpcWriter::add_graft(std::string_view topic) {
  const auto entry = bytes_field_size(1, topic.size());
  if (!empty() && !fits_control(bytes_field_size(graft_number, entry))) return false;
  FieldWriter out{graft_};
  out.header(graft_number, entry);
  out.text(1, topic);
  return true;
}

bool RpcWriter::add_prune(const Prune& prune) {
  const auto peers = std::span{prune.peers}.first(std::min(prune.peers.size(), limits_.px_peers));
  const auto entry = prune_size(prune, peers);
  if (!empty() && !fits_control(bytes_field_size(prune_number, entry))) return false;
  FieldWriter out{prune_};
  out.header(prune_number, entry);
  out.text(1, prune.topic);
  for (const auto& peer : peers) {
    out.header(2, peer_info_size(peer));
    out.bytes(1, peer.peer_id);
    if (!peer.signed_record.empty()) out.bytes(2, peer.signed_record);
  }
  if (prune.backoff_seconds) out.varint(3, *prune.backoff_seconds);
  return true;
}

bool RpcWriter::add_extension_body(const SharedBytes& field) {
  ASSERT(!field.empty());
  if (!empty() && (!body_.empty() || size() + field.size() > limits_.batch_bytes)) return false;
  body_ = field;
  return true;
}

PackedRpc RpcWriter::take() {
  PackedRpc packed;
  if (empty()) return packed;
  Bytes first;
  first.reserve(base::varint_size_max + subscriptions_.size());
  base::append_varint(first, size());
  append(first, subscriptions_);
  packed.size = first.size() + publish_bytes_ + control_size() + body_.size();
  packed.messages = publish_.size();
  packed.pieces.reserve(publish_.size() + 3);
  packed.pieces.emplace_back(std::move(first));
  std::ranges::move(publish_, std::back_inserter(packed.pieces));
  if (const auto control = control_size(); control != 0) {
    Bytes last;
    last.reserve(control);
    FieldWriter{last}.header(control_number, control_body_size());
    for (const auto* kind : {&ihave_, &iwant_, &graft_, &prune_, &idontwant_, &extensions_}) {
      append(last, *kind);
    }
    packed.pieces.emplace_back(std::move(last));
  }
  if (!body_.empty()) packed.pieces.push_back(std::move(body_));
  clear();
  return packed;
}

void RpcWriter::clear() {
  for (auto* kind :
       {&subscriptions_, &extensions_, &ihave_, &iwant_, &graft_, &prune_, &idontwant_}) {
    kind->clear();
  }
  body_ = {};
  publish_.clear();
  publish_bytes_ = 0;
  subscription_count_ = 0;
  idontwant_count_ = 0;
}

bool RpcWriter::fits_control(std::size_t more) const {
  return fits(subscriptions_.size() + bytes_field_size(control_number, control_body_size() + more));
}

bool RpcWriter::fits(std::size_t overhead) const {
  return overhead <= limits_.control_bytes &&
         publish_bytes_ + body_.size() + overhead <= limits_.batch_bytes;
}

std::size_t RpcWriter::control_body_size() const {
  return extensions_.size() + ihave_.size() + iwant_.size() + graft_.size() + prune_.size() +
         idontwant_.size();
}

std::size_t RpcWriter::control_size() const {
  const auto body = control_body_size();
  return body == 0 ? 0 : bytes_field_size(control_number, body);
}

}  // namespace grapevine::pubsub
