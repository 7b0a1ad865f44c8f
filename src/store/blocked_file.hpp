// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "identity/peer_id.hpp"
#include "store/file.hpp"

namespace grapevine::store {

/// A peer that is not listened to, and until when, in milliseconds since 1970; without a time,
/// until it is taken off the list.
struct Blocked {
  PeerId peer;
  std::optional<std::uint64_t> until = {};
  friend bool operator==(const Blocked&, const Blocked&) = default;
};

/// A line each, `<peer> <until>`, with a dash where there is no time; nullopt for anything else: a
/// list that cannot be read must not let everybody in.
std::optional<std::vector<Blocked>> parse_blocked(std::string_view content);

/// A missing file is an empty list.
Stored<std::vector<Blocked>> load_blocked(const std::filesystem::path& path);
/// In one step: the old list, or the new one.
Stored<void> save_blocked(const std::filesystem::path& path, std::span<const Blocked> blocked,
                          const StepProbe& probe = {});

}  // namespace grapevine::store
