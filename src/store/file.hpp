// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <utility>

#include "base/bytes.hpp"
#include "store/error.hpp"

/// Files that are either old or new, never half written, whatever ends the program or the power.
namespace grapevine::store {

/// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_{number} {}
  Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// The steps of writing a file, in their order.
enum class Step { open_temporary, write, sync, publish, sync_directory };

/// Asked before each step. An answer other than 0 is the `errno` that the step fails with instead
/// of being done: how tests make disks fail.
using StepProbe = std::function<int(Step)>;

struct WriteOptions {
  mode_t mode = 0600;
  bool replace = false;  ///< false: an existing file is an error and stays as it is
  StepProbe probe = {};
};

/// Writes `content` under a temporary name beside `path`, syncs it, then gives it its name in one
/// step and syncs the directory. When it fails, `path` is what it was before, or already the new
/// file if only the last step failed.
Stored<void> write_file(const std::filesystem::path& path, ByteView content,
                        const WriteOptions& options = {});

/// Puts `content` behind that of the file `path`, which is made when it is missing, and syncs it.
/// When it fails, a part of `content` may be there. The steps are `open_temporary`, `write`,
/// `sync`.
Stored<void> append_file(const std::filesystem::path& path, ByteView content,
                         const StepProbe& probe = {});

/// The content of the regular file `path`, at most `size_max` bytes. Symbolic links are refused.
/// With `private_mode`, also a file that group or others may touch, or that its owner may not read.
struct ReadOptions {
  std::size_t size_max = 64 * 1024;
  bool private_mode = false;
};
Stored<Bytes> read_file(const std::filesystem::path& path, const ReadOptions& options = {});

/// Makes the directory and those above it that are missing, for the owner alone.
Stored<void> make_directories(const std::filesystem::path& path);

/// `<what> <path>: <the system's words>` as an error.
Error system_error(std::string_view what, const std::filesystem::path& path, int number);

}  // namespace grapevine::store
