// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "obs/trace_event.hpp"

namespace grapevine::obs {

/// A file of trace events, encoded and written by a thread of its own. Who adds never waits: what
/// finds no room in the buffer or in the file is lost, and counted.
class TraceFile {
 public:
  struct Limits {
    std::size_t buffer_bytes_max = 64u << 20;  ///< of events that wait for the thread
    std::uint64_t file_bytes_max = 1ull << 30;
  };
  struct Setup {
    std::string path;  ///< made, or emptied
    TraceFormat format = TraceFormat::json;
    PeerId self;
    pubsub::IdFunction id;
    /// Called once, on the file's thread, when no more can be written.
    std::function<void(std::string_view)> on_failure;
    Limits limits = {};
  };
  /// The system's words when the file cannot be opened.
  static Result<std::unique_ptr<TraceFile>, std::string> open(Setup setup);

  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  ~TraceFile();  ///< writes what was added before

  void add(gossipsub::Recorded record, std::int64_t unix_nanoseconds);
  std::uint64_t written() const { return written_; }
  std::uint64_t lost() const { return lost_; }

 private:
  TraceFile(Setup setup, int descriptor);
  void run();
  void write(const std::vector<TraceEvent>& events);
  bool write_all(std::string_view bytes);
  void fail(std::string_view why);

  const Setup setup_;
  const int descriptor_;
  std::atomic<std::uint64_t> written_ = 0;
  std::atomic<std::uint64_t> lost_ = 0;
  std::uint64_t file_bytes_ = 0;  ///< the thread's, as is `failed_`
  bool failed_ = false;

  std::mutex mutex_;  ///< of what follows
  std::condition_variable changed_;
  std::vector<TraceEvent> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace grapevine::obs
