// SPDX-License-Identifier: Apache-2.0
#include "multi/multihash.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace grapevine::multi {
namespace {

using base::from_hex;
using base::to_base58;
using base::to_hex;

const std::string digest32(64, 'a');

TEST(Multihash, TakesCodeAndDigestApart) {
  const auto bytes = *from_hex("1220" + digest32);

  const auto parsed = parse_multihash(bytes);

  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->code, sha2_256_code);
  EXPECT_EQ(to_hex(parsed->digest), digest32);
  EXPECT_EQ(encode_multihash(*parsed), bytes);
}

TEST(Multihash, ReadsCodesOfSeveralBytes) {
  const auto bytes = *from_hex("d50110e3d88c420b0f2497ccc033130662c3e3");
  const auto parsed = parse_multihash(bytes);
  EXPECT_EQ(parsed->code, 0xd5U);
  EXPECT_EQ(parsed->digest.size(), 16U);
  EXPECT_EQ(encode_multihash(*parsed), bytes);
}

TEST(Multihash, RefusesWhatIsNotExactlyOne) {
  for (const auto& hex :
       {std::string{}, std::string{"12"}, std::string{"1220"}, "1220" + digest32 + "00",
        "1221" + digest32, std::string{"92"}, std::string{"12800020"}}) {
    EXPECT_EQ(parse_multihash(*from_hex(hex)).error(), MultihashError::malformed) << hex;
  }
}

TEST(Multihash, V03RefusesLengthsOutOfRange) {
  for (const auto hex : {"1200", "128101", "12ffffffff07", "12ffffffffffffffffff01"}) {
    EXPECT_EQ(parse_multihash(*from_hex(hex)).error(), MultihashError::bad_length) << hex;
  }
}

TEST(PeerMultihash, IsIdentityUpTo42BytesOrSha256) {
  EXPECT_TRUE(parse_peer_multihash(*from_hex("1220" + digest32)).has_value());
  EXPECT_TRUE(parse_peer_multihash(encode_multihash({identity_code, Bytes(42)})).has_value());
  EXPECT_EQ(parse_peer_multihash(encode_multihash({identity_code, Bytes(43)})).error(),
            MultihashError::bad_length);
  EXPECT_EQ(parse_peer_multihash(encode_multihash({sha2_256_code, Bytes(31)})).error(),
            MultihashError::bad_length);
  EXPECT_EQ(parse_peer_multihash(encode_multihash({sha2_256_code, Bytes(33)})).error(),
            MultihashError::bad_length);
  EXPECT_EQ(parse_peer_multihash(encode_multihash({0x13, Bytes(64)})).error(),
            MultihashError::unknown_code);
}

TEST(PeerText, ReadsEveryFormOfTheSameId) {
  const std::string_view hashed[] = {"QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
                                     "bafzbeigvf25ytwc3akrijfecaotc74udrhcxzh2cx3we5qqnw5vgrei4bm",
                                     "k2k4r8oqamigqdo6o7hsbfwd45y70oyynp98usk7zmyfrzpqxh1pohl7"};
  for (const auto text : hashed) {
    const auto bytes = peer_multihash_from_text(text);
    ASSERT_TRUE(bytes.has_value()) << text;
    EXPECT_EQ(to_base58(*bytes), hashed[0]);
    EXPECT_EQ(peer_cid_text(*bytes), hashed[1]);
  }

  const std::string_view inlined[] = {
      "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
      "bafzaajaiaejcal72gwuz2or47oyxxn6b3rkwdmmkrxgkjxzy3rqt5kczyn7lcm3l"};
  for (const auto text : inlined) {
    const auto bytes = peer_multihash_from_text(text);
    ASSERT_TRUE(bytes.has_value()) << text;
    EXPECT_EQ(to_base58(*bytes), inlined[0]);
    EXPECT_EQ(peer_cid_text(*bytes), inlined[1]);
  }
}

TEST(PeerText, ReadsABase58CidToo) {
  const auto multihash = *from_hex("1220" + digest32);
  const auto cid = *from_hex("01721220" + digest32);
  EXPECT_EQ(peer_multihash_from_text("z" + to_base58(cid)), multihash);
}

TEST(PeerText, SaysWhyItRefuses) {
  const auto b32 = [](std::string_view hex) { return "b" + base::to_base32(*from_hex(hex)); };
  const std::pair<std::string, MultihashError> cases[] = {
      {"", MultihashError::bad_text},
      {"hello", MultihashError::bad_text},
      {"Qm0OIl", MultihashError::bad_text},
      {"b!", MultihashError::bad_text},
      {std::string(peer_text_max + 1, 'b'), MultihashError::bad_text},
      {"b", MultihashError::bad_cid},
      {b32("02721220" + digest32), MultihashError::bad_cid},
      {b32("01701220" + digest32), MultihashError::bad_cid},
      {b32("0172121f" + digest32), MultihashError::malformed},
      {b32("01721340" + digest32 + digest32), MultihashError::unknown_code},
      {"1", MultihashError::malformed},
      {"11", MultihashError::bad_length},
      {"QmxoHT6iViN5xAjoz1VZ553cL31U9F94ht3QvWR1FrEbZY", MultihashError::malformed},
  };
  for (const auto& [text, error] : cases) {
    const auto read = peer_multihash_from_text(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(name(read.error()), name(error)) << text;
  }
}

}  // namespace
}  // namespace grapevine::multi
