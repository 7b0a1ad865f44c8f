// SPDX-License-Identifier: Apache-2.0
#include "store/key_file.hpp"

#include <string>

namespace grapevine::store {

Stored<KeyPair> parse_key(ByteView content, const std::filesystem::path& path) {
  if (content.empty()) {
    return unexpected{Error{ErrorCode::empty, path.string() + " is empty: no key file"}};
  }
  auto key = KeyPair::from_protobuf(content);
  if (!key) {
    return unexpected{Error{
        ErrorCode::bad_content,
        path.string() + " holds no libp2p private key (" + std::string{name(key.error())} + ")"}};
  }
  return std::move(*key);
}

Stored<KeyPair> load_key(const std::filesystem::path& path) {
  auto content = read_file(path, {.size_max = KeyPair::encoded_size_max, .private_mode = true});
  if (!content) return unexpected{std::move(content.error())};
  return parse_key(*content, path);
}

Stored<void> create_key(const std::filesystem::path& path, const KeyPair& key,
                        const StepProbe& probe) {
  return write_file(path, key.to_protobuf(), {.mode = 0600, .replace = false, .probe = probe});
}

Stored<KeyPair> load_or_create_key(const std::filesystem::path& path, Rng& rng,
                                   const StepProbe& probe) {
  auto loaded = load_key(path);
  if (loaded || loaded.error().code != ErrorCode::missing) return loaded;
  auto key = KeyPair::generate(rng);
  const auto created = create_key(path, key, probe);
  if (created) return key;
  if (created.error().code == ErrorCode::exists) return load_key(path);
  return unexpected{created.error()};
}

}  // namespace grapevine::store
