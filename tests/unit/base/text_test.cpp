// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace grapevine::base {
namespace {

using Encode = std::string (*)(ByteView);
using Decode = std::optional<Bytes> (*)(std::string_view);

struct Form {
  std::string_view name;
  Encode encode;
  Decode decode;
};

const Form forms[] = {
    {"base58", to_base58, from_base58},          {"base36", to_base36, from_base36},
    {"base32", to_base32, from_base32},          {"base64", to_base64, from_base64},
    {"base64url", to_base64url, from_base64url}, {"hex", to_hex, from_hex},
};

void expect_both_ways(const Form& form, std::string_view plain, std::string_view text) {
  EXPECT_EQ(form.encode(as_bytes(plain)), text) << form.name;
  const auto back = form.decode(text);
  ASSERT_TRUE(back.has_value()) << form.name << ' ' << text;
  EXPECT_EQ(as_text(*back), plain) << form.name;
}

TEST(Text, Base32MatchesRfc4648WithoutPadding) {
  const std::string_view texts[] = {"", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi"};
  for (std::size_t size = 0; size <= 6; ++size) {
    expect_both_ways(forms[2], std::string_view{"foobar"}.substr(0, size), texts[size]);
  }
  EXPECT_EQ(as_text(*from_base32("MZXW6YTBOI")), "foobar");
}

TEST(Text, Base64MatchesRfc4648) {
  const std::string_view texts[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (std::size_t size = 0; size <= 6; ++size) {
    const auto plain = std::string_view{"foobar"}.substr(0, size);
    expect_both_ways(forms[3], plain, texts[size]);
    expect_both_ways(forms[4], plain, texts[size].substr(0, texts[size].find('=')));
  }
  EXPECT_EQ(to_base64(*from_hex("fbff")), "+/8=");
  EXPECT_EQ(to_base64url(*from_hex("fbff")), "-_8");
}

TEST(Text, HexMatchesRfc4648InEitherCase) {
  expect_both_ways(forms[5], "foobar", "666f6f626172");
  EXPECT_EQ(as_text(*from_hex("666F6F")), "foo");
}

TEST(Text, Base58MatchesTheVectorsOfItsDraft) {
  expect_both_ways(forms[0], "Hello World!", "2NEpo7TZRRrLZSi2U");
  expect_both_ways(forms[0], "The quick brown fox jumps over the lazy dog.",
                   "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z");
  EXPECT_EQ(to_base58(*from_hex("0000287fb4cd")), "11233QC4");
  EXPECT_EQ(to_hex(*from_base58("11233QC4")), "0000287fb4cd");
}

TEST(Text, MatchesTheMultibaseVectors) {
  expect_both_ways(forms[0], "yes mani !", "7paNL19xttacUY");
  expect_both_ways(forms[1], "yes mani !", "2lcpzo5yikidynfl");
  expect_both_ways(forms[2], "yes mani !", "pfsxgidnmfxgsibb");
  expect_both_ways(forms[0], std::string_view{"\0\0yes mani !", 12}, "117paNL19xttacUY");
  expect_both_ways(forms[1], std::string_view{"\0\0yes mani !", 12}, "002lcpzo5yikidynfl");
}

TEST(Text, EveryFormRoundTripsAnyBytes) {
  Rng rng{Rng::Seed{2}};
  for (const auto& form : forms) {
    for (std::size_t size = 0; size < 100; ++size) {
      Bytes bytes(size);
      rng.fill(bytes);
      // Leading zeros are what the forms that write one number have to count.
      std::fill_n(bytes.begin(), rng.below(size + 1), std::uint8_t{0});
      ASSERT_EQ(form.decode(form.encode(bytes)), bytes) << form.name;
    }
  }
}

TEST(Text, EveryFormRefusesCharactersOutsideItsAlphabet) {
  for (const auto& form : forms) {
    const auto good = form.encode(as_bytes("some bytes here!"));
    for (int c = 0; c < 256; ++c) {
      auto text = good;
      text[3] = static_cast<char>(c);
      const auto decoded = form.decode(text);
      const bool letter_or_digit = std::isalnum(c) != 0;
      if (!letter_or_digit && c != '+' && c != '/' && c != '-' && c != '_') {
        ASSERT_EQ(decoded, std::nullopt) << form.name << ' ' << c;
      }
    }
  }
  for (const auto text : {"0", "O", "I", "l"}) EXPECT_EQ(from_base58(text), std::nullopt) << text;
  for (const auto text : {"aa0a", "a8aa"}) EXPECT_EQ(from_base32(text), std::nullopt) << text;
  EXPECT_EQ(from_base64("-_8="), std::nullopt);
  EXPECT_EQ(from_base64url("+/8"), std::nullopt);
}

TEST(Text, RefusesLengthsNoEncoderWrites) {
  for (const auto text : {"a", "aaa", "aaaaaa"}) EXPECT_EQ(from_base32(text), std::nullopt) << text;
  for (const auto text : {"Z", "Zg", "Zg=", "Z===", "Zm9vY===", "====", "Zg==Zg=="}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
  EXPECT_EQ(from_base64url("Zm9vY"), std::nullopt);
  EXPECT_EQ(from_hex("abc"), std::nullopt);
}

TEST(Text, RefusesBitsBehindTheLastByte) {
  EXPECT_EQ(from_base32("mz"), std::nullopt);
  EXPECT_EQ(from_base64("Zh=="), std::nullopt);
  EXPECT_EQ(from_base64url("Zh"), std::nullopt);
}

TEST(Text, QuadraticFormsRefuseLongText) {
  EXPECT_TRUE(from_base58(std::string(base58_text_max, 'z')).has_value());
  EXPECT_EQ(from_base58(std::string(base58_text_max + 1, 'z')), std::nullopt);
  EXPECT_EQ(from_base36(std::string(base58_text_max + 1, 'z')), std::nullopt);
}

}  // namespace
}  // namespace grapevine::base
