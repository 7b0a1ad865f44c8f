// SPDX-License-Identifier: Apache-2.0
#include "base/protobuf.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.hpp"
#include "base/text.hpp"

namespace grapevine::base {
namespace {

/// The error that ends `hex`, nullopt when it is read to its end.
std::optional<ProtobufError> error_of(std::string_view hex) {
  const auto bytes = *from_hex(hex);
  FieldReader reader{bytes};
  for (;;) {
    const auto field = reader.next();
    if (!field) return field.error();
    if (!*field) return std::nullopt;
  }
}

Field first(const Bytes& message) { return FieldReader{message}.next().value().value(); }

TEST(Protobuf, ReadsTheExamplesOfTheEncodingGuide) {
  const auto number = *from_hex("089601");
  EXPECT_TRUE(first(number).is_varint(1));
  EXPECT_EQ(first(number).value, 150U);

  const auto text = *from_hex("120774657374696e67");
  EXPECT_TRUE(first(text).is_bytes(2));
  EXPECT_EQ(as_text(first(text).bytes), "testing");
}

TEST(Protobuf, ReadsFixedNumbersLittleEndian) {
  const auto small = *from_hex("0d04030201");
  EXPECT_EQ(first(small).type, WireType::fixed32);
  EXPECT_EQ(first(small).value, 0x01020304U);

  const auto large = *from_hex("090807060504030201");
  EXPECT_EQ(first(large).type, WireType::fixed64);
  EXPECT_EQ(first(large).value, 0x0102030405060708U);
}

TEST(Protobuf, ShowsEachFieldWholeInWireOrder) {
  Bytes message;
  FieldWriter writer{message};
  writer.varint(3, 7);
  writer.text(1, "one");
  writer.bytes(1, {});

  std::vector<std::string> whole;
  std::vector<std::uint32_t> numbers;
  FieldReader reader{message};
  while (const auto field = reader.next().value()) {
    whole.push_back(to_hex(field->whole));
    numbers.push_back(field->number);
  }

  EXPECT_EQ(whole, (std::vector<std::string>{"1807", "0a036f6e65", "0a00"}));
  EXPECT_EQ(numbers, (std::vector<std::uint32_t>{3, 1, 1}));
  EXPECT_FALSE(reader.next()->has_value());
}

TEST(Protobuf, TellsTypesOfTheSameNumberApart) {
  const auto varint = *from_hex("0801");
  EXPECT_FALSE(first(varint).is_bytes(1));
  EXPECT_FALSE(first(varint).is_varint(2));
}

TEST(Protobuf, AcceptsVarintsThatAreNotMinimal) {
  EXPECT_EQ(first(*from_hex("088100")).value, 1U);
  EXPECT_EQ(first(*from_hex("8800818080808080808000")).value, 1U);
  EXPECT_EQ(first(*from_hex("08ffffffffffffffffff01")).value, ~std::uint64_t{0});
}

TEST(Protobuf, RefusesFieldsThatRunOverTheEnd) {
  for (const auto hex : {"08", "0880", "80", "0a", "0a05616263", "0aff", "0d010203",
                         "0901020304050607", "0affffffffffffffffff01"}) {
    EXPECT_EQ(error_of(hex), ProtobufError::truncated) << hex;
  }
}

TEST(Protobuf, V01RefusesAVarintWithoutEnd) {
  EXPECT_EQ(error_of("08" + to_hex(Bytes(10, 0xff))), ProtobufError::bad_varint);
  EXPECT_EQ(error_of(to_hex(Bytes(65'536, 0xff))), ProtobufError::bad_varint);
  EXPECT_EQ(error_of("0a" + to_hex(Bytes(11, 0x80))), ProtobufError::bad_varint);
}

TEST(Protobuf, V15RefusesGroupsAtTheirFirstTag) {
  EXPECT_EQ(error_of(to_hex(Bytes(100'000, 0x0b))), ProtobufError::bad_wire_type);
  EXPECT_EQ(error_of("0b0c"), ProtobufError::bad_wire_type);
  EXPECT_EQ(error_of("0c"), ProtobufError::bad_wire_type);
}

TEST(Protobuf, RefusesWireTypesThatDoNotExist) {
  EXPECT_EQ(error_of("0e00"), ProtobufError::bad_wire_type);
  EXPECT_EQ(error_of("0f00"), ProtobufError::bad_wire_type);
}

TEST(Protobuf, RefusesFieldNumbersOutOfRange) {
  EXPECT_EQ(error_of("0000"), ProtobufError::bad_tag);
  EXPECT_EQ(error_of("f8ffffff0f00"), std::nullopt);  // 2^29 - 1
  EXPECT_EQ(error_of("808080801000"), ProtobufError::bad_tag);
  EXPECT_EQ(error_of("f8ffffffffffffffff0100"), ProtobufError::bad_tag);
}

TEST(Protobuf, StaysAtTheEndAfterAnError) {
  const auto bytes = *from_hex("0b0801");
  FieldReader reader{bytes};
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.next().value(), std::nullopt);
}

TEST(Protobuf, WritesAHeaderForABodyThatFollows) {
  Bytes body;
  FieldWriter{body}.text(1, "x");
  Bytes message;
  FieldWriter writer{message};
  writer.header(2, body.size());
  append(message, body);
  EXPECT_EQ(to_hex(message), "12030a0178");
}

TEST(Protobuf, KnowsTheSizeOfAFieldBeforehand) {
  for (const std::uint32_t number : {1U, 15U, 16U, 2047U, 2048U, (1U << 29) - 1}) {
    for (const std::size_t size : {0U, 1U, 127U, 128U, 16'383U, 16'384U}) {
      Bytes out;
      FieldWriter{out}.bytes(number, Bytes(size));
      EXPECT_EQ(bytes_field_size(number, size), out.size()) << number << ' ' << size;
    }
  }
}

TEST(Protobuf, RoundTripsWhateverIsWritten) {
  Rng rng{Rng::Seed{1}};
  for (int i = 0; i < 2000; ++i) {
    const auto number = static_cast<std::uint32_t>(1 + rng.below((1U << 29) - 1));
    const auto value = rng.u64() >> rng.below(64);
    Bytes body(rng.below(300));
    rng.fill(body);
    Bytes message;
    FieldWriter writer{message};
    writer.varint(number, value);
    writer.bytes(number, body);

    FieldReader reader{message};
    const auto one = reader.next().value().value();
    const auto two = reader.next().value().value();

    ASSERT_TRUE(one.is_varint(number));
    ASSERT_EQ(one.value, value);
    ASSERT_TRUE(two.is_bytes(number));
    ASSERT_TRUE(equal(two.bytes, body));
    ASSERT_EQ(reader.next().value(), std::nullopt);
  }
}

TEST(ProtobufDeathTest, RefusesToWriteAFieldNumberOutOfRange) {
  Bytes out;
  EXPECT_DEATH(FieldWriter{out}.varint(0, 1), "number >= 1");
}

}  // namespace
}  // namespace grapevine::base
