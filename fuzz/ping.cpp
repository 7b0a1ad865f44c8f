// SPDX-License-Identifier: Apache-2.0
#include "core/ping/ping.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::ping;

// What comes back is what went in, in whole payloads, and never more.
void check_responder(ByteView input) {
  Responder responder;
  Bytes echoed;
  Bytes asked;
  while (!input.empty()) {
    const auto size = std::min<std::size_t>(input.size(), std::size_t{1} + input.front());
    append(asked, input.first(size));
    const auto echo = responder.on_bytes(input.first(size), input.size() % 3000);
    input = input.subspan(size);
    if (!echo) return;
    append(echoed, *echo);
    ASSERT(asked.size() - echoed.size() < payload_size);
    ASSERT(equal(echoed, ByteView{asked}.first(echoed.size())));
  }
}

// Each byte is one step: ask, answer rightly or wrongly, or let time pass.
void check_pinger(ByteView input) {
  Pinger pinger{Rng{Rng::Seed{1}}};
  TimePoint now{};
  Bytes echo;
  for (const auto step : input) {
    now = base::saturating_add(now, std::chrono::milliseconds{step});
    if (!pinger.waiting()) {
      ASSERT(echo.empty());
      echo = to_bytes(pinger.start(now));
      continue;
    }
    if (step % 16 == 15) echo.front() ^= 1;
    const auto size = std::min<std::size_t>(echo.size(), step % 40);
    const auto answer = pinger.on_bytes(ByteView{echo}.first(size), now);
    if (!answer || !pinger.on_deadline(now)) return;
    echo.erase(echo.begin(), echo.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT(answer->has_value() == echo.empty());
    ASSERT(!*answer || **answer < Pinger::timeout);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_responder({data, size});
  check_pinger({data, size});
  return 0;
}
