// SPDX-License-Identifier: Apache-2.0
#include "store/sequence_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace grapevine;
  const auto text = as_text({data, size});
  const auto mark = store::parse_mark(text);
  if (!mark) return 0;
  ASSERT(*mark <= std::uint64_t{15} << 60);  // far from where numbers would begin again
  const auto written = std::to_string(*mark) + "\n";
  ASSERT(store::parse_mark(written) == mark && text.ends_with(written));
  return 0;
}
