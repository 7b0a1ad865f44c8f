// SPDX-License-Identifier: Apache-2.0
// What is no message of its protocol ends the stream it came on, or nothing, and never more.
#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

const std::vector<std::string> protocols{std::string{identify::protocol},
                                         std::string{identify::push_protocol},
                                         "/ipfs/ping/1.0.0",
                                         "/meshsub/1.2.0",
                                         "/floodsub/1.0.0",
                                         "/app/1"};

/// Two connected nodes that gossip, and a guest of the first one.
class Garbage : public testing::Test {
 protected:
  void SetUp() override {
    lab.host(node).handle("/app/1", lab.now());
    for (const auto at : {node, other}) lab.host(at).join("t", lab.now());
    lab.connect(other, node);
    identify::Info info;
    info.protocols = {"/meshsub/1.2.0"};
    wire = *lab.visit(node, 100, {"/meshsub/1.2.0", std::string{identify::protocol}},
                      parse("/ip4/10.9.9.9/tcp/9"), info);
    lab.run(2s);
  }
  session::StreamId say(const std::string& protocol, Bytes bytes, bool end) {
    auto& guest = lab.guest(wire);
    const auto stream = guest.open(protocol, lab.now());
    guest.session->write(stream, SharedBytes{std::move(bytes)});
    if (end) guest.session->end_stream(stream);
    lab.settle();
    return stream;
  }
  void expect_nothing_else_happened(const std::string& what) {
    EXPECT_FALSE(lab.guest(wire).closed) << what;
    EXPECT_EQ(lab.host(node).peers().size(), 2u) << what;
    lab.publish(other, "t", what);
    EXPECT_EQ(lab.delivered(node, what), 1u) << what;
  }

  Lab lab;
  Lab::Node node = lab.add();
  Lab::Node other = lab.add();
  Lab::WireId wire = 0;
};

TEST_F(Garbage, OnAnyStreamEndsAtMostThatStream_V54) {
  for (const auto& protocol : protocols) {
    for (int seed = 0; seed < 30; ++seed) {
      Rng rng{seed_of(static_cast<std::uint64_t>(seed) + 1)};
      Bytes noise(1 + rng.below(3000));
      rng.fill(noise);

      say(protocol, std::move(noise), seed % 2 == 0);

      expect_nothing_else_happened(protocol + std::to_string(seed));
      lab.run(31s);  // bad gossip is forgiven that is rare
    }
  }
  lab.run(60s);

  EXPECT_LE(lab.host(node).state_size().streams, 40u);
}

TEST_F(Garbage, InAMessageThatIsCutOffIsForgottenWithItsStream_V54) {
  const auto before = lab.host(node).state_size().streams;
  for (const auto& protocol : protocols) {
    const auto stream = say(protocol, Bytes{0x40, 0x0a, 0x10}, true);
    lab.guest(wire).session->reset_stream(stream);
    lab.settle();

    expect_nothing_else_happened(protocol);
  }
  lab.run(31s);

  EXPECT_EQ(lab.host(node).state_size().streams, before);
}

TEST_F(Garbage, AboveTheSizeOfItsMessagesIsRefusedAtItsLength_V03) {
  const Bytes lengths[] = {{0x80, 0x80, 0x80, 0x80, 0x08},
                           {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}};
  for (const auto& length : lengths) {
    for (const std::string protocol : {"/meshsub/1.2.0", "/ipfs/id/push/1.0.0"}) {
      const auto stream = say(protocol, length, false);

      EXPECT_EQ(lab.guest(wire).streams[stream].closed, session::StreamClosed::Reason::reset);
      expect_nothing_else_happened(protocol + std::to_string(length.size()));
      lab.run(31s);
    }
  }
}

}  // namespace
}  // namespace grapevine::host
