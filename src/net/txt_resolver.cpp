// SPDX-License-Identifier: Apache-2.0
#include "net/txt_resolver.hpp"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace grapevine::net {

namespace {

/// Questions that may wait; one connect command asks at most a few dozen.
constexpr std::size_t questions_max = 256;
/// The largest answer there can be: over TCP.
constexpr std::size_t answer_max = 65'535;
constexpr int first_wait_seconds = 1;  ///< doubled for the second try
constexpr int tries = 2;

std::string joined(std::span<const std::uint8_t> parts) {
  std::string text;
  while (!parts.empty()) {
    const std::size_t size = parts.front();
    if (size >= parts.size()) return {};
    const auto part = parts.subspan(1, size);
    text.append(part.begin(), part.end());
    parts = parts.subspan(1 + size);
  }
  return text;
}

std::string words_for(int error) {
  switch (error) {
    case HOST_NOT_FOUND:
      return "no such name";
    case NO_DATA:
      return "the name has no TXT records";
    case TRY_AGAIN:
      return "no name server answers";
    default:
      return "the name server fails";
  }
}

/// One thread's use of the C library's resolver.
class Resolver {
 public:
  explicit Resolver(std::span<const sockaddr_in> servers) : ready_{res_ninit(&state_) == 0} {
    state_.retrans = first_wait_seconds;
    state_.retry = tries;
    if (servers.empty()) return;
    state_.nscount = static_cast<int>(std::min<std::size_t>(servers.size(), MAXNS));
    std::ranges::copy(servers.first(static_cast<std::size_t>(state_.nscount)), state_.nsaddr_list);
  }
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver() {
    if (ready_) res_nclose(&state_);
  }

  TxtRecords ask(const std::string& name) {
    if (!ready_) return unexpected(std::string{"no resolver"});
    std::vector<std::uint8_t> answer(answer_max);
    const int size = res_nquery(&state_, name.c_str(), ns_c_in, ns_t_txt, answer.data(),
                                static_cast<int>(answer.size()));
    if (size < 0) return unexpected(words_for(state_.res_h_errno));
    return txt_records_of(answer.data(), std::min(static_cast<std::size_t>(size), answer.size()));
  }

 private:
  struct __res_state state_{};
  bool ready_;
};

}  // namespace

std::vector<std::string> txt_records_of(const std::uint8_t* answer, std::size_t size) {
  ns_msg message;
  if (ns_initparse(answer, static_cast<int>(size), &message) != 0) return {};
  std::vector<std::string> records;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) return {};
    if (ns_rr_type(record) != ns_t_txt) continue;  // a CNAME on the way
    records.push_back(joined({ns_rr_rdata(record), static_cast<std::size_t>(ns_rr_rdlen(record))}));
  }
  return records;
}

TxtResolver::TxtResolver(std::function<void()> wake, std::vector<sockaddr_in> servers)
    : wake_{std::move(wake)}, servers_{std::move(servers)} {}

TxtResolver::~TxtResolver() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  todo_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool TxtResolver::ask(std::uint64_t id, std::string name) {
  {
    const std::lock_guard lock{mutex_};
    if (questions_.size() >= questions_max) return false;
    questions_.push({id, std::move(name)});
    if (!thread_.joinable()) thread_ = std::thread{[this] { work(); }};
  }
  todo_.notify_one();
  return true;
}

std::vector<TxtResolver::Answer> TxtResolver::collect() {
  const std::lock_guard lock{mutex_};
  return std::exchange(answers_, {});
}

void TxtResolver::work() {
  for (;;) {
    Question question;
    {
      std::unique_lock lock{mutex_};
      todo_.wait(lock, [&] { return stopping_ || !questions_.empty(); });
      if (stopping_) return;
      question = questions_.pop();
    }
    auto records = look_up(question.name);
    {
      const std::lock_guard lock{mutex_};
      answers_.push_back({question.id, std::move(records)});
    }
    wake_();
  }
}

TxtRecords TxtResolver::look_up(const std::string& name) const {
  return Resolver{servers_}.ask(name);
}

}  // namespace grapevine::net
