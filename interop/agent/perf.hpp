// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "grapevine/node.hpp"

/// libp2p perf spec: 8 bytes big-endian say how many are wanted back, then the upload to its end,
/// then the download.
namespace grapevine::agent {

inline constexpr std::string_view perf_protocol = "/perf/1.0.0";

/// Answers one request; blocks until it is served or has failed.
void serve_perf(Stream stream);

struct Transfer {
  std::uint64_t upload = 0;
  std::uint64_t download = 0;
};
/// Uploads, then downloads; nanoseconds from opening the stream to closing it.
std::expected<std::int64_t, std::string> measure_perf(Node& node, const Peer& peer,
                                                      Transfer transfer);

}  // namespace grapevine::agent
