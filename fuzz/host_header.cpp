// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"
#include "http/form.hpp"
#include "http/origin.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace grapevine;
  const auto text = as_text({data, size});
  const http::Site site{"127.0.0.1", 8001, false};
  if (http::names_us(text, site)) {
    const auto lower = http::to_lower(text);
    ASSERT(lower.starts_with("localhost:") || lower.starts_with("127.0.0.1:") ||
           lower.starts_with("[::1]:"));
  }
  (void)http::names_us(text, {"0.0.0.0", 8001, true});
  if (const auto target = http::parse_target(text)) {
    const auto cleaned = http::clean_path(target->path);
    ASSERT(cleaned == http::clean_path(cleaned));
    ASSERT(cleaned.starts_with('/') && !cleaned.starts_with("//"));
  }
  const auto encoded = http::percent_encode(text);
  ASSERT(http::percent_decode(encoded, http::Plus::is_space) == text);
  (void)http::parse_pairs(text);
  return 0;
}
