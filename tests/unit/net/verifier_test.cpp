// SPDX-License-Identifier: Apache-2.0
#include "net/verifier.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <semaphore>

#include "identity/keys.hpp"

namespace grapevine::net {
namespace {

struct VerifierTest : testing::Test {
  Verifier::Job job(std::uint64_t ticket, bool good) {
    auto message = pubsub::encode({"t", data, &self, ticket, &key});
    if (!good) message.view.signature = message.view.data;
    return {gossipsub::Ticket{ticket}, message};
  }
  /// Collects until `count` verdicts are there.
  std::vector<Verifier::Verdict> collect(Verifier& verifier, std::size_t count) {
    std::vector<Verifier::Verdict> all;
    while (all.size() < count) {
      EXPECT_TRUE(woken.try_acquire_for(std::chrono::seconds{30}));
      for (auto& verdict : verifier.collect()) all.push_back(verdict);
    }
    return all;
  }

  const Bytes data = Bytes(64, 1);  ///< as long as a signature
  Rng rng{Rng::Seed{1}};
  KeyPair key = KeyPair::generate(rng);
  PeerId self = key.peer_id();
  std::counting_semaphore<1 << 20> woken{0};
};

TEST_F(VerifierTest, GivesVerdictsInTheOrderOfSubmission) {
  Verifier verifier{4, [&] { woken.release(); }};
  std::uint64_t next = 0;
  for (const std::size_t size : {1, 200, 3, 97, 1}) {
    std::vector<Verifier::Job> jobs;
    for (std::size_t i = 0; i < size; ++i, ++next) jobs.push_back(job(next, next % 7 != 0));
    verifier.submit(std::move(jobs));
  }

  const auto verdicts = collect(verifier, next);

  ASSERT_EQ(verdicts.size(), next);
  for (std::uint64_t i = 0; i < next; ++i) {
    EXPECT_EQ(verdicts[i].ticket, gossipsub::Ticket{i});
    EXPECT_EQ(verdicts[i].verdict.has_value(), i % 7 != 0) << i;
  }
}

TEST_F(VerifierTest, RunsOtherWorkBetweenTheChunks) {
  Verifier verifier{1, [&] { woken.release(); }};
  std::vector<Verifier::Job> jobs;
  for (std::uint64_t i = 0; i < 100; ++i) jobs.push_back(job(i, true));
  verifier.submit(std::move(jobs));
  std::binary_semaphore ran{0};

  verifier.run([&] { ran.release(); });

  EXPECT_TRUE(ran.try_acquire_for(std::chrono::seconds{30}));
  EXPECT_EQ(collect(verifier, 100).size(), 100u);
}

TEST_F(VerifierTest, EndsWithWorkLeft) {
  Verifier verifier{2, [&] { woken.release(); }};
  std::vector<Verifier::Job> jobs;
  for (std::uint64_t i = 0; i < 2000; ++i) jobs.push_back(job(i, true));
  verifier.submit(std::move(jobs));
}

}  // namespace
}  // namespace grapevine::net
