// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/author_marks.hpp"

#include <gtest/gtest.h>

#include "identity/keys.hpp"

namespace grapevine::pubsub {
namespace {

PeerId author(std::uint8_t number) {
  Rng::Seed seed{};
  seed[0] = number;
  return KeyPair::from_ed25519_seed(seed).peer_id();
}

class Marks : public ::testing::Test {
 protected:
  std::vector<std::pair<PeerId, std::uint64_t>> raised() {
    std::vector<std::pair<PeerId, std::uint64_t>> told;
    for (const auto& mark : marks_.take_raised()) told.emplace_back(mark.author, mark.seqno);
    return told;
  }
  using Told = std::vector<std::pair<PeerId, std::uint64_t>>;

  Rng rng_{Rng::Seed{3}};
  AuthorMarks marks_{rng_, 3};
};

TEST_F(Marks, RiseAndNeverFall) {
  EXPECT_TRUE(marks_.raise(author(1), 5));
  EXPECT_FALSE(marks_.raise(author(1), 5));
  EXPECT_FALSE(marks_.raise(author(1), 4));
  EXPECT_TRUE(marks_.raise(author(2), 1));
  EXPECT_TRUE(marks_.raise(author(1), 6));
}

TEST_F(Marks, AreBoundedByAuthorsAndTheOneRaisedLongestAgoGoes) {
  for (std::uint8_t i = 1; i <= 3; ++i) marks_.raise(author(i), 10);
  marks_.raise(author(1), 11);
  marks_.raise(author(4), 10);

  EXPECT_EQ(marks_.size(), 3u);
  EXPECT_FALSE(marks_.raise(author(1), 11));
  EXPECT_FALSE(marks_.raise(author(3), 10));
  EXPECT_TRUE(marks_.raise(author(2), 10));  // forgotten
}

TEST_F(Marks, AreToldOnceEachInTheOrderTheyRose) {
  marks_.raise(author(1), 1);
  marks_.raise(author(2), 1);
  marks_.raise(author(1), 2);

  EXPECT_EQ(raised(), (Told{{author(2), 1}, {author(1), 2}}));
  EXPECT_EQ(raised(), Told{});
  marks_.raise(author(2), 2);
  EXPECT_EQ(raised(), (Told{{author(2), 2}}));
}

TEST_F(Marks, OfAnEarlierRunHoldAndAreNotToldAgain) {
  const AuthorMark earlier[] = {{author(1), 7}, {author(2), 3}};
  marks_.raise(author(1), 9);
  raised();

  marks_.load(earlier);

  EXPECT_FALSE(marks_.raise(author(1), 9));
  EXPECT_FALSE(marks_.raise(author(2), 3));
  EXPECT_TRUE(marks_.raise(author(2), 4));
  EXPECT_EQ(raised(), (Told{{author(2), 4}}));
}

}  // namespace
}  // namespace grapevine::pubsub
