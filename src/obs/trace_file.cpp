// SPDX-License-Identifier: Apache-2.0
#include "obs/trace_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace grapevine::obs {

namespace {

/// Encoded bytes that are given to the system at once.
constexpr std::size_t chunk_size = 256 * 1024;

std::string system_words() { return std::generic_category().message(errno); }

/// What a waiting event is charged: the memory it holds on to.
std::size_t charge(const gossipsub::Recorded& record) {
  return sizeof(TraceEvent) + record.topic.size() + record.frame.kept();
}

}  // namespace

Result<std::unique_ptr<TraceFile>, std::string> TraceFile::open(Setup setup) {
  constexpr int owner_only = 0600;
  const int descriptor =
      ::open(setup.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, owner_only);
  if (descriptor < 0) return unexpected(setup.path + ": " + system_words());
  return std::unique_ptr<TraceFile>{new TraceFile{std::move(setup), descriptor}};
}

TraceFile::TraceFile(Setup setup, int descriptor)
    : setup_{std::move(setup)}, descriptor_{descriptor}, thread_{[this] { run(); }} {}

TraceFile::~TraceFile() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
  ::close(descriptor_);
}

/// A small frame must not hold on to the large buffer it was received in.
void TraceFile::add(gossipsub::Recorded record, std::int64_t unix_nanoseconds) {
  record.frame = record.frame.kept_small();
  const auto size = charge(record);
  const std::lock_guard lock{mutex_};
  if (waiting_bytes_ + size > setup_.limits.buffer_bytes_max) {
    ++lost_;
    return;
  }
  waiting_bytes_ += size;
  waiting_.push_back({setup_.self, unix_nanoseconds, std::move(record)});
  if (waiting_.size() == 1) changed_.notify_one();
}

void TraceFile::run() {
  for (;;) {
    std::vector<TraceEvent> events;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      events = std::exchange(waiting_, {});
      waiting_bytes_ = 0;
    }
    write(events);
  }
}

void TraceFile::write(const std::vector<TraceEvent>& events) {
  std::string chunk;
  std::uint64_t in_chunk = 0;
  const auto flush = [&] {
    const bool done = !failed_ && write_all(chunk);
    (done ? written_ : lost_) += in_chunk;
    chunk.clear();
    in_chunk = 0;
  };
  Bytes encoded;
  for (const auto& event : events) {
    if (failed_) {
      ++lost_;
      continue;
    }
    if (setup_.format == TraceFormat::json) {
      append_json(chunk, event, setup_.id);
    } else {
      encoded.clear();
      append_protobuf(encoded, event, setup_.id);
      chunk.append(as_text(encoded));
    }
    ++in_chunk;
    if (chunk.size() >= chunk_size) flush();
  }
  if (in_chunk > 0) flush();
}

bool TraceFile::write_all(std::string_view bytes) {
  if (file_bytes_ + bytes.size() > setup_.limits.file_bytes_max) {
    fail("it has reached its largest size");
    return false;
  }
  while (!bytes.empty()) {
    const auto size = ::write(descriptor_, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      fail(system_words());
      return false;
    }
    file_bytes_ += static_cast<std::uint64_t>(size);
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void TraceFile::fail(std::string_view why) {
  failed_ = true;
  if (!setup_.on_failure) return;
  const auto what = "no more is traced to " + setup_.path + ": ";
  setup_.on_failure(what + std::string{why});
}

}  // namespace grapevine::obs
