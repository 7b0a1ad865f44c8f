// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.hpp"

#include <gtest/gtest.h>

#include "unit/crypto/spec_keys.hpp"

namespace grapevine::crypto {
namespace {

using spec_keys::unhex;

TEST(Sha256, GivesTheDigestOfFips180) {
  EXPECT_EQ(base::to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(base::to_hex(sha256(ByteView{})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, TakesPiecesAsIfTheyStoodInOneBuffer) {
  const auto pieces = std::array{as_bytes("a"), ByteView{}, as_bytes("bc")};

  EXPECT_EQ(sha256(pieces), sha256(as_bytes("abc")));
}

TEST(Sha512, GivesTheDigestOfFips180) {
  EXPECT_EQ(base::to_hex(sha512(std::array{as_bytes("abc")})),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

// RFC 4231, cases 1, 2, 3 and 6.
TEST(HmacSha256, GivesTheTagsOfRfc4231) {
  struct Case {
    Bytes key;
    Bytes data;
    std::string_view tag;
  };
  const Case cases[] = {
      {Bytes(20, 0x0b), to_bytes(as_bytes("Hi There")),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {to_bytes(as_bytes("Jefe")), to_bytes(as_bytes("what do ya want for nothing?")),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {Bytes(20, 0xaa), Bytes(50, 0xdd),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {Bytes(131, 0xaa),
       to_bytes(as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const auto& [key, data, tag] : cases) {
    const ByteView whole{data};
    EXPECT_EQ(base::to_hex(hmac_sha256(key, std::array{whole})), tag);
    EXPECT_EQ(base::to_hex(hmac_sha256(key, std::array{whole.first(3), whole.subspan(3)})), tag);
  }
}

// RFC 5869, case 3: an empty salt is a salt of zeros.
TEST(Hkdf2, GivesTheKeyMaterialOfRfc5869) {
  const auto out = hkdf2(Digest256{}, Bytes(22, 0x0b));

  EXPECT_EQ(base::to_hex(out[0]) + base::to_hex(ByteView{out[1]}.first(10)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

}  // namespace
}  // namespace grapevine::crypto
