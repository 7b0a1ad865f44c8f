// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Stops the program when `condition` does not hold. Always on: it states what our own code must
/// guarantee. Nothing a peer sends may reach a false one.
#define ASSERT(condition)                                                  \
  do {                                                                     \
    if (!(condition)) [[unlikely]] {                                       \
      ::grapevine::base::assertion_failed(#condition, __FILE__, __LINE__); \
    }                                                                      \
  } while (false)

namespace grapevine::base {

/// Prints the failed condition and its place to standard error, then aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace grapevine::base
