// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

namespace grapevine {

/// A value or the reason there is none. `E` is a small enum whose every enumerator is documented.
template <class T, class E>
using Result = std::expected<T, E>;

using std::unexpected;

}  // namespace grapevine
