// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "unit/gossipsub/network.hpp"

namespace grapevine::gossipsub {

/// An application of partial messages: a message is eight letters, a part one letter with its
/// place, metadata a byte with a bit for each letter there is.
class Puzzle {
 public:
  static constexpr std::string_view whole = "GRAPEVIN";

  static std::uint8_t bits(ByteView metadata) { return metadata.empty() ? 0 : metadata[0]; }
  static Bytes metadata_of(std::uint8_t have) { return {have}; }
  static Parts parts(std::uint8_t which) {
    Parts out;
    for (std::uint8_t i = 0; i < whole.size(); ++i) {
      if ((which >> i & 1) == 0) continue;
      out.message.push_back(i);
      out.message.push_back(static_cast<std::uint8_t>(whole[i]));
    }
    if (which != 0) out.metadata = metadata_of(which);
    return out;
  }
  /// Takes the letters of a part message; stays at what it was when one is wrong.
  static std::uint8_t add(std::uint8_t have, ByteView message) {
    EXPECT_EQ(message.size() % 2, 0u);
    for (std::size_t i = 0; i + 1 < message.size(); i += 2) {
      EXPECT_LT(message[i], whole.size());
      EXPECT_EQ(static_cast<char>(message[i + 1]), whole[message[i]]);
      have = static_cast<std::uint8_t>(have | 1 << message[i]);
    }
    return have;
  }
};

/// Nodes of a Network that solve puzzles: each publishes what it has, and again whenever it has
/// more or hears of a peer that has less.
class Solvers {
 public:
  static Config config() {
    Config config;
    config.signature_policy = pubsub::SignaturePolicy::strict_no_sign;
    config.message_id = pubsub::ids::sha256_data;
    config.extensions.partial_messages = true;
    return config;
  }
  static constexpr std::string_view topic = "puzzles";

  std::size_t add(bool requests = true, bool join = true) {
    const auto at = net.add(config());
    eager.push_back(false);
    have.emplace_back();
    net.router(at).set_partial(topic, PartialTopic{.requests = requests});
    if (join) net.join(at, topic);
    return at;
  }
  void connect(std::size_t a, std::size_t b) { net.connect(a, b, Version::v1_3); }

  /// Says what there is, and lets everybody answer until all is quiet.
  std::size_t publish(std::size_t at, std::string_view group = "g") {
    const auto sent = say(at, std::string{group});
    net.settle();
    answer();
    return sent;
  }
  void advance(Duration span) {
    net.advance(span);
    answer();
  }
  void answer() {
    bool busy = true;
    while (busy) {
      busy = false;
      for (std::size_t at = 0; at < have.size(); ++at) busy = hear(at) || busy;
      net.settle();
    }
  }
  std::uint8_t& of(std::size_t at, const std::string& group = "g") { return have[at][group]; }

  Network net;
  std::vector<bool> eager;  ///< pushes parts to peers that said nothing
  std::vector<std::map<std::string, std::uint8_t>> have;
  std::size_t parts_sent = 0;  ///< letters

 private:
  std::size_t say(std::size_t at, const std::string& group) {
    const auto mine = have[at][group];
    const auto metadata = Puzzle::metadata_of(mine);
    const PartialMessage message{
        topic, as_bytes(group), metadata, [&](const PartialReceiver& to) {
          if (!to.said && !eager[at]) return Parts{};
          auto parts = Puzzle::parts(static_cast<std::uint8_t>(mine & ~Puzzle::bits(to.has)));
          parts_sent += parts.message.size() / 2;
          return parts;
        }};
    const auto sent = net.router(at).publish_partial(message, net.now());
    EXPECT_TRUE(sent);
    return sent.value_or(0);
  }
  bool hear(std::size_t at) {
    const auto heard = std::exchange(net.node(at).partials, {});
    for (const auto& received : heard) {
      const auto group = to_text(received.group);
      auto& mine = have[at][group];
      const auto before = mine;
      mine = Puzzle::add(mine, received.message);
      const auto theirs = Puzzle::bits(received.has);
      if (mine != before || (mine & ~theirs) != 0 || (theirs & ~mine) != 0) say(at, group);
    }
    return !heard.empty();
  }
};

}  // namespace grapevine::gossipsub
