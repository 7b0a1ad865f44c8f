// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "store/file.hpp"

namespace grapevine::store {

/// Where a node keeps what it must remember. One process at a time holds it: the lock goes with the
/// object, or with the process however it ends.
class DataDirectory {
 public:
  /// Makes the directory when it is missing and takes its lock; `locked` when another process has
  /// it.
  static Stored<DataDirectory> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path key_path() const { return path_ / "key"; }
  std::filesystem::path sequence_path() const { return path_ / "seqno"; }
  std::filesystem::path history_path() const { return path_ / "history"; }
  std::filesystem::path authors_path() const { return path_ / "authors"; }
  std::filesystem::path blocked_path() const { return path_ / "blocked"; }

 private:
  DataDirectory(std::filesystem::path path, Descriptor lock);

  std::filesystem::path path_;
  Descriptor lock_;
};

/// `<XDG_DATA_HOME>/grapevine/<name>`, or `<HOME>/.local/share/grapevine/<name>` when the first is
/// not an absolute path (XDG Base Directory Specification); `missing` without either.
struct Homes {
  std::string_view xdg_data_home;
  std::string_view home;
};
Stored<std::filesystem::path> data_path(Homes homes, std::string_view name);

}  // namespace grapevine::store
