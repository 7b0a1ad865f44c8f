// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

namespace {

using namespace grapevine;

/// Bytes survive the text form; accepted text names bytes that survive it too.
template <class Encode, class Decode>
void check(ByteView input, Encode encode, Decode decode) {
  if (input.size() <= 300) ASSERT(decode(encode(input)) == to_bytes(input));
  if (const auto bytes = decode(as_text(input))) ASSERT(decode(encode(*bytes)) == *bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  check(input, base::to_base58, base::from_base58);
  check(input, base::to_base36, base::from_base36);
  check(input, base::to_base32, base::from_base32);
  check(input, base::to_base64, base::from_base64);
  check(input, base::to_base64url, base::from_base64url);
  check(input, base::to_hex, base::from_hex);
  return 0;
}
