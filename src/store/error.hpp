// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace grapevine::store {

/// Why the disk did not give or take what was wanted.
enum class ErrorCode {
  missing,      ///< there is no such file
  exists,       ///< there is one already, and it is not replaced
  not_a_file,   ///< a directory, a symbolic link, a device
  wrong_mode,   ///< others may read it, or its owner may not
  empty,        ///< a file without content
  bad_content,  ///< content of another format
  locked,       ///< another process uses it
  io,           ///< the system refused; `detail` has its words
};
std::string_view name(ErrorCode code);

/// What went wrong, for programs and, in one sentence that names the path, for people.
struct Error {
  ErrorCode code;
  std::string detail;
};

template <class T>
using Stored = Result<T, Error>;

}  // namespace grapevine::store
