// SPDX-License-Identifier: Apache-2.0
#include "core/noise/handshake.hpp"
#include "core/noise/records.hpp"
#include "core/noise/xx.hpp"

// The first byte of the input says which way in the rest takes; the second feeds the randomness.
namespace {

using namespace grapevine;
using namespace grapevine::noise;

const KeyPair& alice() {
  static const auto key = KeyPair::from_ed25519_seed({1});
  return key;
}

Xx::Keys keys_of(Rng& rng) {
  return {.ephemeral = crypto::X25519::generate(rng), .identity = crypto::X25519::generate(rng)};
}

Bytes framed(ByteView message) {
  Bytes out;
  base::append_big_endian(out, static_cast<std::uint16_t>(message.size()));
  append(out, message);
  return out;
}

// Nobody gets in without knowing the handshake's secrets.
void raw(Role role, ByteView input, Rng& rng) {
  Handshake handshake{{role, {}, {"/yamux/1.0.0"}}, alice(), rng.fork()};
  base::ByteReader in{input};
  while (handshake.on_bytes(in) && !handshake.take_output().empty()) {
  }
  ASSERT(!handshake.done());
}

// A remote that follows Noise and sends the input as its payload: it knows no key, so it is
// refused.
void payload(ByteView input, Rng& rng) {
  Handshake responder{{Role::responder, {}, {"/yamux/1.0.0"}}, alice(), rng.fork()};
  Xx remote{Role::initiator, keys_of(rng)};
  const auto first = framed(remote.write({}).value());
  base::ByteReader first_in{first};
  ASSERT(responder.on_bytes(first_in));
  const auto second = responder.take_output();
  ASSERT(remote.read(ByteView{second}.subspan(2)));
  const auto third =
      framed(remote.write(input.first(std::min<std::size_t>(input.size(), 16000))).value());
  base::ByteReader third_in{third};
  ASSERT(!responder.on_bytes(third_in));
  ASSERT(!responder.done());
}

// The input says how long each record is and how far each read reaches.
void records(ByteView input, Rng& rng) {
  const auto key = rng.seed();
  RecordWriter writer{key};
  Bytes sealed;
  Bytes sent;
  for (const auto size : input.first(input.size() / 2)) {
    Bytes plaintext(std::size_t{1} + size * 3);
    rng.fill(plaintext);
    ASSERT(writer.seal(std::array{ByteView{plaintext}}, sealed));
    append(sent, plaintext);
  }
  RecordReader reader{key};
  Bytes received;
  ByteView rest{sealed};
  for (std::size_t i = input.size() / 2; !rest.empty(); ++i) {
    const std::size_t step = i < input.size() ? std::size_t{1} + input[i] * 2 : rest.size();
    const auto read = rest.first(std::min(step, rest.size()));
    rest = rest.subspan(read.size());
    Slab slab{read.size()};
    std::ranges::copy(read, slab.space().begin());
    Received in{slab, slab.space()};
    for (;;) {
      const auto record = reader.next(in);
      ASSERT(record);
      if (!*record) break;
      append(received, (*record)->view());
    }
  }
  ASSERT(received == sent);
}

void raw_records(ByteView input, Rng& rng) {
  RecordReader reader{rng.seed()};
  Slab slab{input.size()};
  std::ranges::copy(input, slab.space().begin());
  Received in{slab, slab.space()};
  const auto record = reader.next(in);
  ASSERT(!record || !*record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ByteView input{data + 2, size - 2};
  Rng rng{Rng::Seed{data[1]}};
  switch (data[0] % 5) {
    case 0:
      raw(Role::initiator, input, rng);
      break;
    case 1:
      raw(Role::responder, input, rng);
      break;
    case 2:
      payload(input, rng);
      break;
    case 3:
      records(input, rng);
      break;
    case 4:
      raw_records(input, rng);
      break;
  }
  return 0;
}
