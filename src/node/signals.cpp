// SPDX-License-Identifier: Apache-2.0
#include "node/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace grapevine::node {
namespace {

sigset_t ending() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void block_signals() {
  const auto set = ending();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

int wait_for_signal() {
  const auto set = ending();
  int number = 0;
  sigwait(&set, &number);
  return number;
}

void end_within(std::chrono::seconds grace, int exit_code) {
  std::thread{[grace, exit_code] {
    const auto set = ending();
    const timespec time{.tv_sec = static_cast<time_t>(grace.count()), .tv_nsec = 0};
    int number = -1;
    do {  // stopping and continuing the process interrupts the wait
      number = sigtimedwait(&set, nullptr, &time);
    } while (number < 0 && errno == EINTR);
    ::_exit(number > 0 ? 128 + number : exit_code);
  }}.detach();
}

}  // namespace grapevine::node
