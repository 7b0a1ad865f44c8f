// SPDX-License-Identifier: Apache-2.0
#include "core/noise/records.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace grapevine::noise {
namespace {

constexpr crypto::ChaChaPoly::Key key{1, 2, 3};
constexpr auto last_nonce = ~std::uint64_t{0} - 1;

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + size);
  return bytes;
}

Bytes seal(RecordWriter& writer, ByteView plaintext) {
  Bytes out;
  EXPECT_TRUE(writer.seal(std::array{plaintext}, out));
  return out;
}

// Feeds pieces as reads of a socket, each in a slab of its own, and collects what comes out.
struct Feed {
  RecordReader reader{key};
  Bytes plaintext;
  std::vector<std::size_t> sizes;

  Result<void, RecordError> operator()(ByteView bytes) {
    Slab slab{bytes.size()};
    std::ranges::copy(bytes, slab.space().begin());
    Received in{slab, slab.space()};
    for (;;) {
      const auto record = reader.next(in);
      if (!record) return unexpected{record.error()};
      if (!*record) break;
      append(plaintext, (*record)->view());
      sizes.push_back((*record)->size());
    }
    EXPECT_TRUE(in.bytes.empty());
    return {};
  }
};

TEST(Records, ComeOutAsTheyWentIn) {
  RecordWriter writer{key};
  Feed feed;
  Bytes sealed;
  Bytes sent;
  for (const std::size_t size : {1U, 2U, 100U, 4096U, 16383U, 16384U}) {
    append(sealed, seal(writer, pattern(size)));
    append(sent, pattern(size));
  }

  ASSERT_TRUE(feed(sealed));

  EXPECT_EQ(feed.plaintext, sent);
  EXPECT_EQ(feed.sizes, (std::vector<std::size_t>{1, 2, 100, 4096, 16383, 16384}));
}

TEST(Records, TakeTheirLengthAndTagAndNoMore) {
  RecordWriter writer{key};

  EXPECT_EQ(seal(writer, pattern(100)).size(), 100 + record_overhead);
}

TEST(Records, SealPiecesLikeTheWhole) {
  RecordWriter joined{key};
  RecordWriter in_pieces{key};
  const auto whole = pattern(1000);
  Bytes out{0xee};

  const ByteView view{whole};
  ASSERT_TRUE(in_pieces.seal(
      std::array{view.first(1), ByteView{}, view.subspan(1, 499), view.subspan(500)}, out));

  EXPECT_EQ(out.front(), 0xee) << "what stood in the buffer stays";
  EXPECT_TRUE(equal(ByteView{out}.subspan(1), seal(joined, whole)));
}

TEST(Records, SurviveAnyFragmentation) {
  Rng rng{Rng::Seed{1}};
  for (int round = 0; round < 40; ++round) {
    RecordWriter writer{key};
    Feed feed;
    Bytes sealed;
    Bytes sent;
    for (int i = 0; i < 20; ++i) {
      const auto plaintext = pattern(1 + rng.below(round < 20 ? 40 : 5000));
      append(sealed, seal(writer, plaintext));
      append(sent, plaintext);
    }
    for (ByteView rest{sealed}; !rest.empty();) {
      const auto most = std::min<std::uint64_t>(rest.size(), round % 2 == 0 ? 9 : 9000);
      const auto size = round == 0 ? 1 : 1 + rng.below(most);
      ASSERT_TRUE(feed(rest.first(size)));
      rest = rest.subspan(size);
    }
    ASSERT_EQ(feed.plaintext, sent) << round;
  }
}

TEST(Records, WholeInTheBufferAreViewsIntoIt) {
  RecordWriter writer{key};
  auto sealed = seal(writer, pattern(100));
  append(sealed, seal(writer, pattern(200)));
  Slab slab{sealed.size()};
  std::ranges::copy(sealed, slab.space().begin());
  RecordReader reader{key};
  Received in{slab, slab.space()};

  const auto first = reader.next(in).value().value();
  const auto second = reader.next(in).value().value();

  EXPECT_EQ(first.data(), slab.space().data() + 2);
  EXPECT_EQ(second.data(), slab.space().data() + 2 + 116 + 2);
  EXPECT_FALSE(slab.unique());
}

TEST(Records, CutByTheBufferHoldOnlyThemselves) {
  RecordWriter writer{key};
  const auto sealed = seal(writer, pattern(1000));
  Slab slab{64 * 1024};
  RecordReader reader{key};

  std::ranges::copy(ByteView{sealed}.first(600), slab.space().begin());
  Received head{slab, slab.space().first(600)};
  ASSERT_FALSE(reader.next(head).value());
  std::ranges::copy(ByteView{sealed}.subspan(600), slab.space().begin());
  Received tail{slab, slab.space().first(sealed.size() - 600)};
  const auto record = reader.next(tail).value().value();

  EXPECT_EQ(to_bytes(record), pattern(1000));
  EXPECT_TRUE(slab.unique());
  EXPECT_LT(record.kept(), 4096U);
}

TEST(Records, MayBeEmptyWhenReceived) {
  crypto::ChaChaPoly cipher{key, crypto::ChaChaPoly::Direction::seal};
  Bytes sealed(2 + crypto::tag_size);
  sealed[1] = crypto::tag_size;
  cipher.seal(0, {}, {}, MutableBytes{sealed}.subspan(2));
  Feed feed;

  ASSERT_TRUE(feed(sealed));

  EXPECT_EQ(feed.sizes, std::vector<std::size_t>{0});
}

TEST(Records, ShorterThanATagAreRefused) {
  for (std::uint8_t size = 0; size < crypto::tag_size; ++size) {
    Bytes whole(2 + std::size_t{size});
    whole[1] = size;
    Feed feed;
    EXPECT_EQ(feed(whole).error(), RecordError::too_short) << int{size};
    Feed cut;
    ASSERT_TRUE(cut(Bytes{0}));
    EXPECT_EQ(cut(Bytes{size}).error(), RecordError::too_short) << int{size};
  }
}

TEST(Records, BrokenAnywhereAreRefused) {
  RecordWriter writer{key};
  const auto sealed = seal(writer, pattern(50));
  for (std::size_t at = 2; at < sealed.size(); ++at) {
    auto broken = sealed;
    broken[at] ^= 1;
    Feed feed;
    ASSERT_EQ(feed(broken).error(), RecordError::bad_tag) << at;
  }
}

// F20: frames repeated, left out or exchanged.
TEST(Records, OutOfOrderAreRefused) {
  RecordWriter writer{key};
  const auto first = seal(writer, pattern(50));
  const auto second = seal(writer, pattern(50));

  Feed repeated;
  ASSERT_TRUE(repeated(first));
  EXPECT_EQ(repeated(first).error(), RecordError::bad_tag);
  Feed left_out;
  EXPECT_EQ(left_out(second).error(), RecordError::bad_tag);
}

// A length alone reserves nothing.
TEST(Records, V03ALengthAloneIsHeldInTwoBytes) {
  Feed feed;

  ASSERT_TRUE(feed(Bytes{0xff, 0xff}));

  EXPECT_TRUE(feed.plaintext.empty());
}

// F24: the connection ends before a nonce is used twice.
TEST(Records, EndWithTheNonces) {
  RecordWriter writer{key, last_nonce};
  Bytes last;
  Bytes beyond;
  ASSERT_TRUE(writer.seal(std::array{as_bytes("last")}, last));
  EXPECT_EQ(writer.seal(std::array{as_bytes("beyond")}, beyond).error(), RecordError::exhausted);
  EXPECT_TRUE(beyond.empty());
  EXPECT_EQ(writer.seal(std::array{as_bytes("beyond")}, beyond).error(), RecordError::exhausted);

  Feed feed;
  feed.reader = RecordReader{key, last_nonce};
  ASSERT_TRUE(feed(last));
  EXPECT_EQ(as_text(feed.plaintext), "last");
  EXPECT_EQ(feed(last).error(), RecordError::exhausted);
}

}  // namespace
}  // namespace grapevine::noise
