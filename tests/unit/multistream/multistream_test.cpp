// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/text.hpp"
#include "base/varint.hpp"
#include "core/multistream/dialer.hpp"
#include "core/multistream/listener.hpp"

namespace grapevine::multistream {
namespace {

using Error = NegotiationError;
using Answer = Result<std::optional<Outcome>, Error>;

const std::vector<std::string> supported{"/noise", "/yamux/1.0.0", "/meshsub/1.1.0"};

Bytes messages(std::initializer_list<std::string_view> texts) {
  Bytes out;
  for (const auto text : texts) append_message(out, text);
  return out;
}

/// A message as a careless or hostile peer writes it.
Bytes raw(std::string_view body) {
  Bytes out;
  base::append_varint(out, body.size());
  append(out, as_bytes(body));
  return out;
}

Answer feed(Listener& listener, ByteView bytes) {
  base::ByteReader in{bytes};
  return listener.on_bytes(in, supported);
}

Answer feed(Dialer& dialer, ByteView bytes) {
  base::ByteReader in{bytes};
  return dialer.on_bytes(in);
}

std::string outcome(const Answer& answer) {
  if (!answer) return std::string{name(answer.error())};
  return *answer ? (**answer).protocol : "open";
}

TEST(Messages, AreWrittenAsInTheSpec) {
  EXPECT_EQ(base::to_hex(messages({"na"})), "036e610a");
  EXPECT_EQ(base::to_hex(messages({header})), "132f6d756c746973747265616d2f312e302e300a");
}

TEST(Listener, EchoesHeaderAndASupportedProposal) {
  Listener listener;
  EXPECT_TRUE(listener.take_output().empty());

  EXPECT_EQ(outcome(feed(listener, messages({header}))), "open");
  EXPECT_EQ(listener.take_output(), messages({header}));

  EXPECT_EQ(outcome(feed(listener, messages({"/noise"}))), "/noise");
  EXPECT_EQ(listener.take_output(), messages({"/noise"}));
  EXPECT_TRUE(listener.take_output().empty());
}

TEST(Listener, AnswersHeaderProposalAndDataOfOnePacket) {
  Listener listener;
  auto packet = messages({header, "/tls/1.0.0", "/noise"});
  append(packet, as_bytes("application data"));
  base::ByteReader in{packet};

  EXPECT_EQ(outcome(listener.on_bytes(in, supported)), "/noise");

  EXPECT_EQ(listener.take_output(), messages({header, "na", "/noise"}));
  EXPECT_EQ(as_text(in.rest()), "application data");
}

TEST(Listener, MatchesProtocolsExactly) {
  for (const auto proposal : {"/nois", "/noise/", "/Noise", "/noise\n", " /noise", "ls"}) {
    Listener listener;
    auto packet = messages({header});
    append(packet, raw(std::string{proposal} + '\n'));

    EXPECT_EQ(outcome(feed(listener, packet)), "open") << proposal;
    EXPECT_EQ(listener.take_output(), messages({header, "na"})) << proposal;
  }
}

TEST(Listener, V22NeverAgreesOnMplex) {
  Listener listener;
  EXPECT_EQ(outcome(feed(listener, messages({header, "/mplex/6.7.0", "/yamux/1.0.0"}))),
            "/yamux/1.0.0");
  EXPECT_EQ(listener.take_output(), messages({header, "na", "/yamux/1.0.0"}));
}

TEST(Listener, V05RefusesAnyOtherFirstMessage) {
  for (const auto first : {"/noise", "na", "ls", "/multistream/1.0.1", "/multistream/1.0.0/"}) {
    Listener listener;
    EXPECT_EQ(outcome(feed(listener, messages({first}))), "bad_header") << first;
    EXPECT_TRUE(listener.take_output().empty()) << first;
  }
}

TEST(Listener, V05SaysNaToSixteenProposalsAndFailsAtTheNext) {
  Listener listener;
  feed(listener, messages({header}));
  listener.take_output();
  for (std::size_t i = 0; i < proposals_max; ++i) {
    ASSERT_EQ(outcome(feed(listener, messages({i % 2 ? "/unknown" : "ls"}))), "open") << i;
    ASSERT_EQ(listener.take_output(), messages({"na"})) << i;
  }

  EXPECT_EQ(outcome(feed(listener, messages({"/noise"}))), "too_many_tries");
  EXPECT_TRUE(listener.take_output().empty());
}

TEST(Listener, V02RefusesEmptyMessagesAtOnce) {
  for (const auto& empty : {Bytes{0}, Bytes(65'536, 0), Bytes{1, '\n'}}) {
    Listener first;
    EXPECT_EQ(outcome(feed(first, empty)), "empty");
    EXPECT_TRUE(first.take_output().empty());

    Listener later;
    feed(later, messages({header}));
    later.take_output();
    EXPECT_EQ(outcome(feed(later, empty)), "empty");
    EXPECT_TRUE(later.take_output().empty());
  }
}

TEST(Listener, V02RefusesMessagesWithoutNewline) {
  Listener listener;
  EXPECT_EQ(outcome(feed(listener, raw("/multistream/1.0.0"))), "no_newline");
}

TEST(Listener, V02NeverAnswersMoreThanTwiceWhatItReceived) {
  Listener listener;
  Bytes request = messages({header});
  for (std::size_t i = 0; i < proposals_max; ++i) append(request, messages({"x"}));

  EXPECT_EQ(outcome(feed(listener, request)), "open");

  EXPECT_LE(listener.take_output().size(), 2 * request.size());
}

TEST(Listener, V01FailsAtTheTenthByteOfAnEndlessLength) {
  Listener listener;
  for (int i = 1; i < 10; ++i) ASSERT_EQ(outcome(feed(listener, Bytes{0xff})), "open") << i;
  EXPECT_EQ(outcome(feed(listener, Bytes{0xff})), "bad_length");

  Listener flooded;
  EXPECT_EQ(outcome(feed(flooded, Bytes(65'536, 0xff))), "bad_length");
}

TEST(Listener, V04RefusesALengthThatIsNotMinimal) {
  Listener listener;
  EXPECT_EQ(outcome(feed(listener, *base::from_hex("93002f"))), "bad_length");
}

TEST(Listener, V03RefusesALengthAboveTheLimitBeforeItsBody) {
  for (const auto length : {std::uint64_t{message_size_max + 1}, ~std::uint64_t{0} >> 1}) {
    Bytes prefix;
    base::append_varint(prefix, length);
    Listener listener;
    EXPECT_EQ(outcome(feed(listener, prefix)), "too_large") << length;
  }

  Listener listener;
  feed(listener, messages({header}));
  EXPECT_EQ(outcome(feed(listener, raw(std::string(message_size_max - 1, 'p') + '\n'))), "open");
}

TEST(Dialer, SendsHeaderAndProposalTogether) {
  Dialer dialer{{"/noise"}, Dialer::Mode::wait};
  EXPECT_EQ(dialer.take_output(), messages({header, "/noise"}));
  EXPECT_TRUE(dialer.take_output().empty());
  EXPECT_FALSE(dialer.may_send());

  EXPECT_EQ(outcome(feed(dialer, messages({header}))), "open");
  EXPECT_EQ(outcome(feed(dialer, messages({"/noise"}))), "/noise");
  EXPECT_TRUE(dialer.may_send());
}

TEST(Dialer, LazilyLetsDataFollowAtOnce) {
  Dialer dialer{{"/meshsub/1.1.0"}, Dialer::Mode::lazy};
  EXPECT_TRUE(dialer.may_send());
}

TEST(Dialer, ProposesTheNextAfterNa) {
  Dialer dialer{{"/a", "/b", "/c"}, Dialer::Mode::wait};
  dialer.take_output();

  EXPECT_EQ(outcome(feed(dialer, messages({header, "na"}))), "open");
  EXPECT_EQ(dialer.take_output(), messages({"/b"}));
  EXPECT_EQ(dialer.proposal(), "/b");
  EXPECT_EQ(outcome(feed(dialer, messages({"/b"}))), "/b");
}

TEST(Dialer, LeavesDataBehindTheAnswer) {
  Dialer dialer{{"/noise"}, Dialer::Mode::wait};
  auto packet = messages({header, "/noise"});
  append(packet, as_bytes("data"));
  base::ByteReader in{packet};

  EXPECT_EQ(outcome(dialer.on_bytes(in)), "/noise");
  EXPECT_EQ(as_text(in.rest()), "data");
}

TEST(Dialer, IsRefusedWhenNothingIsLeftToPropose) {
  Dialer dialer{{"/a", "/b"}, Dialer::Mode::wait};
  EXPECT_EQ(outcome(feed(dialer, messages({header, "na", "na"}))), "refused");
}

TEST(Dialer, V05RefusesAnyOtherFirstMessage) {
  for (const auto first : {"/noise", "na", "/multistream/0.9.0"}) {
    Dialer dialer{{"/noise"}, Dialer::Mode::wait};
    EXPECT_EQ(outcome(feed(dialer, messages({first, "/noise"}))), "bad_header") << first;
  }
}

TEST(Dialer, RefusesAnAnswerToAnotherQuestion) {
  for (const auto answer : {"/b", "ls", "NA", "/multistream/1.0.0"}) {
    Dialer dialer{{"/a", "/b"}, Dialer::Mode::wait};
    EXPECT_EQ(outcome(feed(dialer, messages({header, answer}))), "bad_answer") << answer;
  }
}

TEST(Dialer, V02RefusesEmptyAndUnendedMessages) {
  Dialer zeros{{"/a"}, Dialer::Mode::wait};
  EXPECT_EQ(outcome(feed(zeros, Bytes(1000, 0))), "empty");
  Dialer unended{{"/a"}, Dialer::Mode::wait};
  EXPECT_EQ(outcome(feed(unended, raw("/multistream/1.0.0"))), "no_newline");
}

TEST(Dialer, V01RefusesAnEndlessLength) {
  Dialer dialer{{"/a"}, Dialer::Mode::wait};
  EXPECT_EQ(outcome(feed(dialer, Bytes(65'536, 0xff))), "bad_length");
}

TEST(NegotiationDeathTest, StopsTheProgramWhenMisused) {
  EXPECT_DEATH(Dialer({}, Dialer::Mode::wait), "empty");
  EXPECT_DEATH(Dialer({"/a", "/b"}, Dialer::Mode::lazy), "lazy|wait");
  EXPECT_DEATH(Dialer({"/a\n"}, Dialer::Mode::wait), "contains");
  Listener listener;
  feed(listener, messages({header, "/noise"}));
  EXPECT_DEATH(feed(listener, Bytes{1}), "state_");
}

/// One direction of a channel: what was sent and not yet read.
struct Pipe {
  Bytes waiting;

  void write(ByteView bytes) { append(waiting, bytes); }
  /// Lets `read` see a random front part and keeps what it leaves.
  template <class Read>
  void deliver(Rng& rng, Read read) {
    const auto size = rng.below(waiting.size() + 1);
    base::ByteReader in{ByteView{waiting}.first(size)};
    read(in);
    waiting.erase(waiting.begin(),
                  waiting.begin() + static_cast<std::ptrdiff_t>(size - in.remaining()));
  }
};

struct Talk {
  std::string dialer_says;
  std::string listener_says;
  std::string dialer_heard;
  std::string listener_heard;
};

void hear(base::ByteReader& in, std::string& heard) { heard += as_text(in.take(in.remaining())); }

/// Negotiates and exchanges data over two pipes that break everything into random pieces.
void converse(Rng& rng, std::vector<std::string> proposals, Dialer::Mode mode, Talk& talk) {
  Dialer dialer{std::move(proposals), mode};
  Listener listener;
  Pipe there;
  Pipe back;
  bool dialer_done = false;
  bool listener_done = false;
  there.write(dialer.take_output());
  if (mode == Dialer::Mode::lazy) there.write(as_bytes(talk.dialer_says));
  const auto complete = [&talk] {
    return talk.dialer_heard == talk.listener_says && talk.listener_heard == talk.dialer_says;
  };
  for (int turn = 0; turn < 10'000 && !(dialer_done && listener_done && complete()); ++turn) {
    there.deliver(rng, [&](base::ByteReader& in) {
      if (listener_done) return hear(in, talk.listener_heard);
      const auto agreed = listener.on_bytes(in, supported);
      ASSERT_TRUE(agreed.has_value()) << name(agreed.error());
      back.write(listener.take_output());
      if (!*agreed) return;
      listener_done = true;
      back.write(as_bytes(talk.listener_says));
    });
    back.deliver(rng, [&](base::ByteReader& in) {
      if (dialer_done) return hear(in, talk.dialer_heard);
      const auto agreed = dialer.on_bytes(in);
      ASSERT_TRUE(agreed.has_value()) << name(agreed.error());
      there.write(dialer.take_output());
      if (!*agreed) return;
      dialer_done = true;
      if (mode == Dialer::Mode::wait) there.write(as_bytes(talk.dialer_says));
    });
  }
  EXPECT_TRUE(dialer_done && listener_done);
}

TEST(Pair, AgreesHoweverTheBytesAreBroken) {
  for (std::uint8_t seed = 0; seed < 200; ++seed) {
    Rng rng{Rng::Seed{seed}};
    std::vector<std::string> proposals;
    const bool lazy = rng.chance(1, 3);
    if (!lazy) {
      for (auto count = rng.below(proposals_max); count > 0; --count) {
        proposals.push_back("/unknown/" + std::string(rng.below(300), 'x'));
      }
    }
    proposals.push_back(supported[rng.below(supported.size())]);
    Talk talk{"\0\nfrom the dialer", "from the listener \x03na\n", {}, {}};

    converse(rng, proposals, lazy ? Dialer::Mode::lazy : Dialer::Mode::wait, talk);

    ASSERT_EQ(talk.listener_heard, talk.dialer_says) << int{seed};
    ASSERT_EQ(talk.dialer_heard, talk.listener_says) << int{seed};
  }
}

TEST(Pair, AgreesAtTheLastByteOfTheProposal) {
  const auto packet = messages({header, "/unknown", "/noise"});
  Listener listener;
  for (std::size_t i = 0; i < packet.size(); ++i) {
    const auto agreed = feed(listener, ByteView{packet}.subspan(i, 1));
    ASSERT_EQ(outcome(agreed), i + 1 == packet.size() ? "/noise" : "open") << i;
  }
}

}  // namespace
}  // namespace grapevine::multistream
