// SPDX-License-Identifier: Apache-2.0
#include "node/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "store/file.hpp"

namespace grapevine::node {
namespace {

constexpr const char* this_program = "/proc/self/exe";
constexpr std::size_t line_size_max = 1 << 16;

/// A little more than a node allows itself to say goodbye.
constexpr std::chrono::seconds time_to_end{6};

using store::Descriptor;

struct Pipe {
  Descriptor read;
  Descriptor write;
};

std::unexpected<Error> failure(std::string_view what) {
  const auto reason = std::generic_category().message(errno);
  return std::unexpected{Error{ErrorCode::io, std::string{what} + ": " + reason}};
}

Expected<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failure("cannot make a pipe");
  return Pipe{Descriptor{ends[0]}, Descriptor{ends[1]}};
}

/// The child's side of fork(): only calls that are safe there.
[[noreturn]] void become(char* const* arguments, pid_t parent, int output, int error) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);  // Ctrl-C is for the parent, which passes it on in its own time
  ::dup2(output, STDOUT_FILENO);
  ::dup2(error, STDERR_FILENO);
  ::execv(this_program, arguments);
  ::_exit(127);
}

/// Cuts a stream of bytes into lines.
class Lines {
 public:
  Lines(Source source, const Child::OnLine& on_line) : source_{source}, on_line_{on_line} {}

  void add(std::string_view bytes) {
    held_.append(bytes);
    for (auto end = held_.find('\n'); end != held_.npos; end = held_.find('\n')) {
      on_line_(source_, std::string_view{held_}.substr(0, end));
      held_.erase(0, end + 1);
    }
    if (held_.size() >= line_size_max) finish();
  }

  /// Also what has no end of line: the last words of a program that falls.
  void finish() {
    if (!held_.empty()) on_line_(source_, held_);
    held_.clear();
  }

 private:
  Source source_;
  const Child::OnLine& on_line_;
  std::string held_;
};

/// Reads what is there; false at the end.
bool read_some(pollfd& end, Lines& lines) {
  if (end.fd < 0 || end.revents == 0) return end.fd >= 0;
  std::array<char, 4096> space{};
  const auto got = ::read(end.fd, space.data(), space.size());
  if (got < 0 && errno == EINTR) return true;
  if (got > 0) {
    lines.add({space.data(), static_cast<std::size_t>(got)});
    return true;
  }
  end.fd = -1;  // poll() passes over it from now on
  lines.finish();
  return false;
}

/// Until both are closed on the other side.
void read_all(const Descriptor& output, const Descriptor& error, const Child::OnLine& on_line) {
  std::array<pollfd, 2> ends{pollfd{output.get(), POLLIN, 0}, pollfd{error.get(), POLLIN, 0}};
  Lines output_lines{Source::output, on_line};
  Lines error_lines{Source::error, on_line};
  for (bool open = true; open;) {
    ::poll(ends.data(), ends.size(), -1);
    const bool more_output = read_some(ends[0], output_lines);
    const bool more_errors = read_some(ends[1], error_lines);
    open = more_output || more_errors;
  }
}

}  // namespace

Child::Child(pid_t process, std::future<void> reader)
    : process_{process}, reader_{std::move(reader)} {}

Child::Child(Child&& other) noexcept
    : process_{std::exchange(other.process_, -1)}, reader_{std::move(other.reader_)} {}

Child::~Child() {
  if (process_ < 0) return;
  ask_to_end();
  if (reader_.wait_for(time_to_end) != std::future_status::ready) ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  reader_.wait();
}

Expected<Child> Child::start(const std::vector<std::string>& arguments, OnLine on_line) {
  std::vector<std::string> words{"grapevine"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  auto output = make_pipe();
  if (!output) return std::unexpected{output.error()};
  auto error = make_pipe();
  if (!error) return std::unexpected{error.error()};

  const auto parent = ::getpid();
  const auto process = ::fork();
  if (process == 0) become(pointers.data(), parent, output->write.get(), error->write.get());
  if (process < 0) return failure("cannot start a process");
  return Child{process,
               std::async(std::launch::async,
                          [output = std::move(output->read), error = std::move(error->read),
                           on_line = std::move(on_line)] { read_all(output, error, on_line); })};
}

void Child::ask_to_end() const {
  if (process_ >= 0) ::kill(process_, SIGTERM);
}

}  // namespace grapevine::node
