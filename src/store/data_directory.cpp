// SPDX-License-Identifier: Apache-2.0
#include "store/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

namespace grapevine::store {
namespace {

/// What a killed predecessor was writing. Ours alone to remove: we hold the lock.
void remove_temporaries(const std::filesystem::path& directory) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{directory, ignored}) {
    const auto name = entry.path().filename().string();
    if (name.starts_with('.') && name.ends_with(".new")) {
      std::filesystem::remove(entry.path(), ignored);
    }
  }
}

}  // namespace

DataDirectory::DataDirectory(std::filesystem::path path, Descriptor lock)
    : path_{std::move(path)}, lock_{std::move(lock)} {}

Stored<DataDirectory> DataDirectory::open(const std::filesystem::path& path) {
  if (auto made = make_directories(path); !made) return unexpected{std::move(made.error())};
  const auto name = path / "lock";
  Descriptor lock{::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!lock) return unexpected{system_error("cannot open", name, errno)};
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
    remove_temporaries(path);
    return DataDirectory{path, std::move(lock)};
  }
  if (errno != EWOULDBLOCK) return unexpected{system_error("cannot lock", name, errno)};
  return unexpected{Error{ErrorCode::locked, path.string() + " is used by another node"}};
}

Stored<std::filesystem::path> data_path(Homes homes, std::string_view name) {
  if (const std::filesystem::path data{homes.xdg_data_home}; data.is_absolute()) {
    return data / "grapevine" / name;
  }
  if (const std::filesystem::path home{homes.home}; home.is_absolute()) {
    return home / ".local" / "share" / "grapevine" / name;
  }
  return unexpected{Error{ErrorCode::missing,
                          "neither XDG_DATA_HOME nor HOME says where to keep data: give "
                          "--data-dir"}};
}

}  // namespace grapevine::store
