// SPDX-License-Identifier: Apache-2.0
#include "gossipsub/identity.hpp"

#include <charconv>

namespace grapevine::interop {

std::array<std::uint8_t, 32> seed_of(std::uint64_t number) {
  std::array<std::uint8_t, 32> seed{};
  for (std::size_t i = 0; i < sizeof number; ++i) {
    seed[i] = static_cast<std::uint8_t>(number >> 8 * i);
  }
  return seed;
}

Peer peer_of(std::uint64_t number) { return Peer::from_key_seed(seed_of(number)); }

std::optional<std::uint32_t> node_number(std::string_view host_name) {
  constexpr std::string_view word = "node";
  if (!host_name.starts_with(word)) return std::nullopt;
  host_name.remove_prefix(word.size());
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(host_name.data(), host_name.data() + host_name.size(), number);
  if (error != std::errc{} || end != host_name.data() + host_name.size()) return std::nullopt;
  return number;
}

}  // namespace grapevine::interop
