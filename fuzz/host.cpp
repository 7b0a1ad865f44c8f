// SPDX-License-Identifier: Apache-2.0
// Two hosts and whoever visits them: genuine sessions with arbitrary words in their streams, wires
// with arbitrary bytes, both coming, going and falling silent at any time. Nothing of it reaches an
// assertion, what a host tells its application makes sense (V54), and once everybody has left
// nothing is kept of them (V50).
// Input: steps: a byte of what, and what that needs.
#include <array>
#include <set>

#include "../tests/unit/host/lab.hpp"
#include "base/varint.hpp"
#include "core/pubsub/rpc.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::host;

constexpr std::size_t steps_max = 80;
constexpr std::size_t guests_max = 8;
constexpr std::array<std::string_view, 9> protocols{
    "/meshsub/1.2.0",  "/meshsub/1.1.0",   "/meshsub/1.0.0",
    "/floodsub/1.0.0", "/ipfs/id/1.0.0",   "/ipfs/id/push/1.0.0",
    "/app/1",          "/ipfs/ping/1.0.0", "/nobody/has/this",
};
constexpr std::array<std::string_view, 3> topics{"t", "u", "another topic"};
/// Keys of guests. The last two are those of the hosts themselves.
constexpr std::array<std::uint64_t, 5> keys{100, 101, 102, 1, 2};

/// Limits so small that short inputs reach them.
std::shared_ptr<const Config> config_of(std::uint8_t shape) {
  return config_with([&](Config& config, gossipsub::Config& gossip, session::Config& session) {
    config.connections_max = 6;
    config.inbound_max = 4;
    config.half_open_max = 3;
    config.half_open_per_ip_max = 2;
    config.per_ip_max = 3;
    config.streams_per_protocol_max = 3;
    config.dials_max = 4;
    config.dials_per_peer_max = 2;
    config.address_book_peers_max = 4;
    config.addresses_per_peer_max = 3;
    config.dial_timeout = 5s;
    gossip.d_low = 1;
    gossip.d = gossip.d_score = gossip.d_high = 2;
    gossip.d_out = 0;
    gossip.message_size_max = 2048;
    gossip.outbox_bytes_max = 4096;
    gossip.pending_per_peer_max = 4;
    gossip.idontwant_message_size_threshold = 16;
    gossip.topics_max = 6;
    gossip.subscription_filter.topics_per_peer_max = 4;
    gossip.mode = (shape & 1) != 0 ? gossipsub::Mode::floodsub : gossipsub::Mode::gossipsub;
    gossip.signature_policy =
        (shape & 2) != 0 ? pubsub::SignaturePolicy::lax_sign : pubsub::SignaturePolicy::strict_sign;
    session.inbound_streams_max = 12;
    session.negotiating_streams_max = 4;
  });
}

/// What the application of one host may expect.
class Application {
 public:
  explicit Application(Lab& lab, Lab::Node node) : lab_{lab}, node_{node} {
    lab.host(node).handle("/app/1", lab.now());
  }

  void take_outputs() {
    for (auto& output : std::exchange(lab_.outputs(node_), {})) {
      std::visit([this](const auto& about) { on(about); }, output);
    }
  }
  /// Any stream it was ever told of, the dead ones too.
  std::optional<StreamKey> stream(std::uint8_t number) const {
    if (streams_.empty()) return std::nullopt;
    return std::next(streams_.begin(), static_cast<std::ptrdiff_t>(number % streams_.size()))
        ->first;
  }
  void expect(ConnectId connect) { asked_.insert(connect); }
  void opened(StreamKey stream) { streams_[stream] = {}; }
  void reset(StreamKey stream) {
    lab_.host(node_).reset_stream(stream);
    streams_[stream].closed = true;
  }
  void check_all_answered() const { ASSERT(asked_.empty() && connected_.empty()); }

 private:
  struct Told {
    bool opened = false;
    bool ended = false;
    bool closed = false;
  };

  void on(const PeerConnected& event) { ASSERT(connected_.insert(event.peer).second); }
  void on(const PeerDisconnected& event) { ASSERT(connected_.erase(event.peer) == 1); }
  void on(const PeerIdentified& event) { ASSERT(connected_.contains(event.peer)); }
  void on(const ConnectResult& result) {
    ASSERT(asked_.erase(result.connect) == 1);
    ASSERT(result.error.has_value() == !result.link.has_value());
  }
  void on(const StreamOpened& event) {
    ASSERT(event.inbound == !streams_.contains(event.stream));
    auto& told = streams_[event.stream];
    ASSERT(!std::exchange(told.opened, true) && !told.closed);
  }
  void on(const StreamData& event) {
    const auto& told = streams_.at(event.stream);
    ASSERT(told.opened && !told.ended && !told.closed && !event.bytes.empty());
    lab_.host(node_).consumed(event.stream, event.bytes.size());
  }
  void on(const StreamEnded& event) {
    auto& told = streams_.at(event.stream);
    ASSERT(told.opened && !std::exchange(told.ended, true) && !told.closed);
  }
  void on(const StreamClosed& event) {
    ASSERT(!std::exchange(streams_.at(event.stream).closed, true));
  }
  void on(const Deliver& event) {
    const auto id = to_text(event.message.id.bytes());
    const auto [known, fresh] = delivered_.emplace(id, lab_.now());
    ASSERT(fresh || lab_.now() - known->second >= pubsub::SeenCache::Config{}.ttl);
    known->second = lab_.now();
  }
  void on(const auto&) {}

  Lab& lab_;
  Lab::Node node_;
  std::map<StreamKey, Told> streams_;
  std::map<std::string, TimePoint> delivered_;
  std::set<ConnectId> asked_;
  std::set<PeerId> connected_;
};

class Run {
 public:
  explicit Run(ByteView script) : script_{script} {
    const auto config = config_of(byte());
    for (auto& application : applications_) application.emplace(lab_, lab_.add(config));
    lab_.station(station);
  }

  void all() {
    for (std::size_t i = 0; i < steps_max && !script_.empty(); ++i) {
      step(byte());
      lab_.settle();
      for (auto& application : applications_) application->take_outputs();
      lab_.settle();
    }
    finish();
  }

 private:
  static inline const Multiaddr station = parse("/ip4/10.8.8.8/tcp/8");

  std::uint8_t byte() { return script_.empty() ? std::uint8_t{0} : script_.u8(); }
  ByteView bytes() {
    const auto size = std::min<std::size_t>(byte(), script_.remaining());
    return script_.take(size);
  }
  std::string_view topic() { return topics[byte() % topics.size()]; }
  std::string_view protocol() { return protocols[byte() % protocols.size()]; }
  Lab::Node node() { return byte() % applications_.size(); }
  Host& host(Lab::Node at) { return lab_.host(at); }
  Guest* guest() {
    const auto number = byte();
    return wires_.empty() ? nullptr : &lab_.guest(wires_[number % wires_.size()]);
  }
  Guest* speaker() {
    auto* found = guest();
    return found != nullptr && found->session ? found : nullptr;
  }

  void step(std::uint8_t what) {
    switch (what % 20) {
      case 0:
        return visit();
      case 1:
        return knock();
      case 2:
        return be_dialled();
      case 3:
        return open_stream();
      case 4:
      case 5:
        return say_anything();
      case 6:
      case 7:
        return say_rpc();
      case 8:
        return leave_stream();
      case 9:
        return damage();
      case 10:
        return connection(byte());
      case 11:
      case 12:
        return membership(byte());
      case 13:
        return application(byte());
      case 14:
        return connect();
      case 15:
        if (auto* silent = guest()) silent->reads = false;
        return;
      case 16:
        if (!wires_.empty()) lab_.read_again(wires_[byte() % wires_.size()]);
        return;
      case 17:
        return lab_.run(std::chrono::milliseconds{byte() * 4});
      case 18:
        return lab_.run(std::chrono::milliseconds{byte() * 100});
      default:
        return command(byte());
    }
  }

  Multiaddr from() { return parse("/ip4/10.9.9." + std::to_string(byte() % 3) + "/tcp/9"); }
  void visit() {
    const auto key = keys[byte() % keys.size()];
    std::optional<identify::Info> info;
    if (const auto how = byte(); how != 0) info = about(how);
    const auto to = node();
    if (wires_.size() >= guests_max) return;
    auto accepted = supported();
    const auto address = from();
    if (const auto wire = lab_.visit(to, key, std::move(accepted), address, info)) {
      wires_.push_back(*wire);
    }
  }
  void knock() {
    const auto to = node();
    if (wires_.size() >= guests_max) return;
    if (const auto wire = lab_.knock(to, from())) wires_.push_back(*wire);
  }
  /// A host dials a guest.
  void be_dialled() {
    const auto to = node();
    const auto key = keys[byte() % keys.size()];
    if (wires_.size() >= guests_max) return;
    const auto before = lab_.wire_count();
    applications_[to]->expect(lab_.connect(to, {station}));
    lab_.settle();
    if (lab_.wire_count() != before + 1 || !lab_.has_guest(before)) return;
    wires_.push_back(before);
    if (byte() % 4 != 0) {
      lab_.guest(before).become(session::Role::listener, key, supported(), lab_.now());
    }
  }
  std::vector<std::string> supported() {
    std::vector<std::string> some;
    for (auto mask = byte(); const auto name : protocols) {
      if ((mask & 1) != 0) some.emplace_back(name);
      mask = static_cast<std::uint8_t>(mask >> 1);
    }
    return some;
  }
  identify::Info about(std::uint8_t how) {
    identify::Info info;
    info.agent_version = to_bytes(bytes());
    info.protocols = supported();
    if ((how & 2) != 0) info.addresses = {station, lab_.address(1), from()};
    if ((how & 4) != 0) info.public_key = key_of(keys[how % keys.size()]).public_key();
    if ((how & 8) != 0) info.observed_address = from();
    if ((how & 16) != 0) info.signed_record = to_bytes(bytes());
    return info;
  }

  void open_stream() {
    const auto wanted = protocol();
    if (auto* visitor = speaker()) {
      if (const auto id = visitor->session->open_stream({std::string{wanted}}, lab_.now())) {
        visitor->streams[*id].protocol = wanted;
      }
    }
  }
  /// One of the guest's streams, whoever opened it.
  std::optional<session::StreamId> stream_of(Guest& visitor) {
    const auto number = byte();
    if (visitor.streams.empty()) return std::nullopt;
    return std::next(visitor.streams.begin(),
                     static_cast<std::ptrdiff_t>(number % visitor.streams.size()))
        ->first;
  }
  void say_anything() {
    auto* visitor = speaker();
    if (visitor == nullptr) return;
    const auto stream = stream_of(*visitor);
    const bool framed = byte() % 2 == 0;
    const auto words = bytes();
    Bytes out;
    if (framed) base::append_varint(out, words.size());
    append(out, words);
    if (stream) visitor->session->write(*stream, SharedBytes{std::move(out)});
  }
  void say_rpc() {
    auto* visitor = speaker();
    if (visitor == nullptr) return;
    const auto stream = stream_of(*visitor);
    pubsub::RpcWriter writer{{}};
    for (auto entries = byte() % 6 + 1; entries > 0; --entries) add_entry(writer);
    if (!stream || writer.empty()) return;
    for (auto& piece : writer.take().pieces) visitor->session->write(*stream, std::move(piece));
  }
  void add_entry(pubsub::RpcWriter& writer) {
    const auto what = byte();
    const auto name = topic();
    const std::array<std::uint8_t, 1> id{static_cast<std::uint8_t>(what >> 4)};
    const std::array<ByteView, 1> ids{id};
    switch (what % 8) {
      case 0:
        writer.add_subscription((what & 16) == 0, name);
        break;
      case 1:
        writer.add_graft(name);
        break;
      case 2:
        writer.add_prune({name, std::uint64_t{byte()}, {}});
        break;
      case 3:
        writer.add_ihave(name, ids);
        break;
      case 4:
        writer.add_iwant(ids);
        break;
      case 5:
        writer.add_idontwant(ids);
        break;
      default:
        writer.add_publish(message(name, keys[what % keys.size()], (what & 64) != 0).field);
        break;
    }
  }
  /// Signed, by a guest or in a host's name, or not.
  pubsub::Message message(std::string_view name, std::uint64_t author, bool is_signed) {
    const auto key = key_of(author);
    const auto id = key.peer_id();
    pubsub::Draft draft{name, bytes(), nullptr, std::nullopt, nullptr};
    if (is_signed) {
      draft.author = &id;
      draft.seqno = byte();
      draft.key = &key;
    }
    return pubsub::encode(draft);
  }
  void leave_stream() {
    auto* visitor = speaker();
    if (visitor == nullptr) return;
    const auto stream = stream_of(*visitor);
    const auto how = byte() % 2;
    if (!stream) return;
    if (how == 0) {
      visitor->session->end_stream(*stream);
    } else {
      visitor->session->reset_stream(*stream);
      visitor->streams.erase(*stream);
    }
  }
  /// Bytes on the wire that no session sealed.
  void damage() {
    const auto number = byte();
    const auto words = bytes();
    if (!wires_.empty() && !words.empty()) lab_.send(wires_[number % wires_.size()], words);
  }

  void connection(std::uint8_t how) {
    if (wires_.empty()) return;
    const auto at = wires_.begin() + (how >> 1) % static_cast<std::ptrdiff_t>(wires_.size());
    auto& visitor = lab_.guest(*at);
    if ((how & 1) != 0 && visitor.session) {
      visitor.session->close();
    } else {
      lab_.hang_up(*at);
      wires_.erase(at);
    }
  }
  void membership(std::uint8_t how) {
    const auto at = node();
    const auto name = topic();
    switch (how % 5) {
      case 0:
      case 1:
        return host(at).join(name, lab_.now());
      case 2:
        return host(at).leave(name, lab_.now());
      case 3:
        return host(at).set_validation(name, {.asked = (how & 8) != 0});
      default:
        lab_.publish(at, name, as_text(bytes()));
        return;
    }
  }
  /// The application's streams.
  void application(std::uint8_t how) {
    const auto at = node();
    auto& own = *applications_[at];
    if (how % 5 == 0) {
      const auto wanted = protocol();
      const auto peer = key_of(keys[byte() % keys.size()]).peer_id();
      if (const auto opened = host(at).open_stream(peer, {std::string{wanted}}, lab_.now())) {
        own.opened(*opened);
      }
      return;
    }
    const auto stream = own.stream(byte());
    if (!stream) return;
    if (how % 5 == 1) return host(at).end_stream(*stream);
    if (how % 5 == 2) return own.reset(*stream);
    host(at).write(*stream, SharedBytes::copy_of(Bytes(std::size_t{byte()} * 500, how)));
  }
  void connect() {
    const auto at = node();
    const auto how = byte();
    const std::array<Multiaddr, 5> places{lab_.full(0), lab_.full(1),
                                          parse("/ip4/10.7.7.7/tcp/7").with_p2p(lab_.id(1).bytes()),
                                          parse("/dns4/nowhere/tcp/1"), lab_.address(1)};
    ConnectRequest request;
    request.addresses = {places[how % 5], places[(how >> 3) % 5]};
    request.another = (how & 64) != 0;
    if ((how & 128) != 0) request.addresses.push_back(parse("/dnsaddr/example.org"));
    applications_[at]->expect(host(at).connect(std::move(request), lab_.now()));
  }
  void command(std::uint8_t how) {
    const auto at = node();
    const auto peer = key_of(keys[byte() % keys.size()]).peer_id();
    switch (how % 5) {
      case 0:
        return host(at).disconnect(peer, lab_.now());
      case 1:
        return host(at).ping(peer, lab_.now());
      case 2:
        return host(at).set_listen_addresses({lab_.address(at), from()}, lab_.now());
      case 3:
        return host(at).add_direct(peer, {station}, lab_.now());
      default:
        return lab_.name("_dnsaddr.example.org", records());
    }
  }
  /// What a name server says: addresses of the hosts, further names, anything.
  std::vector<std::string> records() {
    const std::array<std::string, 4> known{lab_.full(0).to_string(), lab_.full(1).to_string(),
                                           station.to_string(), "/dnsaddr/example.org"};
    std::vector<std::string> some;
    for (auto count = byte() % 6; count > 0; --count) {
      const auto which = byte();
      some.push_back("dnsaddr=" + (which < 128 ? known[which % known.size()] : to_text(bytes())));
    }
    return some;
  }

  void finish() {
    for (const auto wire : wires_) lab_.hang_up(wire);
    for (Lab::Node at = 0; at < applications_.size(); ++at) host(at).shutdown(lab_.now());
    lab_.settle();
    lab_.run(2min);
    for (Lab::Node at = 0; at < applications_.size(); ++at) {
      applications_[at]->take_outputs();
      applications_[at]->check_all_answered();
      const auto size = host(at).state_size();
      ASSERT(size.links + size.ended + size.streams + size.peers + size.router == 0);
      ASSERT(size.connecting + size.dials + size.backlog + size.half_open + size.outputs == 0);
      ASSERT(size.timers <= 64);
    }
  }

  base::ByteReader script_;
  Lab lab_;
  std::array<std::optional<Application>, 2> applications_;
  std::vector<Lab::WireId> wires_;  ///< of guests that did not hang up
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Run{{data, size}}.all();
  return 0;
}
