// SPDX-License-Identifier: Apache-2.0
#include "node/identity.hpp"

#include <filesystem>

#include "node/go_rand.hpp"
#include "node/log.hpp"

namespace grapevine::node {
namespace {

using store::Stored;

/// The data directory's name where the key lives elsewhere is the peer's: two identities never
/// share their numbers.
Stored<std::filesystem::path> directory_path(const RunOptions& options, const Surroundings& around,
                                             std::string_view name) {
  if (!options.data_directory.empty()) return options.data_directory;
  return store::data_path(around.homes, name);
}

Stored<store::DataDirectory> open_directory(const RunOptions& options, const Surroundings& around,
                                            std::string_view name) {
  const auto path = directory_path(options, around, name);
  if (!path) return unexpected{path.error()};
  return store::DataDirectory::open(*path);
}

void take_key(Identity& identity, const KeyPair& key) {
  identity.key_protobuf = key.to_protobuf();
  identity.peer_id = key.peer_id().to_string();
}

/// The key that does not need the directory; nullopt when no flag names one.
Stored<std::optional<KeyPair>> key_of_flags(const RunOptions& options, Rng& rng) {
  if (options.seq) return KeyPair::from_ed25519_seed(demo_key_seed(*options.seq));
  if (options.key_file.empty()) return std::nullopt;
  auto key = store::load_or_create_key(options.key_file, rng);
  if (!key) return unexpected{std::move(key.error())};
  return std::move(*key);
}

/// The key that lives in the directory, or one in memory while another node uses that.
Stored<KeyPair> key_of_directory(const Stored<store::DataDirectory>& directory, Rng& rng) {
  if (directory) return store::load_or_create_key(directory->key_path(), rng);
  if (directory.error().code == store::ErrorCode::locked) return KeyPair::generate(rng);
  return unexpected{directory.error()};
}

}  // namespace

Stored<Identity> make_identity(const RunOptions& options, const Surroundings& around, Rng& rng) {
  Identity identity;
  const auto given = key_of_flags(options, rng);
  if (!given) return unexpected{given.error()};
  if (*given) take_key(identity, **given);
  auto directory = open_directory(options, around, *given ? identity.peer_id : "default");
  if (!*given) {
    const auto key = key_of_directory(directory, rng);
    if (!key) return unexpected{key.error()};
    take_key(identity, *key);
    if (!directory) identity.note = directory.error().detail + "; this one has a key in memory";
  } else if (!directory) {
    identity.note = directory.error().detail + "; sequence numbers are not kept";
  }
  if (!directory) return identity;
  auto numbers = store::SequenceFile::open(directory->sequence_path());
  if (!numbers) return unexpected{std::move(numbers.error())};
  identity.numbers.emplace(std::move(*numbers));
  identity.directory.emplace(std::move(*directory));
  return identity;
}

std::string_view Identity::store_state() const {
  if (!directory) return "memory";
  return *failing ? "failing" : "ok";
}

void apply_identity(Identity& identity, std::uint64_t wall_clock, NodeConfig& config) {
  config.key_protobuf = identity.key_protobuf;
  if (!identity.numbers) return;
  config.first_seqno = identity.numbers->start(wall_clock);
  config.reserve_seqno = [&numbers = *identity.numbers,
                          failing = identity.failing](std::uint64_t below) {
    const auto reserved = numbers.reserve(below);
    // A full disk must not silence the node: the clock alone keeps the numbers growing, unless it
    // is set back before the next start.
    if (!failing->exchange(!reserved) && !reserved) {
      log(LogLevel::warning, reserved.error().detail + "; sequence numbers are not kept");
    }
    return true;
  };
}

}  // namespace grapevine::node
