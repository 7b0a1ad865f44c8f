// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/host/address_book.hpp"
#include "core/host/timers.hpp"
#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

const TimePoint start{1s};

PeerId peer(std::uint64_t number) { return key_of(number).peer_id(); }

TEST(Timers, ComeInOrderOfTimeAndThenOfSetting) {
  Timers timers;
  timers.set({start + 2s, Timer::Kind::dial, 0, 1});
  timers.set({start + 1s, Timer::Kind::dial, 0, 2});
  timers.set({start + 2s, Timer::Kind::dial, 0, 3});

  EXPECT_FALSE(timers.take_due(start, timers.order()));
  std::vector<std::uint64_t> subjects;
  while (const auto timer = timers.take_due(start + 2s, timers.order())) {
    subjects.push_back(timer->subject);
  }

  EXPECT_EQ(subjects, (std::vector<std::uint64_t>{2, 1, 3}));
}

TEST(Timers, SetMeanwhileWaitForTheNextRound) {
  Timers timers;
  timers.set({start, Timer::Kind::dial, 0, 1});
  const auto order = timers.order();

  EXPECT_TRUE(timers.take_due(start, order));
  timers.set({start, Timer::Kind::dial, 0, 2});

  EXPECT_FALSE(timers.take_due(start, order));
  EXPECT_TRUE(timers.take_due(start, timers.order()));
}

TEST(Timers, SweepOutTheDeadBeforeTheyAreTheMost) {
  Timers timers;
  std::size_t most = 0;

  for (std::uint64_t i = 0; i < 100'000; ++i) {
    if (timers.crowded()) {
      timers.sweep([&](const Timer& timer) { return timer.subject + 10 > i; });
    }
    timers.set({start + 15s, Timer::Kind::dial, 0, i});
    most = std::max(most, timers.size());
  }

  EXPECT_LE(most, 100u);
}

TEST(AddressBook, ForgetsWhatANewerListLeavesOut_V32) {
  Config config;
  Rng rng{seed_of(1)};
  AddressBook book{config, rng};
  book.replace(peer(1), {port(1), port(2)}, start);

  book.replace(peer(1), {port(2), port(3)}, start);

  EXPECT_EQ(book.addresses(peer(1), start), (std::vector{port(2), port(3)}));
}

TEST(AddressBook, IsBoundedInPeersAddressesAndTime_V31) {
  Config config;
  config.address_book_peers_max = 20;
  config.addresses_per_peer_max = 4;
  Rng rng{seed_of(1)};
  AddressBook book{config, rng};
  std::vector<Multiaddr> many;
  for (int i = 1; i <= 50; ++i) many.push_back(port(i));

  for (std::uint64_t i = 0; i < 100; ++i) {
    book.replace(peer(i), many, start + std::chrono::seconds{i});
  }

  EXPECT_EQ(book.size(), 20u);
  EXPECT_TRUE(book.addresses(peer(79), start + 100s).empty());
  EXPECT_EQ(book.addresses(peer(80), start + 100s).size(), 4u);
  EXPECT_TRUE(book.addresses(peer(80), start + 80s + 1h).empty());
}

TEST(AddressBook, PutsWhatWorkedFirstAndDropsWhereAnotherAnswers) {
  Config config;
  Rng rng{seed_of(1)};
  AddressBook book{config, rng};
  book.replace(peer(1), {port(1), port(2)}, start);

  book.add(peer(1), port(3), start);
  book.remove(peer(1), port(1));
  book.remove(peer(2), port(1));

  EXPECT_EQ(book.addresses(peer(1), start), (std::vector{port(3), port(2)}));
}

}  // namespace
}  // namespace grapevine::host
