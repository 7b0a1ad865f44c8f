// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/shared_bytes.hpp"
#include "core/pubsub/extensions.hpp"

namespace grapevine::pubsub {

/// What one received RPC may hold. Counted over the wire bytes before anything is built (V37, V39,
/// V40).
struct RpcLimits {
  std::size_t size_max =
      1024 * 1024;  ///< bytes of one RPC frame, for who takes frames off the stream (V03)
  std::size_t control_bytes_max = 512 * 1024;  ///< subscriptions and control together
  std::size_t publish_max = 1000;              ///< messages
  std::size_t subscriptions_max = 5000;
  std::size_t control_elements_max =
      5000;  ///< IHAVE, IWANT, GRAFT, PRUNE, IDONTWANT entries, each kind
  std::size_t message_ids_max = 20000;  ///< ids in all entries of one kind
  std::size_t message_id_size_max = 128;
  std::size_t px_peers_max = 16;  ///< per PRUNE; more are cut
  /// Fields of subscriptions and control, at every depth, and unknown ones: what reading costs in
  /// time (V39).
  std::size_t fields_max = 50'000;
  std::size_t partial_group_size_max = 128;           ///< bytes of a partial message's group id
  std::size_t partial_metadata_size_max = 16 * 1024;  ///< bytes: a bit each for 131,072 parts
};

/// Why an RPC was refused whole. The stream is reset; the connection lives.
enum class RpcError {
  malformed,         ///< not the protobuf it should be
  too_much_control,  ///< subscriptions and control exceed their bytes
  too_many,  ///< a repeated field exceeds its count, or the view would be many times the frame
             ///< (V40)
};
std::string_view name(RpcError error);

struct Subscription {
  bool subscribe = false;
  PartialFlags partial;  ///< none in an unsubscription, whatever it says
  std::string_view topic;
};
struct IHave {
  std::string_view topic;
  std::vector<ByteView> ids;
};
struct PeerInfo {
  ByteView peer_id;
  ByteView signed_record;
};
struct Prune {
  std::string_view topic;
  std::optional<std::uint64_t> backoff_seconds;  ///< as the remote says, not clamped
  std::vector<PeerInfo> peers;
};

/// One RPC as views into the received frame. Entries with an empty or oversize topic, empty or
/// oversize ids, px peers without an id and a partial message without topic or group, or with an
/// oversize one, are left out and counted in `skipped`.
struct RpcView {
  std::vector<Subscription> subscriptions;
  std::vector<ByteView> publish;         ///< whole fields: tag, length, message
  std::vector<ByteView> publish_bodies;  ///< the messages of the same fields
  std::vector<IHave> ihave;
  std::vector<ByteView> iwant;          ///< ids of all IWANT entries
  std::vector<std::string_view> graft;  ///< topics
  std::vector<Prune> prune;
  std::vector<ByteView> idontwant;  ///< ids of all IDONTWANT entries
  std::optional<Extensions> extensions;
  std::optional<PartialView> partial;
  std::optional<PingPongView> ping_pong;  ///< left out when it is unsound
  bool test_extension = false;
  bool has_control = false;
  std::size_t skipped = 0;
};
/// Scans the frame against `limits`, then builds the view. pubsub and gossipsub v1.3 specs,
/// "Protobuf". Unknown fields are passed over.
Result<RpcView, RpcError> read_rpc(ByteView frame, const RpcLimits& limits);

/// What we send at most in one RPC, so that every implementation takes it: rust refuses above 16
/// KiB of control and 64 KiB in all, 100 subscriptions; go reads 10 IDONTWANT ids; js refuses 512.
struct SendLimits {
  std::size_t batch_bytes =
      48 * 1024;  ///< an RPC of several messages; one larger message travels alone
  std::size_t control_bytes = 12 * 1024;
  std::size_t subscriptions = 100;
  std::size_t idontwant_ids = 10;
  std::size_t px_peers = 16;
};

/// One RPC ready to be written: its length prefix and fields as pieces, publish fields shared with
/// every other peer.
struct PackedRpc {
  std::vector<SharedBytes> pieces;
  std::size_t size = 0;      ///< bytes of all pieces
  std::size_t messages = 0;  ///< publish fields among them
};

/// Builds one RPC within `SendLimits`. `add_*` answer false, and add nothing, when the element does
/// not fit any more; an empty writer takes any single element, so whoever splits lists of ids keeps
/// each below the limits. An entry without ids is no element: true, and nothing is added (jvm drops
/// RPCs with empty ones). Of a PRUNE's peers the first `px_peers` are written. Fields leave in the
/// order subscriptions, publish, control, extension: gossipsub v1.0 peers must know of a
/// subscription before its GRAFT.
class RpcWriter {
 public:
  explicit RpcWriter(const SendLimits& limits) : limits_{limits} {}

  /// First of all in the first RPC on a stream; the writer must be empty. Nothing is added when
  /// nothing is supported.
  void add_extensions(const Extensions& extensions);
  bool add_subscription(bool subscribe, std::string_view topic, PartialFlags partial = {});
  bool add_publish(const SharedBytes& field);
  bool add_ihave(std::string_view topic,
                 std::span<const ByteView> ids);  ///< whole entry or nothing
  bool add_iwant(std::span<const ByteView> ids);
  bool add_idontwant(std::span<const ByteView> ids);
  bool add_graft(std::string_view topic);
  bool add_prune(const Prune& prune);
  /// A whole field with the body of an extension. One in each RPC: jvm reads no second one.
  bool add_extension_body(const SharedBytes& field);

  bool empty() const { return size() == 0; }
  std::size_t size() const {
    return subscriptions_.size() + publish_bytes_ + control_size() + body_.size();
  }
  /// Takes what was added; the writer is empty again.
  PackedRpc take();

 private:
  /// `more` bytes of control entries fit beside what is there.
  bool fits_control(std::size_t more) const;
  /// `overhead` bytes of subscriptions and control fit; together, as rust limits their sum.
  bool fits(std::size_t overhead) const;
  std::size_t control_body_size() const;
  std::size_t control_size() const;  ///< tag and length included; 0 without entries
  void clear();

  SendLimits limits_;
  Bytes subscriptions_;
  std::size_t subscription_count_ = 0;
  std::vector<SharedBytes> publish_;
  std::size_t publish_bytes_ = 0;
  Bytes ihave_;  ///< encoded control entries, one buffer a kind so that each kind stays together
  Bytes iwant_;
  Bytes graft_;
  Bytes prune_;
  Bytes idontwant_;
  std::size_t idontwant_count_ = 0;
  Bytes extensions_;
  SharedBytes body_;
};

}  // namespace grapevine::pubsub
