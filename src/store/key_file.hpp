// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "identity/keys.hpp"
#include "store/file.hpp"

/// A node's identity on disk: the libp2p protobuf `PrivateKey{Type, Data}` (peer-ids spec, "Keys"),
/// readable by its owner alone. A key that is there is used or refused, never replaced: a new
/// identity in place of an old one would be a loss that nobody asked for (F12).
namespace grapevine::store {

/// The key that `content` holds; `path` only names it in errors.
Stored<KeyPair> parse_key(ByteView content, const std::filesystem::path& path);

/// Refuses a file that is missing, a link or a directory, of a mode other than 0600 or 0400, empty
/// or of another format.
Stored<KeyPair> load_key(const std::filesystem::path& path);

/// Writes `key` as a new file of mode 0600; `exists` when the name is taken.
Stored<void> create_key(const std::filesystem::path& path, const KeyPair& key,
                        const StepProbe& probe = {});

/// The key in `path`, or, only when there is no such file, a new Ed25519 key written there first.
/// Two programs that start at once end with the same key.
Stored<KeyPair> load_or_create_key(const std::filesystem::path& path, Rng& rng,
                                   const StepProbe& probe = {});

}  // namespace grapevine::store
