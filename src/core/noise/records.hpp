// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/shared_bytes.hpp"
#include "crypto/aead.hpp"

namespace grapevine::noise {

/// Why a record was refused. The connection ends.
enum class RecordError {
  bad_tag,    ///< decryption failed
  too_short,  ///< shorter than a tag
  exhausted,  ///< the nonce has reached its end
};
std::string_view name(RecordError error);

inline constexpr std::size_t record_plaintext_max =
    16 * 1024;  ///< what we send; 64 KiB records measured slower
inline constexpr std::size_t record_overhead = 2 + crypto::tag_size;

/// Seals plaintext into length-prefixed records.
class RecordWriter {
 public:
  /// Nonces count from `first_nonce`; 2^64 - 1 is never used.
  explicit RecordWriter(const crypto::ChaChaPoly::Key& key, std::uint64_t first_nonce = 0);
  /// Appends one record of the pieces, in order, to `out`; together at most `record_plaintext_max`,
  /// at least one byte. Sealed from where the pieces lie, without joining them first.
  Result<void, RecordError> seal(std::span<const ByteView> pieces, Bytes& out);

 private:
  crypto::ChaChaPoly cipher_;
  std::uint64_t nonce_;
};

/// Opens records in the receive buffer itself. A record that lies whole in it becomes views into
/// it; one cut by the buffer's end is assembled once, and only then is memory held.
class RecordReader {
 public:
  explicit RecordReader(const crypto::ChaChaPoly::Key& key, std::uint64_t first_nonce = 0);
  /// The next record's plaintext (possibly empty), taken off the front of `in.bytes`. nullopt: all
  /// of `in` was taken, the last record is incomplete.
  Result<std::optional<SharedBytes>, RecordError> next(Received& in);

 private:
  Result<void, RecordError> open(MutableBytes sealed);
  bool fill(MutableBytes& in, std::size_t size);

  crypto::ChaChaPoly cipher_;
  std::uint64_t nonce_;
  Bytes partial_;  ///< length and body so far of the record being assembled
};

}  // namespace grapevine::noise
