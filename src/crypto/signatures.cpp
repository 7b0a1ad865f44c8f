// SPDX-License-Identifier: Apache-2.0
#include "crypto/signatures.hpp"

namespace grapevine::crypto {

std::string_view name(KeyError error) {
  switch (error) {
    case KeyError::bad_encoding:
      return "bad_encoding";
    case KeyError::bad_size:
      return "bad_size";
    case KeyError::bad_point:
      return "bad_point";
    case KeyError::unsupported:
      return "unsupported";
  }
  return "unknown";
}

}  // namespace grapevine::crypto
