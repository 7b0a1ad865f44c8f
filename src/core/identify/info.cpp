// SPDX-License-Identifier: Apache-2.0
#include "core/identify/info.hpp"

#include <utility>

#include "base/protobuf.hpp"
#include "base/varint.hpp"
#include "core/identify/fields.hpp"

namespace grapevine::identify {

namespace {

// A body of up to 4,094 bytes has a length of two.
constexpr std::size_t body_size_max = sent_message_size_max - 2;

// Fills one message after another.
class Messages {
 public:
  // A field that no message could hold is left out.
  void add(std::uint32_t field, ByteView value) {
    const auto size = base::bytes_field_size(field, value.size());
    if (size > body_size_max) return;
    if (body_.size() + size > body_size_max) end_message();
    base::FieldWriter{body_}.bytes(field, value);
  }
  void add_if_any(std::uint32_t field, ByteView value) {
    if (!value.empty()) add(field, value);
  }
  Bytes finish() {
    end_message();
    return std::move(out_);
  }

 private:
  void end_message() {
    base::append_varint(out_, body_.size());
    append(out_, body_);
    body_.clear();
  }

  Bytes out_;
  Bytes body_;
};

template <class T>
void replace(std::vector<T>& known, std::vector<T>& pushed) {
  if (!pushed.empty()) known = std::move(pushed);
}

template <class T>
void replace(std::optional<T>& known, std::optional<T>& pushed) {
  if (pushed) known = std::move(pushed);
}

}  // namespace

Bytes encode(const Info& info) {
  Messages messages;
  if (info.public_key) messages.add(fields::public_key, info.public_key->protobuf());
  messages.add_if_any(fields::protocol_version, info.protocol_version);
  messages.add_if_any(fields::agent_version, info.agent_version);
  if (info.observed_address) messages.add(fields::observed_address, info.observed_address->bytes());
  for (const auto& name : info.protocols) messages.add_if_any(fields::protocols, as_bytes(name));
  for (const auto& address : info.addresses) {
    messages.add_if_any(fields::listen_addresses, address.bytes());
  }
  messages.add_if_any(fields::signed_record, info.signed_record);
  return messages.finish();
}

void update(Info& known, Info pushed) {
  const bool both = pushed.record && known.record;
  const bool older = both && pushed.record->seq < known.record->seq;
  const bool newer = pushed.record && (!both || pushed.record->seq > known.record->seq);
  if (newer) {
    known.addresses = std::move(pushed.addresses);
    known.record = std::move(pushed.record);
    known.signed_record = std::move(pushed.signed_record);
  } else if (!older) {
    replace(known.addresses, pushed.addresses);
  }
  replace(known.protocol_version, pushed.protocol_version);
  replace(known.agent_version, pushed.agent_version);
  replace(known.public_key, pushed.public_key);
  replace(known.observed_address, pushed.observed_address);
  replace(known.protocols, pushed.protocols);
}

}  // namespace grapevine::identify
