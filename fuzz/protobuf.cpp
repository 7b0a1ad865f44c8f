// SPDX-License-Identifier: Apache-2.0
#include "base/protobuf.hpp"

namespace {

using namespace grapevine;

/// Reads every field and each one's body as a message in turn, as codecs do, to a depth of four.
void read(ByteView message, int depth) {
  base::FieldReader reader{message};
  std::size_t seen = 0;
  for (;;) {
    const auto next = reader.next();
    if (!next) {
      const auto after = reader.next();
      ASSERT(after.has_value() && !after->has_value());
      return;
    }
    if (!*next) break;
    const auto& field = **next;
    ASSERT(field.whole.data() == message.data() + seen);
    seen += field.whole.size();
    if (field.type != base::WireType::bytes) continue;
    ASSERT(field.bytes.data() + field.bytes.size() == message.data() + seen);
    if (depth > 0) read(field.bytes, depth - 1);
  }
  ASSERT(seen == message.size());
}

/// What is written from the fields read reads back as the same fields.
void rewrite(ByteView message) {
  Bytes out;
  base::FieldWriter writer{out};
  base::FieldReader reader{message};
  for (auto next = reader.next(); next && *next; next = reader.next()) {
    const auto& field = **next;
    const auto before = out.size();
    if (field.type == base::WireType::bytes) {
      writer.bytes(field.number, field.bytes);
      ASSERT(out.size() - before == base::bytes_field_size(field.number, field.bytes.size()));
    } else {
      writer.varint(field.number, field.value);
    }
    base::FieldReader again{ByteView{out}.subspan(before)};
    const auto copy = again.next();
    ASSERT(copy && *copy && (*copy)->number == field.number);
    ASSERT((*copy)->value == field.value && equal((*copy)->bytes, field.bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read({data, size}, 4);
  rewrite({data, size});
  return 0;
}
