// SPDX-License-Identifier: Apache-2.0
#include <span>
#include <string>
#include <vector>

#include "core/multistream/dialer.hpp"
#include "core/multistream/listener.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::multistream;

using Answer = Result<std::optional<Outcome>, NegotiationError>;

const std::vector<std::string> supported{"/noise", "/yamux/1.0.0"};

struct Run {
  Answer answer;
  std::size_t taken = 0;
  Bytes sent;
};

Answer feed(Listener& listener, base::ByteReader& in) { return listener.on_bytes(in, supported); }
Answer feed(Dialer& dialer, base::ByteReader& in) { return dialer.on_bytes(in); }

/// Feeds `input` in pieces of at most `piece` bytes until the negotiation ends.
template <class Side>
Run run(Side side, ByteView input, std::size_t piece) {
  Run run;
  for (base::ByteReader rest{input}; !rest.empty();) {
    base::ByteReader in{rest.take(std::min(piece, rest.remaining()))};
    const auto offered = in.remaining();
    run.answer = feed(side, in);
    run.taken += offered - in.remaining();
    append(run.sent, side.take_output());
    if (!run.answer || *run.answer) break;
    ASSERT(in.empty());
  }
  return run;
}

/// How the bytes are broken changes nothing: not what is agreed, taken or answered, nor the error.
template <class Make>
Run check(Make make, ByteView input, std::size_t piece) {
  const auto whole = run(make(), input, input.size() + 1);
  const auto broken = run(make(), input, piece);
  ASSERT(whole.answer.has_value() == broken.answer.has_value());
  ASSERT(whole.sent == broken.sent);
  if (!whole.answer) {
    ASSERT(whole.answer.error() == broken.answer.error());
    return whole;
  }
  ASSERT(whole.answer->has_value() == broken.answer->has_value());
  ASSERT(whole.taken == broken.taken);
  if (*whole.answer) ASSERT((*whole.answer)->protocol == (*broken.answer)->protocol);
  return whole;
}

}  // namespace

/// The first byte says how large the pieces are; the rest is what the peer sends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 32;
  const auto input = ByteView{data, size}.subspan(1);

  const auto answers = check([] { return Listener{}; }, input, piece);
  ASSERT(answers.sent.size() <= 2 * input.size());

  check([] { return Dialer{{"/noise"}, Dialer::Mode::lazy}; }, input, piece);
  check([] { return Dialer{{"/tls/1.0.0", "/noise"}, Dialer::Mode::wait}; }, input, piece);
  return 0;
}
