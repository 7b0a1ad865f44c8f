// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "grapevine/config.hpp"
#include "node/identity.hpp"
#include "store/author_marks.hpp"

namespace grapevine::node {

/// What the node is to remember of others besides its own identity.
struct Remembered {
  std::unique_ptr<store::AuthorMarks> marks = {};
};

/// Gives the blocked peers of the data directory to a node, and keeps the directory's list as the
/// node's; with `check_seqno` also the sequence numbers of authors. A file that cannot be read is
/// an error; without a directory nothing is kept. `identity` and what is answered outlive the node.
store::Stored<Remembered> apply_remembered(const Identity& identity, bool check_seqno,
                                           NodeConfig& config);

}  // namespace grapevine::node
