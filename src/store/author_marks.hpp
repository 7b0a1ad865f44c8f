// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "identity/peer_id.hpp"
#include "store/file.hpp"

namespace grapevine::store {

/// The highest sequence number taken of an author.
struct AuthorNumber {
  PeerId author;
  std::uint64_t seqno = 0;
  friend bool operator==(const AuthorNumber&, const AuthorNumber&) = default;
};

/// The authors in a file's content, each once with its highest number, in the order of their last
/// lines; lines of any other form are passed over, as is the rest of one that a crash cut off.
std::vector<AuthorNumber> parse_author_numbers(std::string_view content);

/// What authors have numbered so far, so that what they said before a restart is known for a replay
/// (V43). A line of text for each time a number rose, appended; when the file has become long, it
/// is written anew with one line an author, in one step, and no more authors than `authors_max`,
/// those heard last.
///
/// Safe on every thread.
class AuthorMarks {
 public:
  /// Reads the file, if there is one; `bad_content` when it holds something else.
  static Stored<AuthorMarks> open(const std::filesystem::path& path, std::size_t authors_max,
                                  StepProbe probe = {});

  /// What the file held when it was opened.
  const std::vector<AuthorNumber>& loaded() const { return loaded_; }
  /// Is on the disk when this returns without an error.
  Stored<void> append(std::span<const AuthorNumber> numbers);

  AuthorMarks(AuthorMarks&& other) noexcept;

 private:
  AuthorMarks(std::filesystem::path path, std::size_t authors_max, StepProbe probe);
  Stored<void> compact();
  std::size_t size_max() const;

  std::filesystem::path path_;
  std::size_t authors_max_;
  StepProbe probe_;
  std::vector<AuthorNumber> loaded_;
  std::mutex mutex_;
  std::size_t size_ = 0;  ///< of the file
  bool torn_ = false;     ///< it may end within a line
};

}  // namespace grapevine::store
