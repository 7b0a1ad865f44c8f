// SPDX-License-Identifier: Apache-2.0
#include "multi/multiaddr.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/varint.hpp"
#include "multi/multihash.hpp"

namespace grapevine {
namespace {

using multi::Protocol;
using multi::ProtocolInfo;
using Code = MultiaddrErrorCode;

/// A piece of the input in an error: cut short, and without bytes that could break a log line or a
/// page.
std::string printable(std::string_view piece) {
  constexpr std::size_t shown_max = 64;
  std::string text{piece.substr(0, shown_max)};
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

auto fault(Code code, std::size_t at, std::string_view piece = {}) {
  return unexpected(MultiaddrError{code, at, printable(piece)});
}

/// Walks the pieces between the slashes of a text.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : text_{text} {}

  bool done() const { return at_ >= text_.size(); }
  /// Where the next piece starts, behind its slash.
  std::size_t at() const { return at_ + 1; }
  std::string_view take() {
    const auto end = std::min(text_.find('/', at()), text_.size());
    const auto piece = text_.substr(at(), end - at());
    at_ = end;
    return piece;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

void append_component(Bytes& out, const ProtocolInfo& info, ByteView value) {
  base::append_varint(out, std::to_underlying(info.protocol));
  if (!info.value_size()) base::append_varint(out, value.size());
  append(out, value);
}

/// Reads one component off the front of `pieces` and writes it behind `out`.
Result<void, MultiaddrError> copy_component(Pieces& pieces, Bytes& out) {
  const auto name_at = pieces.at();
  const auto name = pieces.take();
  if (name.empty()) return fault(Code::empty_name, name_at);
  const auto* info = multi::find_protocol(name);
  if (info == nullptr) return fault(Code::unknown_protocol, name_at, name);
  if (info->value == multi::ValueKind::none) {
    append_component(out, *info, {});
    return {};
  }
  if (pieces.done()) return fault(Code::missing_value, name_at, name);
  const auto value_at = pieces.at();
  const auto text = pieces.take();
  const auto value = multi::value_from_text(info->value, text);
  if (!value) return fault(Code::bad_value, value_at, text);
  append_component(out, *info, *value);
  return {};
}

struct Parsed {
  const ProtocolInfo* info;
  ByteView value;
};

std::string code_text(std::uint64_t code) {
  Bytes bytes;
  base::append_big_endian(bytes, code);
  const auto digits = base::to_hex(bytes);
  return "0x" + digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

using Number = Result<std::uint64_t, MultiaddrError>;

/// A number at position `at` of the bytes, off the front of `in`.
Number take_number(base::ByteReader& in, std::size_t at) {
  const auto number = base::take_varint(in);
  if (!number) return fault(Code::bad_varint, at);
  if (!*number) return fault(Code::truncated, at);
  return **number;
}

/// Takes one component off the front of `in`, which ends where the whole address of `size` bytes
/// does.
Result<Parsed, MultiaddrError> take_component(base::ByteReader& in, std::size_t size) {
  const auto start = size - in.remaining();
  const auto code = take_number(in, start);
  if (!code) return unexpected(code.error());
  const auto* info = multi::find_protocol(*code);
  if (info == nullptr) return fault(Code::unknown_protocol, start, code_text(*code));
  const auto length_at = size - in.remaining();
  const auto fixed = info->value_size();
  const auto length = fixed ? Number{*fixed} : take_number(in, length_at);
  if (!length) return unexpected(length.error());
  const auto value_at = size - in.remaining();
  if (*length > in.remaining()) return fault(Code::truncated, value_at, info->name);
  const auto value = in.take(static_cast<std::size_t>(*length));
  if (!multi::valid_value(info->value, value)) return fault(Code::bad_value, value_at, info->name);
  return Parsed{info, value};
}

bool names_host(Protocol protocol) {
  return protocol == Protocol::ip4 || protocol == Protocol::ip6 || protocol == Protocol::dns ||
         protocol == Protocol::dns4 || protocol == Protocol::dns6;
}

/// What stands before the piece of input in an error's message.
std::string_view phrase(Code code) {
  switch (code) {
    case Code::empty:
      return "the address is empty";
    case Code::no_leading_slash:
      return "an address begins with '/'";
    case Code::empty_name:
      return "a protocol name is missing";
    case Code::unknown_protocol:
      return "unknown protocol";
    case Code::missing_value:
      return "the value is missing behind";
    case Code::bad_value:
      return "bad value";
    case Code::bad_varint:
      return "malformed number";
    case Code::truncated:
      return "the address ends too early";
    case Code::too_long:
      return "the address is too long";
    case Code::too_many_components:
      return "the address has too many components";
  }
  return "unknown";
}

}  // namespace

std::string_view name(MultiaddrErrorCode code) {
  switch (code) {
    case Code::empty:
      return "empty";
    case Code::no_leading_slash:
      return "no_leading_slash";
    case Code::empty_name:
      return "empty_name";
    case Code::unknown_protocol:
      return "unknown_protocol";
    case Code::missing_value:
      return "missing_value";
    case Code::bad_value:
      return "bad_value";
    case Code::bad_varint:
      return "bad_varint";
    case Code::truncated:
      return "truncated";
    case Code::too_long:
      return "too_long";
    case Code::too_many_components:
      return "too_many_components";
  }
  return "unknown";
}

std::string MultiaddrError::message() const {
  std::string message{phrase(code)};
  if (!text.empty()) message += " '" + text + "'";
  return message + " at byte " + std::to_string(at);
}

std::string Multiaddr::Component::value_text() const {
  return multi::value_to_text(multi::info(protocol).value, value);
}

Result<Multiaddr, MultiaddrError> Multiaddr::parse(std::string_view text) {
  if (text.size() > text_size_max) return fault(Code::too_long, text_size_max);
  if (text.empty()) return fault(Code::empty, 0);
  if (text[0] != '/') return fault(Code::no_leading_slash, 0, text);
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return fault(Code::empty, 0);
  Pieces pieces{text};
  Bytes bytes;
  for (std::size_t count = 0; !pieces.done(); ++count) {
    const auto at = pieces.at();
    if (count == components_max) return fault(Code::too_many_components, at);
    if (const auto copied = copy_component(pieces, bytes); !copied) {
      return unexpected(copied.error());
    }
    if (bytes.size() > size_max) return fault(Code::too_long, at);
  }
  return Multiaddr{std::move(bytes)};
}

Result<Multiaddr, MultiaddrError> Multiaddr::from_bytes(ByteView bytes) {
  if (bytes.empty()) return fault(Code::empty, 0);
  if (bytes.size() > size_max) return fault(Code::too_long, size_max);
  base::ByteReader in{bytes};
  for (std::size_t count = 0; !in.empty(); ++count) {
    if (count == components_max) {
      return fault(Code::too_many_components, bytes.size() - in.remaining());
    }
    if (const auto taken = take_component(in, bytes.size()); !taken) {
      return unexpected(taken.error());
    }
  }
  return Multiaddr{to_bytes(bytes)};
}

Multiaddr Multiaddr::encapsulate(const Multiaddr& inner) const {
  auto bytes = bytes_;
  append(bytes, inner.bytes_);
  return Multiaddr{std::move(bytes)};
}

Multiaddr Multiaddr::with_p2p(ByteView peer) const {
  ASSERT(multi::valid_value(multi::ValueKind::peer, peer));
  auto result = without_p2p();
  append_component(result.bytes_, multi::info(Protocol::p2p), peer);
  return result;
}

Multiaddr Multiaddr::without_p2p() const {
  const auto peer = peer_id_bytes();
  if (!peer) return *this;
  Bytes last;
  append_component(last, multi::info(Protocol::p2p), *peer);
  return Multiaddr{to_bytes(ByteView{bytes_}.first(bytes_.size() - last.size()))};
}

std::string Multiaddr::to_string() const {
  std::string text;
  for (const auto& component : components()) {
    const auto& info = multi::info(component.protocol);
    text += '/';
    text += info.name;
    if (info.value != multi::ValueKind::none) text += '/' + component.value_text();
  }
  return text.empty() ? "/" : text;
}

std::vector<Multiaddr::Component> Multiaddr::components() const {
  std::vector<Component> components;
  base::ByteReader in{bytes_};
  while (!in.empty()) {
    const auto taken = take_component(in, bytes_.size());
    ASSERT(taken.has_value());
    components.push_back({taken->info->protocol, taken->value});
  }
  return components;
}

bool Multiaddr::has(Protocol protocol) const {
  const auto parts = components();
  return std::ranges::find(parts, protocol, &Component::protocol) != parts.end();
}

std::optional<ByteView> Multiaddr::peer_id_bytes() const {
  const auto parts = components();
  if (parts.empty() || parts.back().protocol != Protocol::p2p) return std::nullopt;
  return parts.back().value;
}

std::optional<TcpEndpoint> Multiaddr::tcp_endpoint() const {
  const auto parts = components();
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  if (!names_host(parts[0].protocol) || parts[1].protocol != Protocol::tcp) return std::nullopt;
  if (parts.size() == 3 && parts[2].protocol != Protocol::p2p) return std::nullopt;
  return TcpEndpoint{parts[0].protocol, parts[0].value_text(),
                     base::ByteReader{parts[1].value}.u16()};
}

}  // namespace grapevine
