// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/multistream/negotiation.hpp"
#include "core/noise/handshake.hpp"
#include "core/noise/records.hpp"
#include "core/yamux/frame.hpp"
#include "pair.hpp"

namespace grapevine::session::test {

inline Side listener(const Config& config = {}) {
  return Side{{.role = Role::listener,
               .identity = &identity(2),
               .expected = std::nullopt,
               .config = std::make_shared<const Config>(config),
               .protocols = std::make_shared<const Protocols>(Protocols{{"/echo/1"}})},
              9};
}

/// A remote that speaks the protocols by hand up to the records, and then anything.
class Attacker {
 public:
  explicit Attacker(Side& victim, std::vector<std::string> muxers = {"/yamux/1.0.0"})
      : victim_{victim} {
    Bytes hello;
    multistream::append_message(hello, multistream::header);
    multistream::append_message(hello, "/noise");
    send_raw(hello);
    Bytes answer;
    multistream::append_message(answer, multistream::header);
    multistream::append_message(answer, "/noise");
    ASSERT(received_ == answer);
    received_.clear();

    noise::Handshake handshake{
        {noise::Role::initiator, std::nullopt, std::move(muxers)}, identity(7), Rng{Rng::Seed{77}}};
    send_raw(handshake.take_output());
    base::ByteReader in{received_};
    ASSERT(handshake.on_bytes(in) && handshake.done() && in.empty());
    received_.clear();
    send_raw(handshake.take_output());
    auto secured = handshake.take_result();
    writer_.emplace(secured.send_key);
    reader_.emplace(secured.receive_key);
  }

  void send_raw(const Bytes& bytes) {
    victim_.receive(bytes, now);
    collect();
  }
  /// Sealed, in as many records as needed, in one piece.
  void send(ByteView plaintext) {
    Bytes out;
    while (!plaintext.empty()) {
      const auto size = std::min(plaintext.size(), noise::record_plaintext_max);
      const std::array pieces{plaintext.first(size)};
      ASSERT(writer_->seal(pieces, out).has_value());
      plaintext = plaintext.subspan(size);
    }
    victim_.receive(out, now);
  }
  void send(std::initializer_list<yamux::Header> frames) {
    Bytes out;
    for (const auto& frame : frames) append(out, yamux::encode_header(frame));
    send(out);
  }
  void send_data(StreamId stream, std::uint16_t flags, ByteView body) {
    Bytes out = to_bytes(yamux::encode_header(
        {yamux::FrameType::data, flags, stream, static_cast<std::uint32_t>(body.size())}));
    append(out, body);
    send(out);
  }
  /// All plaintext the victim has sent since last asked.
  Bytes heard() {
    collect();
    Slab slab{std::max<std::size_t>(received_.size(), 1)};
    std::ranges::copy(received_, slab.space().begin());
    Received in{slab, slab.space().first(received_.size())};
    Bytes plain;
    for (;;) {
      auto piece = reader_->next(in);
      ASSERT(piece.has_value());
      if (!*piece) break;
      append(plain, **piece);
    }
    received_.clear();
    return plain;
  }

  TimePoint now = start;

 private:
  void collect() {
    while (victim_.pack(1024 * 1024, now)) {
    }
    append(received_, std::exchange(victim_.wire, {}));
  }

  Side& victim_;
  Bytes received_;
  std::optional<noise::RecordWriter> writer_;
  std::optional<noise::RecordReader> reader_;
};

/// A dialer's first words when it wants `protocol`.
inline Bytes greeting(std::string_view protocol) {
  Bytes bytes;
  multistream::append_message(bytes, multistream::header);
  multistream::append_message(bytes, protocol);
  return bytes;
}

}  // namespace grapevine::session::test
