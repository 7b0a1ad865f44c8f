// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "grapevine/error.hpp"

namespace grapevine::node {

/// Where a child's line came from.
enum class Source { output, error };

/// A process of this very program, its output read line by line. It ends with the object, and, by
/// the kernel's hand, with the thread that started it.
class Child {
 public:
  using OnLine = std::function<void(Source, std::string_view)>;

  /// `on_line` is called on a thread of the child's until its output ends.
  static Expected<Child> start(const std::vector<std::string>& arguments, OnLine on_line);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) = delete;
  ~Child();  ///< asks it to end, makes it end six seconds later

  void ask_to_end() const;

 private:
  Child(pid_t process, std::future<void> reader);

  pid_t process_;
  std::future<void> reader_;  ///< ready once the child has closed its output: when it has ended
};

}  // namespace grapevine::node
