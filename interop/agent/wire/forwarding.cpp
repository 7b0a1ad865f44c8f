// SPDX-License-Identifier: Apache-2.0
// What is passed on, to whom, and who asks for what.
#include "agent/wire/stage.hpp"

namespace grapevine::wire {

namespace {

using Kind = Heard::Kind;

constexpr std::string_view topic = "wire";
/// The ids that the scripted peer computes are those of the agent.
constexpr std::string_view same_ids = R"({"message_id":"from_seqno"})";
constexpr std::size_t large = 64 * 1024;
constexpr std::size_t small = 100;

Bytes data_of(std::size_t size, std::uint8_t mark) { return Bytes(size, mark); }

Stage::Condition got(const Peer& peer, Kind kind, const pubsub::Message& message) {
  return [&peer, kind, id = to_bytes(message.id.bytes())] {
    return peer.find_id(kind, id) != nullptr;
  };
}

/// A message from `from` that reaches `to`: what was sent to `to` before has come.
void pass(Stage& stage, Peer& from, Peer& to, std::uint8_t mark) {
  const auto message = from.message(topic, data_of(small, mark));
  from.publish(message);
  stage.await("message from " + from.label() + " at " + to.label(),
              got(to, Kind::message, message));
}

/// Two peers in the agent's mesh, and what the first is about to say.
struct Pair {
  Peer& sender;
  Peer& other;
  pubsub::Message message;
};

Pair pair_with_message(Stage& stage, std::size_t size) {
  const auto peers = stage.mesh(2, topic);
  return {*peers[0], *peers[1], peers[0]->message(topic, data_of(size, 1))};
}

void publish_to_other(Stage& stage, const Pair& pair) {
  pair.sender.publish(pair.message);
  stage.await("the message at the other", got(pair.other, Kind::message, pair.message));
}

/// Gossipsub v1.2: who receives a large message tells its mesh that it needs no copy.
void idontwant_for_large(Stage& stage) {
  const auto pair = pair_with_message(stage, large);
  const auto& [sender, other, message] = pair;

  publish_to_other(stage, pair);

  stage.await("IDONTWANT for a message of 64 KiB", got(other, Kind::idontwant, message));
  if (stage.ended()) return;
  const auto* told = other.find_id(Kind::idontwant, message.id.bytes());
  const auto* came = other.find_id(Kind::message, message.id.bytes());
  stage.note(told < came ? "before the message" : "after the message");
}

void no_idontwant_for_small(Stage& stage) {
  const auto pair = pair_with_message(stage, small);
  const auto& [sender, other, message] = pair;

  publish_to_other(stage, pair);
  pass(stage, sender, other, 2);

  stage.expect(other.find_id(Kind::idontwant, message.id.bytes()) == nullptr,
               "IDONTWANT for a message of 100 B");
}

void idontwant_is_respected(Stage& stage) {
  const auto peers = stage.mesh(3, topic);
  auto& sender = *peers[0];
  auto& unwilling = *peers[1];
  auto& willing = *peers[2];

  const auto message = sender.message(topic, data_of(large, 1));
  unwilling.idontwant(message.id.bytes());
  pass(stage, unwilling, sender, 2);  // the agent has read what came before it
  sender.publish(message);
  stage.await("the message at one who wants it", got(willing, Kind::message, message));
  pass(stage, sender, unwilling, 3);

  stage.expect(unwilling.find_id(Kind::message, message.id.bytes()) == nullptr,
               "the message comes in spite of an IDONTWANT");
}

void no_echo(Stage& stage) {
  const auto pair = pair_with_message(stage, small);
  const auto& [sender, other, message] = pair;

  publish_to_other(stage, pair);
  pass(stage, other, sender, 2);

  stage.expect(sender.find_id(Kind::message, message.id.bytes()) == nullptr,
               "the message comes back to who sent it");
  stage.expect(other.count(Kind::message, topic) == 1, "the message comes more than once");
}

/// StrictSign: a byte of the data changed on the way is noticed.
void bad_signature_goes_no_further(Stage& stage) {
  const auto [sender, other, good] = pair_with_message(stage, small);

  auto forged = to_bytes(good.field);
  const auto at = static_cast<std::size_t>(good.view.payload().data() - good.field.data());
  forged[at] ^= 1;
  sender.publish_field(SharedBytes{std::move(forged)});
  pass(stage, sender, other, 2);
  pass(stage, other, sender, 3);
  pass(stage, sender, other, 4);

  stage.expect(other.find_id(Kind::message, good.id.bytes()) == nullptr,
               "a message with a wrong signature is passed on");
}

void ihave_is_asked_for(Stage& stage) {
  const auto pair = pair_with_message(stage, small);
  const auto& [sender, other, message] = pair;

  sender.ihave(topic, message.id.bytes());
  stage.await("IWANT for an id it lacks", got(sender, Kind::iwant, message));

  publish_to_other(stage, pair);
}

void iwant_is_served(Stage& stage) {
  const auto peers = stage.mesh(1, topic);
  auto& sender = *peers[0];
  auto& late = stage.connect("late");

  const auto message = sender.message(topic, data_of(small, 1));
  sender.publish(message);
  // Asked again and again: nothing else tells when the agent has the message.
  for (int tries = 0; tries < 20 && !stage.ended(); ++tries) {
    late.iwant(message.id.bytes());
    if (stage.watch(got(late, Kind::message, message), now() + std::chrono::milliseconds{250}))
      return stage.note("after " + std::to_string(tries + 1) + " IWANT");
  }
  stage.expect(false, "an IWANT for a message of the last second is not served");
}

}  // namespace

std::vector<Case> forwarding_cases() {
  return {
      {"idontwant_for_large", same_ids, idontwant_for_large},
      {"no_idontwant_for_small", same_ids, no_idontwant_for_small},
      {"idontwant_is_respected", same_ids, idontwant_is_respected},
      {"no_echo", same_ids, no_echo},
      {"bad_signature_goes_no_further", same_ids, bad_signature_goes_no_further},
      {"ihave_is_asked_for", same_ids, ihave_is_asked_for},
      {"iwant_is_served", same_ids, iwant_is_served},
  };
}

}  // namespace grapevine::wire
