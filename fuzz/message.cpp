// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/message.hpp"

#include "base/protobuf.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::pubsub;

void check_ids(const MessageView& message) {
  for (const auto name : {"from_seqno", "rust", "js", "nim", "sha256", "prefix8", "prefix16"}) {
    const auto id = ids::by_name(name)(message);
    ASSERT(!id || (!id->empty() && id->bytes().size() <= MessageId::size_max));
  }
}

/// Whatever stands in the bytes: nothing but a signature is accepted as one, and the policies agree
/// with each other.
void check_foreign(ByteView body) {
  const auto message = parse_message(body);
  if (!message) return;
  ASSERT(!message->topic.empty() && message->topic.size() <= topic_size_max);
  check_ids(*message);
  const auto strict = check_fields(*message, SignaturePolicy::strict_sign);
  const auto lax = check_fields(*message, SignaturePolicy::lax_sign);
  const auto anonymous = check_fields(*message, SignaturePolicy::strict_no_sign);
  ASSERT(!strict || *strict == Check::verify);
  ASSERT(!strict || lax == Check::verify);
  ASSERT(!anonymous || lax == Check::accept);
  ASSERT(!strict || !anonymous);
  if (message->signature) (void)verify(*message);
}

/// A message of ours made of the bytes, then its fields in another order: the signature holds for
/// both, and for neither once a byte of the data changes.
void check_own(ByteView input) {
  static const auto key = KeyPair::from_ed25519_seed({1});
  static const auto author = key.peer_id();
  const auto topic_size = std::min<std::size_t>(input.size(), 20);
  const auto topic = topic_size == 0 ? "topic" : as_text(input.first(topic_size));
  const auto message = encode({.topic = topic,
                               .data = input.subspan(topic_size),
                               .author = &author,
                               .seqno = input.size(),
                               .key = &key});
  ASSERT(verify(message.view).has_value());

  Bytes turned;
  base::FieldWriter fields{turned};
  fields.bytes(6, *message.view.key);
  fields.bytes(5, *message.view.signature);
  fields.text(4, topic);
  fields.bytes(3, *message.view.seqno);
  fields.bytes(2, *message.view.data);
  fields.bytes(1, *message.view.from);
  const auto same = parse_message(turned);
  ASSERT(same && verify(*same).has_value());

  if (message.view.data->empty()) return;
  const auto at = static_cast<std::size_t>(message.view.data->data() - message.view.body.data());
  auto damaged = to_bytes(message.view.body);
  damaged[at] ^= 1;
  ASSERT(verify(*parse_message(damaged)).error() == RejectReason::invalid_signature);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  check_foreign(input);
  check_own(input);
  return 0;
}
