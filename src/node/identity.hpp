// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "grapevine/config.hpp"
#include "node/command_line.hpp"
#include "store/data_directory.hpp"
#include "store/key_file.hpp"
#include "store/sequence_file.hpp"

namespace grapevine::node {

/// Who the node is and which sequence numbers it may use: the key, and the directory it holds while
/// it runs.
struct Identity {
  std::vector<std::uint8_t> key_protobuf;
  std::string peer_id;
  std::optional<store::DataDirectory> directory;
  std::optional<store::SequenceFile> numbers;  ///< absent: nothing is kept
  std::string note;                            ///< what the operator should know; mostly empty
  /// Whether the last attempt to keep numbers failed; shared with the node that makes it.
  std::shared_ptr<std::atomic<bool>> failing = std::make_shared<std::atomic<bool>>(false);

  /// `ok`, `failing`, or `memory` when nothing is kept.
  std::string_view store_state() const;
};

/// What the identity is made of, besides the flags.
struct Surroundings {
  store::Homes homes;
  std::uint64_t wall_clock = 0;  ///< nanoseconds since 1970
};

/// With `-s`, the demo's key of that number; with `--key`, that file's, made when it is missing;
/// otherwise the key of the data directory, or, when another node holds the directory, one in
/// memory.
///
/// A key or a sequence number file that cannot be used is an error. A directory that cannot be used
/// is one only where the key would have to live in it.
store::Stored<Identity> make_identity(const RunOptions& options, const Surroundings& around,
                                      Rng& rng);

/// Gives the identity's key and numbers to a node. `identity` outlives the node.
void apply_identity(Identity& identity, std::uint64_t wall_clock, NodeConfig& config);

}  // namespace grapevine::node
