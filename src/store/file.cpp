// SPDX-License-Identifier: Apache-2.0
#include "store/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>

namespace grapevine::store {
namespace {

using std::filesystem::path;

/// Removes the temporary file unless it was given its name.
class Temporary {
 public:
  explicit Temporary(path name) : name_{std::move(name)} {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!kept_) ::unlink(name_.c_str());
  }
  void keep() { kept_ = true; }
  const path& name() const { return name_; }

 private:
  path name_;
  bool kept_ = false;
};

int ask(const StepProbe& probe, Step step) { return probe ? probe(step) : 0; }

path directory_of(const path& file) {
  return file.has_parent_path() ? file.parent_path() : path{"."};
}

int write_all(int descriptor, ByteView content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

/// Two programs must not write into one temporary file, and one left behind by a killed program
/// must not stop its successor: the name carries the process and a count, and is opened afresh.
path temporary_name(const path& target) {
  static std::atomic<unsigned> count{0};
  const auto mark = std::to_string(::getpid()) + "." + std::to_string(count++);
  return directory_of(target) / ("." + target.filename().string() + "." + mark + ".new");
}

/// Errors name the target: that is the file somebody asked for.
std::optional<Error> fill(const path& temporary, const path& target, ByteView content,
                          const WriteOptions& options) {
  if (const int fault = ask(options.probe, Step::open_temporary)) {
    return system_error("cannot create", target, fault);
  }
  ::unlink(temporary.c_str());
  const Descriptor file{::open(temporary.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, options.mode)};
  if (!file) return system_error("cannot create", target, errno);
  // The umask may have taken bits away that the caller wants.
  if (::fchmod(file.get(), options.mode) != 0) {
    return system_error("cannot set the mode of", target, errno);
  }
  int fault = ask(options.probe, Step::write);
  if (fault == 0) fault = write_all(file.get(), content);
  if (fault != 0) return system_error("cannot write", target, fault);
  fault = ask(options.probe, Step::sync);
  if (fault == 0 && ::fsync(file.get()) != 0) fault = errno;
  if (fault != 0) return system_error("cannot sync", target, fault);
  return std::nullopt;
}

std::optional<Error> publish(Temporary& temporary, const path& target,
                             const WriteOptions& options) {
  if (const int fault = ask(options.probe, Step::publish)) {
    return system_error("cannot create", target, fault);
  }
  if (options.replace) {
    if (::rename(temporary.name().c_str(), target.c_str()) != 0) {
      return system_error("cannot replace", target, errno);
    }
    temporary.keep();
    return std::nullopt;
  }
  // link() fails when the name is taken, which rename() would overwrite.
  if (::link(temporary.name().c_str(), target.c_str()) == 0) return std::nullopt;
  if (errno == EEXIST) {
    return Error{ErrorCode::exists, target.string() + " is there already and is not replaced"};
  }
  return system_error("cannot create", target, errno);
}

std::optional<Error> sync_directory(const path& directory, const StepProbe& probe) {
  int fault = ask(probe, Step::sync_directory);
  if (fault == 0) {
    const Descriptor opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!opened || ::fsync(opened.get()) != 0) fault = errno;
  }
  if (fault != 0) return system_error("cannot sync", directory, fault);
  return std::nullopt;
}

std::optional<Error> refusal(const path& file, const struct stat& found,
                             const ReadOptions& options) {
  if (!S_ISREG(found.st_mode)) {
    return Error{ErrorCode::not_a_file, file.string() + " is not a regular file"};
  }
  const auto mode = found.st_mode & 0777;
  if (options.private_mode && ((mode & 077) != 0 || (mode & 0400) == 0)) {
    std::array<char, 8> octal{};
    std::snprintf(octal.data(), octal.size(), "%04o", static_cast<unsigned>(mode));
    return Error{ErrorCode::wrong_mode, file.string() + " has mode " + octal.data() +
                                            " where 0600 is expected: chmod 600 it if it is yours"};
  }
  if (static_cast<std::uint64_t>(found.st_size) > options.size_max) {
    return Error{ErrorCode::bad_content, file.string() + " is larger than such a file can be"};
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::missing:
      return "missing";
    case ErrorCode::exists:
      return "exists";
    case ErrorCode::not_a_file:
      return "not_a_file";
    case ErrorCode::wrong_mode:
      return "wrong_mode";
    case ErrorCode::empty:
      return "empty";
    case ErrorCode::bad_content:
      return "bad_content";
    case ErrorCode::locked:
      return "locked";
    case ErrorCode::io:
      return "io";
  }
  return "unknown";
}

Error system_error(std::string_view what, const path& file, int number) {
  const auto code = number == ENOENT ? ErrorCode::missing : ErrorCode::io;
  return {code,
          std::string{what} + " " + file.string() + ": " + std::generic_category().message(number)};
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Stored<void> write_file(const path& target, ByteView content, const WriteOptions& options) {
  Temporary temporary{temporary_name(target)};
  if (auto error = fill(temporary.name(), target, content, options))
    return unexpected{std::move(*error)};
  if (auto error = publish(temporary, target, options)) return unexpected{std::move(*error)};
  if (auto error = sync_directory(directory_of(target), options.probe)) {
    return unexpected{std::move(*error)};
  }
  return {};
}

Stored<void> append_file(const path& target, ByteView content, const StepProbe& probe) {
  if (const int fault = ask(probe, Step::open_temporary)) {
    return unexpected{system_error("cannot open", target, fault)};
  }
  const Descriptor file{
      ::open(target.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return unexpected{system_error("cannot open", target, errno)};
  int fault = ask(probe, Step::write);
  if (fault == 0) fault = write_all(file.get(), content);
  if (fault != 0) return unexpected{system_error("cannot write", target, fault)};
  fault = ask(probe, Step::sync);
  if (fault == 0 && ::fsync(file.get()) != 0) fault = errno;
  if (fault != 0) return unexpected{system_error("cannot sync", target, fault)};
  return {};
}

Stored<Bytes> read_file(const path& file, const ReadOptions& options) {
  // O_NONBLOCK: a FIFO in the file's place must not hang the start.
  const Descriptor opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!opened && errno == ELOOP) {
    return unexpected{Error{ErrorCode::not_a_file, file.string() + " is a symbolic link"}};
  }
  if (!opened) return unexpected{system_error("cannot read", file, errno)};
  struct stat found{};
  if (::fstat(opened.get(), &found) != 0) {
    return unexpected{system_error("cannot read", file, errno)};
  }
  if (auto error = refusal(file, found, options)) return unexpected{std::move(*error)};
  Bytes content(static_cast<std::size_t>(found.st_size));
  std::size_t have = 0;
  while (have < content.size()) {
    const auto got = ::read(opened.get(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unexpected{system_error("cannot read", file, errno)};
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  content.resize(have);
  return content;
}

Stored<void> make_directories(const path& directory) {
  path made;
  for (const auto& part : directory) {
    made /= part;
    if (::mkdir(made.c_str(), 0700) == 0 || errno == EEXIST) continue;
    if (std::error_code ignored; std::filesystem::is_directory(made, ignored)) continue;
    return unexpected{system_error("cannot create the directory", made, errno)};
  }
  if (std::error_code ignored; !std::filesystem::is_directory(directory, ignored)) {
    return unexpected{Error{ErrorCode::not_a_file, directory.string() + " is not a directory"}};
  }
  return {};
}

}  // namespace grapevine::store
