// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/host/direct_link.hpp"
#include "identity/keys.hpp"
#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

using session::StreamClosed;

/// Both ends of a direct link in one hand; what is said arrives at once.
class DirectPair : public testing::Test {
 public:
  struct End {
    KeyPair key;
    std::optional<Direct> link;
    std::vector<session::Event> events;
    std::vector<std::string> told;

    template <class Kind>
    std::vector<Kind> all() const {
      std::vector<Kind> found;
      for (const auto& event : events) {
        if (const auto* kind = std::get_if<Kind>(&event)) found.push_back(*kind);
      }
      return found;
    }
  };

  void make(std::optional<PeerId> expected = std::nullopt) {
    auto protocols = std::make_shared<session::Protocols>();
    protocols->supported = {"/a", "/b"};
    const auto shared = std::make_shared<const session::Config>(config);
    dialer.link.emplace(
        session::SessionSetup{session::Role::dialer, &dialer.key, expected, shared, protocols},
        now);
    listener.link.emplace(session::SessionSetup{session::Role::listener, &listener.key,
                                                std::nullopt, shared, protocols},
                          now);
    settle();
  }
  void settle() {
    for (bool busy = true; busy;) {
      const bool there = carry(dialer, listener);
      const bool back = carry(listener, dialer);
      busy = there || back;
    }
  }
  void wait(Duration span) {
    const auto end = now + span;
    for (;;) {
      auto next = end;
      for (auto* side : {&dialer, &listener}) {
        if (const auto due = side->link->next_deadline()) next = std::min(next, *due);
      }
      now = std::max(now, next);
      for (auto* side : {&dialer, &listener}) {
        const auto due = side->link->next_deadline();
        if (due && *due <= now) side->link->on_deadline(now);
      }
      settle();
      if (now >= end) return;
    }
  }
  std::string text(const End& end) const {
    std::string text;
    for (const auto& data : end.all<session::StreamData>()) text += to_text(data.bytes);
    return text;
  }

  session::Config config;
  End dialer{key_of(1), {}, {}, {}};
  End listener{key_of(2), {}, {}, {}};
  bool cut = false;
  TimePoint now{1s};

 private:
  bool carry(End& from, End& to) {
    bool busy = false;
    while (auto event = from.link->poll()) from.events.push_back(std::move(*event));
    while (auto told = from.link->take_told()) {
      from.told.push_back(to_text((*told)->agent_version));
    }
    direct::Frames frames;
    from.link->take(frames, 1000, now);
    if (frames.empty()) return false;
    busy = true;
    if (!cut) {
      from.link->on_written(direct::size_of(frames), now);
      to.link->on_frames(std::move(frames), now);
    }
    return busy;
  }
};

SharedBytes bytes(std::string_view text) { return SharedBytes::copy_of(as_bytes(text)); }

TEST_F(DirectPair, TellsEachWhoTheOtherIs) {
  make(listener.key.peer_id());

  ASSERT_EQ(dialer.all<session::Established>().size(), 1u);
  EXPECT_EQ(dialer.all<session::Established>().front().remote, listener.key.peer_id());
  ASSERT_EQ(listener.all<session::Established>().size(), 1u);
  EXPECT_EQ(listener.all<session::Established>().front().remote, dialer.key.peer_id());
}

TEST_F(DirectPair, RefusesAnotherPeerThanTheOneDialled_V10) {
  make(key_of(3).peer_id());

  ASSERT_EQ(dialer.all<session::Closed>().size(), 1u);
  EXPECT_EQ(dialer.all<session::Closed>().front().reason, session::SessionError::wrong_peer);
  EXPECT_TRUE(dialer.all<session::Established>().empty());
}

TEST_F(DirectPair, RefusesItself_F22) {
  listener.key = key_of(1);
  make();

  ASSERT_FALSE(listener.all<session::Closed>().empty());
  EXPECT_EQ(listener.all<session::Closed>().front().reason, session::SessionError::self_dial);
}

TEST_F(DirectPair, GivesUpAfterTheHandshakesTime_F07) {
  cut = true;
  make();

  wait(config.handshake_timeout + 1s);

  for (const auto* end : {&dialer, &listener}) {
    ASSERT_EQ(end->all<session::Closed>().size(), 1u);
  }
}

TEST_F(DirectPair, HandsOverBytesByReferenceInOrder) {
  make();
  const auto stream = *dialer.link->open_stream({"/a"}, now);
  const auto piece = bytes("hello ");
  dialer.link->write(stream, piece);
  dialer.link->write(stream, bytes("world"));
  dialer.link->end_stream(stream);
  settle();

  const auto opened = listener.all<session::StreamOpened>();
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened.front().protocol, "/a");
  EXPECT_TRUE(opened.front().inbound);
  EXPECT_EQ(text(listener), "hello world");
  EXPECT_EQ(listener.all<session::StreamData>().front().bytes.data(), piece.data());
  EXPECT_EQ(listener.all<session::StreamEnded>().size(), 1u);

  listener.link->end_stream(stream);
  settle();
  for (const auto* end : {&dialer, &listener}) {
    ASSERT_EQ(end->all<StreamClosed>().size(), 1u);
    EXPECT_EQ(end->all<StreamClosed>().front().reason, StreamClosed::Reason::finished);
  }
}

TEST_F(DirectPair, AgreesOnTheFirstProposalKnownAndRefusesOthers) {
  make();
  const auto agreed = *dialer.link->open_stream({"/x", "/b", "/a"}, now);
  dialer.link->write(agreed, bytes("held until agreed"));
  const auto refused = *dialer.link->open_stream({"/y"}, now);
  settle();

  ASSERT_EQ(dialer.all<session::StreamOpened>().size(), 1u);
  EXPECT_EQ(dialer.all<session::StreamOpened>().front().protocol, "/b");
  EXPECT_EQ(text(listener), "held until agreed");
  ASSERT_EQ(dialer.all<StreamClosed>().size(), 1u);
  EXPECT_EQ(dialer.all<StreamClosed>().front().stream, refused);
  EXPECT_EQ(dialer.all<StreamClosed>().front().reason, StreamClosed::Reason::protocol_refused);
}

TEST_F(DirectPair, SendsNoMoreThanTheWindowUntilItIsConsumed) {
  config.receive_window = 1000;
  make();
  const auto stream = *dialer.link->open_stream({"/a"}, now);
  dialer.link->write(stream, bytes(std::string(2500, 'x')));
  settle();
  EXPECT_EQ(text(listener).size(), 1000u);
  EXPECT_EQ(dialer.link->queued(stream), 1500u);
  EXPECT_TRUE(dialer.all<session::StreamWritable>().empty());

  listener.link->consumed(stream, 1000);
  settle();
  EXPECT_EQ(text(listener).size(), 2000u);
  listener.link->consumed(stream, 1000);
  settle();

  EXPECT_EQ(text(listener).size(), 2500u);
  EXPECT_EQ(dialer.link->queued(stream), 0u);
  EXPECT_EQ(dialer.all<session::StreamWritable>().size(), 1u);
}

TEST_F(DirectPair, EndsWhenMoreComesThanTheWindow_V19) {
  config.receive_window = 1000;
  make();

  listener.link->on_frames(
      {direct::Open{7, {"/a"}}, direct::Data{7, bytes(std::string(1001, 'x'))}}, now);
  settle();

  ASSERT_EQ(listener.all<session::Closed>().size(), 1u);
  EXPECT_EQ(listener.all<session::Closed>().front().reason, session::SessionError::muxer_violation);
}

TEST_F(DirectPair, ResetsStreamsAboveTheLimit_V16) {
  config.inbound_streams_max = 3;
  make();
  for (int i = 0; i < 5; ++i) dialer.link->open_stream({"/a"}, now);
  settle();

  EXPECT_EQ(listener.all<session::StreamOpened>().size(), 3u);
  ASSERT_EQ(dialer.all<StreamClosed>().size(), 2u);
  EXPECT_EQ(dialer.all<StreamClosed>().front().reason, StreamClosed::Reason::reset);

  config.outbound_streams_max = 1;
  make();
  EXPECT_TRUE(dialer.link->open_stream({"/a"}, now));
  EXPECT_EQ(dialer.link->open_stream({"/a"}, now).error(), session::OpenError::too_many);
}

TEST_F(DirectPair, ForgetsWhatAResetStreamHadToSay) {
  make();
  const auto stream = *dialer.link->open_stream({"/a"}, now);
  settle();
  dialer.link->write(stream, bytes("never heard"));
  dialer.link->reset_stream(stream);
  settle();

  EXPECT_EQ(text(listener), "");
  ASSERT_EQ(listener.all<StreamClosed>().size(), 1u);
  EXPECT_EQ(listener.all<StreamClosed>().front().reason, StreamClosed::Reason::reset);
  EXPECT_TRUE(dialer.all<StreamClosed>().empty());
  EXPECT_FALSE(dialer.link->write(stream, bytes("x")));
}

TEST_F(DirectPair, StaysWhileBothLiveAndEndsWhenOneFallsSilent_F05) {
  make();
  wait(600s);
  EXPECT_TRUE(dialer.all<session::Closed>().empty());

  cut = true;
  wait(41s);

  for (const auto* end : {&dialer, &listener}) {
    ASSERT_EQ(end->all<session::Closed>().size(), 1u);
  }
}

TEST_F(DirectPair, CarriesWhatIdentifyWouldTell) {
  make();
  identify::Info info;
  info.agent_version = to_bytes(as_bytes("someone/1"));
  dialer.link->tell(info);
  settle();

  EXPECT_EQ(listener.told, std::vector<std::string>{"someone/1"});
}

}  // namespace
}  // namespace grapevine::host
