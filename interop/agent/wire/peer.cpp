// SPDX-License-Identifier: Apache-2.0
#include "agent/wire/peer.hpp"

#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/wire/raw.hpp"
#include "base/varint.hpp"
#include "core/identify/info.hpp"

namespace grapevine::wire {

namespace {

constexpr std::string_view gossip_protocol = "/meshsub/1.2.0";
constexpr std::size_t frame_size_max = 64u << 20;
constexpr std::size_t write_budget = 256 * 1024;

Rng::Seed system_seed() {
  Rng::Seed seed;
  for (std::size_t have = 0; have < seed.size();) {
    const auto got = ::getrandom(seed.data() + have, seed.size() - have, 0);
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  return seed;
}

/// Whatever an agent sends is of interest.
pubsub::RpcLimits no_limits() {
  pubsub::RpcLimits limits;
  limits.control_bytes_max = limits.size_max = frame_size_max;
  limits.subscriptions_max = limits.control_elements_max = limits.message_ids_max = 1'000'000;
  limits.publish_max = 1'000'000;
  return limits;
}

std::shared_ptr<const session::Protocols> protocols() {
  auto protocols = std::make_shared<session::Protocols>();
  protocols->supported = {std::string{gossip_protocol}, std::string{identify::protocol},
                          std::string{ping::protocol}};
  return protocols;
}

}  // namespace

TimePoint now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return TimePoint{std::chrono::duration_cast<Duration>(since)};
}

Peer::Peer(std::string label, session::Config habits)
    : label_{std::move(label)},
      rng_{system_seed()},
      key_{KeyPair::generate(rng_)},
      habits_{std::make_shared<const session::Config>(habits)},
      pinger_{rng_.fork()} {}

Peer::~Peer() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Peer::dial(const Multiaddr& address) {
  const auto bytes = address.peer_id_bytes();
  const auto expected = bytes ? PeerId::from_bytes(*bytes) : PeerId{};
  descriptor_ = expected ? connect_socket(address) : -1;
  if (descriptor_ < 0) return false;
  session::SessionSetup setup;
  setup.role = session::Role::dialer;
  setup.identity = &key_;
  if (!expected->empty()) setup.expected = *expected;
  setup.config = habits_;
  setup.protocols = protocols();
  session_.emplace(std::move(setup), rng_.fork(), now());
  turn();
  return !closed();
}

void Peer::hang_up() { lose("hung up"); }

void Peer::lose(std::string reason) {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  descriptor_ = -1;
  close_reason_ = std::move(reason);
  unsent_.clear();
  wants_write_ = false;
  agent_.reset();
  gossip_out_.reset();
  identify_out_.reset();
  ping_out_.reset();
  gossip_in_.clear();
  gossip_ins_ = 0;
  pings_in_.clear();
}

void Peer::on_readable() {
  if (!slab_.unique()) slab_ = Slab{slab_.capacity()};
  const auto space = slab_.space();
  const auto received = ::recv(descriptor_, space.data(), space.size(), MSG_DONTWAIT);
  if (received > 0) {
    session_->on_bytes({slab_, space.first(static_cast<std::size_t>(received))}, now());
  } else if (received == 0 || (errno != EAGAIN && errno != EINTR)) {
    drain();
    lose("the agent closed the connection");
  }
}

void Peer::turn() {
  if (closed()) return;
  const auto deadline = session_->next_deadline();
  if (deadline && *deadline <= now()) session_->on_deadline(now());
  drain();
  write_out();
  drain();
}

std::optional<TimePoint> Peer::next_deadline() const {
  return closed() ? std::nullopt : session_->next_deadline();
}

void Peer::write_out() {
  while (!closed() && wants_write()) {
    if (unsent_.empty()) wants_write_ = session_->pack(unsent_, write_budget, now());
    if (unsent_.empty()) return;
    const auto sent =
        ::send(descriptor_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (sent < 0) return lose("the agent closed the connection");
    unsent_.erase(unsent_.begin(), unsent_.begin() + sent);
    session_->on_written(static_cast<std::size_t>(sent), now());
  }
}

void Peer::drain() {
  while (!closed()) {
    const auto event = session_->poll();
    if (!event) return;
    std::visit([&](const auto& what) { on(what); }, *event);
  }
}

void Peer::on(const session::Established& event) {
  agent_ = event.remote;
  const auto stream = session_->open_stream({std::string{identify::protocol}}, now());
  if (!stream) return;
  identify_out_ = *stream;
  identify_reader_.emplace(event.remote);
  session_->end_stream(*stream);
}

void Peer::on(const session::StreamOpened& event) {
  if (!event.inbound) return;
  if (event.protocol == gossip_protocol) {
    gossip_in_.emplace(event.stream, GossipIn{});
    ++gossip_ins_;
  } else if (event.protocol == identify::protocol) {
    tell_identity(event.stream);
  } else {
    pings_in_.emplace(event.stream, ping::Responder{});
  }
}

void Peer::tell_identity(StreamId stream) {
  identify::Info info;
  info.protocol_version = to_bytes(as_bytes("ipfs/0.1.0"));
  info.agent_version = to_bytes(as_bytes("grapevine-wirepeer"));
  info.public_key = key_.public_key();
  info.protocols = protocols()->supported;
  session_->write(stream, SharedBytes{identify::encode(info)});
  session_->end_stream(stream);
}

void Peer::on(const session::StreamData& event) {
  session_->consumed(event.stream, event.bytes.size());
  if (const auto in = gossip_in_.find(event.stream); in != gossip_in_.end()) {
    on_gossip(in->second, event.bytes);
  } else if (const auto asked = pings_in_.find(event.stream); asked != pings_in_.end()) {
    auto answer = asked->second.on_bytes(event.bytes, session_->queued(event.stream));
    if (answer && !answer->empty()) session_->write(event.stream, SharedBytes{std::move(*answer)});
  } else if (event.stream == ping_out_) {
    if (const auto round_trip = pinger_.on_bytes(event.bytes, now()); round_trip && *round_trip)
      ping_round_trip_ = **round_trip;
  } else if (event.stream == identify_out_) {
    (void)identify_reader_->on_bytes(event.bytes);  // `finish` says when it was wrong
  }
}

void Peer::on(const session::StreamEnded& event) {
  if (event.stream == identify_out_) {
    if (const auto info = identify_reader_->finish()) agent_version_ = to_text(info->agent_version);
    identify_out_.reset();
  } else if (gossip_in_.contains(event.stream) || pings_in_.contains(event.stream)) {
    session_->end_stream(event.stream);
  }
}

void Peer::on(const session::StreamClosed& event) {
  gossip_in_.erase(event.stream);
  pings_in_.erase(event.stream);
  if (event.stream == gossip_out_) gossip_out_.reset();
}

void Peer::on(const session::Closed& event) {
  write_out();  // a GoAway
  lose(std::string{session::name(event.reason)}.append(": ").append(event.detail));
}

void Peer::on_gossip(GossipIn& in, ByteView bytes) {
  append(in.pending, bytes);
  base::ByteReader reader{in.pending};
  for (;;) {
    const auto frame = base::take_frame(reader, frame_size_max);
    if (!frame) return lose("an RPC with a malformed length");
    if (!*frame) break;
    on_rpc(**frame);
  }
  in.pending.erase(in.pending.begin(),
                   in.pending.end() - static_cast<std::ptrdiff_t>(reader.remaining()));
}

void Peer::on_rpc(ByteView frame) {
  const auto rpc = pubsub::read_rpc(frame, no_limits());
  if (!rpc) return lose("an RPC that is refused: " + std::string{pubsub::name(rpc.error())});
  hear(*rpc);
  ++rpcs_;
}

void Peer::hear(const pubsub::RpcView& rpc) {
  using Kind = Heard::Kind;
  const auto at = now();
  const auto add = [&](Kind kind, std::string_view topic) -> Heard& {
    heard_.push_back({kind, at, rpcs_, std::string{topic}});
    return heard_.back();
  };
  for (const auto& one : rpc.subscriptions)
    add(one.subscribe ? Kind::subscribe : Kind::unsubscribe, one.topic);
  for (const auto body : rpc.publish_bodies) {
    const auto message = pubsub::parse_message(body);
    if (!message) continue;
    auto& heard = add(Kind::message, message->topic);
    if (const auto id = pubsub::ids::from_seqno(*message)) heard.id = to_bytes(id->bytes());
    heard.data = to_bytes(message->payload());
  }
  for (const auto& one : rpc.ihave) {
    for (const auto id : one.ids) add(Kind::ihave, one.topic).id = to_bytes(id);
  }
  for (const auto id : rpc.iwant) add(Kind::iwant, {}).id = to_bytes(id);
  for (const auto topic : rpc.graft) add(Kind::graft, topic);
  for (const auto& one : rpc.prune)
    add(Kind::prune, one.topic).backoff_seconds = one.backoff_seconds;
  for (const auto id : rpc.idontwant) add(Kind::idontwant, {}).id = to_bytes(id);
}

void Peer::open_gossip() {
  if (!established() || gossip_out_) return;
  const auto stream = session_->open_stream({std::string{gossip_protocol}}, now());
  if (stream) gossip_out_ = *stream;
}

void Peer::reset_gossip() {
  if (!gossip_out_) return;
  session_->reset_stream(*gossip_out_);
  gossip_out_.reset();
}

void Peer::write_raw(SharedBytes bytes) {
  if (!gossip_out_) return;
  session_->write(*gossip_out_, std::move(bytes));
}

void Peer::send(pubsub::RpcWriter& writer) {
  for (auto& piece : writer.take().pieces) write_raw(std::move(piece));
}

void Peer::subscribe(std::string_view topic) {
  pubsub::RpcWriter writer{{}};
  writer.add_subscription(true, topic);
  send(writer);
}

void Peer::graft(std::string_view topic) {
  pubsub::RpcWriter writer{{}};
  writer.add_graft(topic);
  send(writer);
}

void Peer::prune(std::string_view topic, std::uint64_t backoff_seconds) {
  pubsub::RpcWriter writer{{}};
  writer.add_prune({topic, backoff_seconds, {}});
  send(writer);
}

void Peer::ihave(std::string_view topic, ByteView id) {
  pubsub::RpcWriter writer{{}};
  writer.add_ihave(topic, {&id, 1});
  send(writer);
}

void Peer::iwant(ByteView id) {
  pubsub::RpcWriter writer{{}};
  writer.add_iwant({&id, 1});
  send(writer);
}

void Peer::idontwant(ByteView id) {
  pubsub::RpcWriter writer{{}};
  writer.add_idontwant({&id, 1});
  send(writer);
}

pubsub::Message Peer::message(std::string_view topic, ByteView data) {
  const auto author = key_.peer_id();
  auto message = pubsub::encode({topic, data, &author, ++last_seqno_, &key_});
  if (const auto id = pubsub::ids::from_seqno(message.view)) message.id = *id;
  return message;
}

void Peer::publish_field(const SharedBytes& field) {
  pubsub::RpcWriter writer{{}};
  writer.add_publish(field);
  send(writer);
}

void Peer::ping() {
  if (!established()) return;
  const auto stream = session_->open_stream({std::string{ping::protocol}}, now());
  if (!stream) return;
  ping_out_ = *stream;
  session_->write(*stream, SharedBytes::copy_of(pinger_.start(now())));
}

std::size_t Peer::count(Heard::Kind kind, std::string_view topic, std::size_t from) const {
  return static_cast<std::size_t>(
      std::count_if(heard_.begin() + static_cast<std::ptrdiff_t>(from), heard_.end(),
                    [&](const Heard& one) { return one.kind == kind && one.topic == topic; }));
}

const Heard* Peer::find(Heard::Kind kind, std::string_view topic, std::size_t from) const {
  for (std::size_t i = from; i < heard_.size(); ++i) {
    if (heard_[i].kind == kind && heard_[i].topic == topic) return &heard_[i];
  }
  return nullptr;
}

const Heard* Peer::find_id(Heard::Kind kind, ByteView id) const {
  const auto found = std::ranges::find_if(
      heard_, [&](const Heard& one) { return one.kind == kind && equal(one.id, id); });
  return found == heard_.end() ? nullptr : &*found;
}

}  // namespace grapevine::wire
