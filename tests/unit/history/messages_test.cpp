// SPDX-License-Identifier: Apache-2.0
#include "core/history/messages.hpp"

#include <gtest/gtest.h>

#include "base/protobuf.hpp"
#include "base/varint.hpp"
#include "core/history/limits.hpp"

namespace grapevine::history {
namespace {

/// A frame without its length.
Bytes content(const Bytes& frame) {
  base::ByteReader in{frame};
  return to_bytes(**base::take_frame(in, frame.size()));
}

TEST(Request, ComesBackAsItWasWritten) {
  const Request request{.topic = "t",
                        .cursor = "1-2",
                        .age_max_ms = 0,
                        .age_min_ms = 7,
                        .count_max = 8,
                        .bytes_max = 9};

  const auto read = read_request(content(encode(request)));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->topic, "t");
  EXPECT_EQ(read->cursor, "1-2");
  EXPECT_EQ(read->age_max_ms, 0U);
  EXPECT_EQ(read->age_min_ms + read->count_max + read->bytes_max, 24U);
  EXPECT_FALSE(read_request(content(encode(Request{.topic = "t"})))->age_max_ms);
}

TEST(Request, OfNoTopicOrOneOrACursorTooLongIsRefused) {
  const auto read = [](const Request& request) { return read_request(content(encode(request))); };

  EXPECT_TRUE(read({.topic = std::string(1024, 't'), .cursor = std::string(64, 'c')}));
  EXPECT_EQ(read({.topic = std::string(1025, 't')}).error(), Fault::too_large);
  EXPECT_EQ(read({.topic = "t", .cursor = std::string(65, 'c')}).error(), Fault::too_large);
  EXPECT_EQ(read({}).error(), Fault::malformed);
}

TEST(Request, OfWrongTypesIsRefusedAndUnknownFieldsArePassedOver) {
  Bytes bytes;
  base::FieldWriter{bytes}.varint(1, 5);
  EXPECT_EQ(read_request(bytes).error(), Fault::malformed);

  Bytes more;
  base::FieldWriter writer{more};
  writer.text(1, "t");
  writer.varint(900, 5);
  EXPECT_TRUE(read_request(more));
  more.push_back(0xFF);
  EXPECT_EQ(read_request(more).error(), Fault::malformed);
}

TEST(Entry, CarriesThePublishFieldByteForByte) {
  Bytes field;
  base::FieldWriter{field}.bytes(2, Bytes(300, 7));
  auto frame = encode_head({.age_ms = 1234, .field = SharedBytes{field}});
  append(frame, field);

  const auto answer = read_answer(SharedBytes{content(frame)});

  ASSERT_TRUE(answer && std::holds_alternative<Entry>(*answer));
  EXPECT_EQ(std::get<Entry>(*answer).age_ms, 1234U);
  EXPECT_TRUE(equal(std::get<Entry>(*answer).field, field));
}

TEST(End, ComesBackAsItWasWritten) {
  for (const auto status : {End::Status::ok, End::Status::busy, End::Status::not_kept,
                            End::Status::unknown_cursor, End::Status::failed}) {
    const auto answer = read_answer(SharedBytes{content(encode(End{status, "5-6", 7, true}))});

    ASSERT_TRUE(answer && std::holds_alternative<End>(*answer));
    const auto& end = std::get<End>(*answer);
    EXPECT_EQ(end.status, status);
    EXPECT_EQ(end.cursor, "5-6");
    EXPECT_EQ(end.lost, 7U);
    EXPECT_TRUE(end.more);
  }
}

TEST(End, OfAStatusWeDoNotKnowIsAFailure) {
  Bytes end;
  base::FieldWriter{end}.varint(1, 77);
  Bytes answer;
  base::FieldWriter{answer}.bytes(3, end);

  const auto read = read_answer(SharedBytes{answer});

  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<End>(*read).status, End::Status::failed);
}

TEST(Answer, OfNothingOrOfTwoThingsIsRefused) {
  Bytes both;
  base::FieldWriter writer{both};
  writer.bytes(2, Bytes{1});
  writer.bytes(3, Bytes{});
  Bytes twice;
  base::FieldWriter{twice}.bytes(2, Bytes{1});
  base::FieldWriter{twice}.bytes(2, Bytes{1});

  for (const auto& bytes : {Bytes{}, both, twice}) {
    EXPECT_EQ(read_answer(SharedBytes::copy_of(bytes)).error(), Fault::malformed);
  }
}

/// What is forwarded must be the one encoding that everybody computes.
TEST(Answer, WhoseMessageHasAPaddedLengthIsRefused) {
  EXPECT_EQ(read_answer(SharedBytes{Bytes{0x12, 0x81, 0x00, 0x41}}).error(), Fault::malformed);
}

}  // namespace
}  // namespace grapevine::history
