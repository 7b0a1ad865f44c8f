// SPDX-License-Identifier: Apache-2.0
#include "core/identify/reader.hpp"

#include <utility>

#include "base/varint.hpp"
#include "core/identify/fields.hpp"

namespace grapevine::identify {

namespace {

// Reading a bad address costs as much as reading a good one.
constexpr std::size_t addresses_read_max = 4 * addresses_max;

Bytes cut(ByteView text) { return to_bytes(text.first(std::min(text.size(), text_size_max))); }

// Lists are short here: a quadratic search beats a table.
template <class T>
void remove_repeated(std::vector<T>& list) {
  std::vector<T> once;
  once.reserve(list.size());
  for (auto& item : list) {
    if (std::ranges::find(once, item) == once.end()) once.push_back(std::move(item));
  }
  list = std::move(once);
}

}  // namespace

std::string_view name(ReadError error) {
  switch (error) {
    case ReadError::too_large:
      return "too_large";
    case ReadError::too_many:
      return "too_many";
    case ReadError::malformed:
      return "malformed";
    case ReadError::wrong_key:
      return "wrong_key";
  }
  return "unknown";
}

Result<void, ReadError> Reader::on_bytes(ByteView bytes) {
  if (failed_) return unexpected{*failed_};
  append(partial_, bytes);
  base::ByteReader in{partial_};
  if (const auto taken = take_messages(in); !taken) {
    failed_ = taken.error();
    partial_.clear();
    return taken;
  }
  partial_.erase(partial_.begin(), partial_.end() - static_cast<std::ptrdiff_t>(in.remaining()));
  return {};
}

Result<void, ReadError> Reader::take_messages(base::ByteReader& in) {
  for (;;) {
    const auto message = base::take_frame(in, message_size_max);
    if (!message) {
      return unexpected{message.error() == base::FrameError::too_large ? ReadError::too_large
                                                                       : ReadError::malformed};
    }
    if (!*message) return {};
    if (++messages_ > messages_max) return unexpected{ReadError::too_many};
    if (!merge(**message)) return unexpected{ReadError::malformed};
  }
}

bool Reader::merge(ByteView message) {
  base::FieldReader reader{message};
  for (;;) {
    const auto field = reader.next();
    if (!field) return false;
    if (!*field) return true;
    if ((*field)->type == base::WireType::bytes) merge(**field);
  }
}

void Reader::merge(const base::Field& field) {
  switch (field.number) {
    case fields::public_key:
      key_ = to_bytes(field.bytes);
      break;
    case fields::listen_addresses:
      add_address(field.bytes);
      break;
    case fields::protocols:
      if (field.bytes.empty() || field.bytes.size() > protocol_size_max) break;
      if (info_.protocols.size() < protocols_max) info_.protocols.push_back(to_text(field.bytes));
      break;
    case fields::observed_address:
      if (++addresses_read_ > addresses_read_max) break;
      if (auto address = Multiaddr::from_bytes(field.bytes)) {
        info_.observed_address = std::move(*address);
      }
      break;
    case fields::protocol_version:
      info_.protocol_version = cut(field.bytes);
      break;
    case fields::agent_version:
      info_.agent_version = cut(field.bytes);
      break;
    case fields::signed_record:
      info_.signed_record = to_bytes(field.bytes);
      break;
    default:
      break;
  }
}

void Reader::add_address(ByteView bytes) {
  if (info_.addresses.size() >= addresses_max) return;
  if (++addresses_read_ > addresses_read_max) return;
  auto address = Multiaddr::from_bytes(bytes);
  if (address && !leads_elsewhere(*address)) info_.addresses.push_back(std::move(*address));
}

bool Reader::leads_elsewhere(const Multiaddr& address) const {
  const auto peer = address.peer_id_bytes();
  return peer && !equal(*peer, remote_.bytes());
}

Result<Info, ReadError> Reader::finish() {
  if (failed_) return unexpected{*failed_};
  if (messages_ == 0 || !partial_.empty()) return unexpected{ReadError::malformed};
  if (!key_.empty()) {
    auto key = PublicKey::from_protobuf(key_);
    if (!key || key->peer_id() != remote_) return unexpected{ReadError::wrong_key};
    info_.public_key = std::move(*key);
  }

  auto record = PeerRecord::open(info_.signed_record);
  if (record && record->peer == remote_) {
    std::erase_if(record->addresses, [&](const auto& address) { return leads_elsewhere(address); });
    info_.addresses = record->addresses;
    info_.record = std::move(*record);
  } else {
    info_.signed_record.clear();
  }
  remove_repeated(info_.addresses);
  remove_repeated(info_.protocols);
  return std::move(info_);
}

}  // namespace grapevine::identify
