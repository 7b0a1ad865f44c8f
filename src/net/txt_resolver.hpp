// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/queue.hpp"
#include "base/result.hpp"

namespace grapevine::net {

/// The texts of a name's TXT records, or the resolver's words on why there are none.
using TxtRecords = Result<std::vector<std::string>, std::string>;

/// The texts in a DNS answer as it came, each joined from its parts; nothing when it is malformed.
/// RFC 1035, sections 3.3.14 and 4.1.
std::vector<std::string> txt_records_of(const std::uint8_t* answer, std::size_t size);

/// Asks the name servers for TXT records, on a thread of its own: the C library's resolver blocks.
/// The thread is made at the first question. One question at a time; each ends within seconds.
class TxtResolver {
 public:
  struct Answer {
    std::uint64_t id;
    TxtRecords records;
  };

  /// `wake` is called on the thread when there is an answer to collect. `servers`: who is asked,
  /// instead of those the system names; at most three.
  explicit TxtResolver(std::function<void()> wake, std::vector<sockaddr_in> servers = {});
  TxtResolver(const TxtResolver&) = delete;
  TxtResolver& operator=(const TxtResolver&) = delete;
  ~TxtResolver();  ///< waits for the question under way; the others are dropped

  /// False when too many wait already.
  bool ask(std::uint64_t id, std::string name);
  std::vector<Answer> collect();

 private:
  struct Question {
    std::uint64_t id;
    std::string name;
  };
  void work();
  TxtRecords look_up(const std::string& name) const;

  const std::function<void()> wake_;
  const std::vector<sockaddr_in> servers_;
  std::mutex mutex_;
  std::condition_variable todo_;
  base::Queue<Question> questions_;
  std::vector<Answer> answers_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace grapevine::net
