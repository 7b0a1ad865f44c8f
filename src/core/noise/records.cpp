// SPDX-License-Identifier: Apache-2.0
#include "core/noise/records.hpp"

#include <limits>
#include <utility>

namespace grapevine::noise {

namespace {

using crypto::ChaChaPoly;

constexpr std::size_t record_length_size = 2;
// Reserved by Noise (revision 34, §5.1); a connection ends before it comes to it (F24).
constexpr auto nonce_end = std::numeric_limits<std::uint64_t>::max();

std::size_t length_of(ByteView header) { return base::ByteReader{header}.u16(); }

}  // namespace

std::string_view name(RecordError error) {
  switch (error) {
    case RecordError::bad_tag:
      return "bad_tag";
    case RecordError::too_short:
      return "too_short";
    case RecordError::exhausted:
      return "exhausted";
  }
  return "unknown";
}

RecordWriter::RecordWriter(const ChaChaPoly::Key& key, std::uint64_t first_nonce)
    : cipher_{key, ChaChaPoly::Direction::seal}, nonce_{first_nonce} {}

Result<void, RecordError> RecordWriter::seal(std::span<const ByteView> pieces, Bytes& out) {
  std::size_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  ASSERT(size > 0 && size <= record_plaintext_max);
  if (nonce_ == nonce_end) return unexpected{RecordError::exhausted};

  base::append_big_endian(out, static_cast<std::uint16_t>(size + crypto::tag_size));
  const auto at = out.size();
  out.resize(at + size + crypto::tag_size);
  cipher_.seal(nonce_++, {}, pieces, MutableBytes{out}.subspan(at));
  return {};
}

RecordReader::RecordReader(const ChaChaPoly::Key& key, std::uint64_t first_nonce)
    : cipher_{key, ChaChaPoly::Direction::open}, nonce_{first_nonce} {}

Result<std::optional<SharedBytes>, RecordError> RecordReader::next(Received& in) {
  auto& bytes = in.bytes;
  if (partial_.empty() && bytes.size() >= record_length_size) {
    const auto size = length_of(bytes);
    if (size < crypto::tag_size) return unexpected{RecordError::too_short};
    if (bytes.size() >= record_length_size + size) {
      const auto sealed = bytes.subspan(record_length_size, size);
      bytes = bytes.subspan(record_length_size + size);
      if (const auto opened = open(sealed); !opened) return unexpected{opened.error()};
      // An empty piece would hold the slab for nothing.
      if (size == crypto::tag_size) return SharedBytes{};
      return in.slab.freeze(sealed.first(size - crypto::tag_size));
    }
  }

  if (!fill(bytes, record_length_size)) return std::nullopt;
  const auto size = length_of(partial_);
  if (size < crypto::tag_size) return unexpected{RecordError::too_short};
  if (!fill(bytes, record_length_size + size)) return std::nullopt;
  if (const auto opened = open(MutableBytes{partial_}.subspan(record_length_size)); !opened) {
    return unexpected{opened.error()};
  }
  const SharedBytes whole{std::exchange(partial_, {})};
  return whole.slice(record_length_size, size - crypto::tag_size);
}

// Moves bytes from `in` until the partial record has `size` of them; whether it has.
bool RecordReader::fill(MutableBytes& in, std::size_t size) {
  const auto missing = size - std::min(size, partial_.size());
  const auto taken = in.first(std::min(missing, in.size()));
  append(partial_, taken);
  in = in.subspan(taken.size());
  return partial_.size() >= size;
}

Result<void, RecordError> RecordReader::open(MutableBytes sealed) {
  if (nonce_ == nonce_end) return unexpected{RecordError::exhausted};
  if (!cipher_.open(nonce_++, {}, sealed)) return unexpected{RecordError::bad_tag};
  return {};
}

}  // namespace grapevine::noise
