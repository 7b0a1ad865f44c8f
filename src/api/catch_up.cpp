// SPDX-License-Identifier: Apache-2.0
#include "api/catch_up.hpp"

#include <algorithm>

#include "api/convert.hpp"

namespace grapevine::api {

namespace {

/// Messages of one catching up that the router checks at a time: gossip keeps its room.
constexpr std::size_t checking_max = 256;
/// Catching up at a time, over all topics.
constexpr std::size_t running_max = 8;
/// Before a busy peer is asked again.
constexpr Duration busy_pause = std::chrono::seconds{1};
/// Younger messages are still being spread by gossip, and every node remembers that it saw them.
constexpr std::uint64_t fresh_age_ms = 30'000;

Error error_of_end(const history::End& end) {
  return {end.status == history::End::Status::busy ? ErrorCode::limit : ErrorCode::refused,
          "the peer gives no history: " + std::string{name(end.status)}};
}

bool answered(const history::End& end) {
  return end.status == history::End::Status::ok ||
         end.status == history::End::Status::unknown_cursor;
}

}  // namespace

CatchUps::CatchUps(net::Shell& shell, std::shared_ptr<store::History> history,
                   history::Limits limits)
    : shell_{shell}, history_{std::move(history)}, limits_{limits} {}

void CatchUps::start(Wanted wanted) {
  if (running_.size() >= running_max) {
    return wanted.done(
        std::unexpected(Error{ErrorCode::limit, "too many are catching up at a time"}));
  }
  ask_next(std::move(wanted), {ErrorCode::not_connected, "no peer of the topic keeps a history"});
}

/// `reason`: why there is no answer if nobody is left.
void CatchUps::ask_next(Wanted wanted, Error reason) {
  while (!wanted.peers.empty()) {
    const auto peer = wanted.peers.front();
    wanted.peers.erase(wanted.peers.begin());
    const auto key =
        shell_.host().open_stream(peer, {std::string{history::protocol}}, shell_.time());
    if (!key) {
      reason = api::error_of(key.error());
      continue;
    }
    Running running;
    running.wanted = std::move(wanted);
    running.sum.from = to_peer(peer);
    running_.emplace(*key, std::move(running));
    return shell_.soon();
  }
  wanted.done(std::unexpected(std::move(reason)));
}

void CatchUps::on_opened(const host::StreamOpened& opened) {
  auto& running = running_.at(opened.stream);
  history::Request request;
  request.topic = running.wanted.topic;
  if (running.wanted.age_max) {
    request.age_max_ms = static_cast<std::uint64_t>(running.wanted.age_max->count());
  }
  request.count_max = std::min(running.wanted.messages_max, limits_.answer_messages_max);
  const auto id_of = [shell = &shell_](const pubsub::MessageView& message) {
    return shell->host().router().message_id(message);
  };
  running.requester.emplace(std::move(request), limits_, id_of);
  shell_.host().write(opened.stream, SharedBytes{running.requester->start(shell_.time())});
}

void CatchUps::on_data(host::StreamData data) {
  const auto place = running_.find(data.stream);
  auto& running = place->second;
  // An answer is held to what was asked for, so nothing grows beyond that.
  shell_.host().consumed(data.stream, data.bytes.size());
  if (!running.requester) return;
  if (const auto read = running.requester->on_bytes(std::move(data.bytes)); !read) {
    return fail(place, {ErrorCode::refused, "the peer's answer makes no sense: " +
                                                std::string{history::name(read.error())}});
  }
  bool ended = false;
  while (auto event = running.requester->poll()) {
    if (auto* received = std::get_if<history::Received>(&*event)) {
      running.page.push_back(std::move(*received));
    } else {
      running.end = std::move(std::get<history::End>(*event));
      ended = true;
    }
  }
  if (ended) on_page(data.stream, running);
}

void CatchUps::on_page(host::StreamKey key, Running& running) {
  const bool busy = running.end->status == history::End::Status::busy;
  if (busy && running.sum.received > 0) {
    running.end.reset();
    running.again_at = base::saturating_add(shell_.time(), busy_pause);
    return;
  }
  if (!answered(*running.end)) return fail(running_.find(key), error_of_end(*running.end));
  running.sum.received += running.page.size();
  running.sum.lost += running.end->lost;
  // More that never comes.
  if (running.page.empty() && running.end->more) return finish(running_.find(key), false);
  if (history_ != nullptr && !running.page.empty()) return look_up(key, running);
  check(key, std::vector<bool>(running.page.size(), false));
}

void CatchUps::look_up(host::StreamKey key, Running& running) {
  std::vector<Bytes> ids;
  for (const auto& received : running.page) ids.push_back(to_bytes(received.message.id.bytes()));
  // The worker may outlive us, but not the shell; what it posts runs only while we are there.
  shell_.offload([this, shell = &shell_, key, topic = running.wanted.topic, ids = std::move(ids),
                  history = history_] {
    const std::vector<ByteView> views{ids.begin(), ids.end()};
    auto known = history->has(topic, views);
    // Where the disk cannot say, the seen cache still can.
    auto answer = known ? std::move(*known) : std::vector<bool>(ids.size(), false);
    shell->inbox().post([this, key, answer = std::move(answer)] { check(key, answer); });
  });
}

void CatchUps::check(host::StreamKey key, const std::vector<bool>& known) {
  const auto place = running_.find(key);
  if (place == running_.end()) return;
  auto& running = place->second;
  for (std::size_t i = 0; i < running.page.size(); ++i) {
    if (known[i]) {
      ++running.sum.duplicates;
    } else {
      running.unchecked.push(std::move(running.page[i]));
    }
  }
  running.page.clear();
  work(key);
}

void CatchUps::work(host::StreamKey key) {
  const auto place = running_.find(key);
  auto& running = place->second;
  while (!running.unchecked.empty() && running.checking < checking_max) {
    auto received = running.unchecked.pop();
    const auto number = next_replay_++;
    replays_.emplace(number, key);
    ++running.checking;
    shell_.host().replay({number, std::move(received.message.field), to_peer_id(running.sum.from),
                          received.age_ms <= fresh_age_ms},
                         shell_.time());
  }
  shell_.soon();
  if (running.checking == 0 && running.unchecked.empty()) on_page_done(place);
}

void CatchUps::on_replayed(const host::Replayed& replayed) {
  using Verdict = gossipsub::ReplayVerdict;
  const auto asked = replays_.find(replayed.request);
  if (asked == replays_.end()) return;
  const auto key = asked->second;
  replays_.erase(asked);
  const auto place = running_.find(key);
  if (place == running_.end()) return;
  auto& running = place->second;
  --running.checking;
  auto& sum = running.sum;
  ++(replayed.verdict == Verdict::delivered   ? sum.delivered
     : replayed.verdict == Verdict::duplicate ? sum.duplicates
                                              : sum.refused);
  work(key);
}

void CatchUps::on_page_done(Place place) {
  auto& running = place->second;
  const auto end = *std::exchange(running.end, std::nullopt);
  if (!end.more) return finish(place, true);
  if (running.sum.received >= running.wanted.messages_max || end.cursor.empty()) {
    return finish(place, false);
  }
  shell_.host().write(place->first, SharedBytes{running.requester->go_on(end, shell_.time())});
}

void CatchUps::finish(Place place, bool complete) {
  place->second.sum.complete = complete;
  const auto done = std::move(place->second.wanted.done);
  const auto sum = place->second.sum;
  shell_.host().reset_stream(place->first);
  running_.erase(place);
  done(sum);
}

/// The next peer is asked only while this one has given nothing.
void CatchUps::fail(Place place, Error reason) {
  auto running = std::move(place->second);
  shell_.host().reset_stream(place->first);
  running_.erase(place);
  if (running.sum.received > 0) return running.wanted.done(running.sum);
  ask_next(std::move(running.wanted), std::move(reason));
}

void CatchUps::on_closed(host::StreamKey key, std::string_view why) {
  const auto place = running_.find(key);
  if (place->second.end) return;  // all of the answer is here, and still being checked
  fail(place, {ErrorCode::refused, "the peer gives no history: " + std::string{why}});
}

void CatchUps::on_turn_end() {
  std::vector<host::StreamKey> late;
  std::vector<host::StreamKey> over;
  std::vector<host::StreamKey> again;
  for (auto& [key, running] : running_) {
    if (running.wanted.deadline <= shell_.time()) {
      over.push_back(key);
    } else if (running.again_at && *running.again_at <= shell_.time()) {
      running.again_at.reset();
      again.push_back(key);
    } else if (running.requester && running.requester->late(shell_.time())) {
      late.push_back(key);
    }
  }
  for (const auto key : again) {
    auto request = running_.at(key).requester->start(shell_.time());
    shell_.host().write(key, SharedBytes{std::move(request)});
  }
  for (const auto key : over) finish(running_.find(key), false);
  for (const auto key : late) fail(running_.find(key), {ErrorCode::timeout, "no answer in time"});
  if (!over.empty() || !late.empty() || !again.empty()) shell_.soon();
}

void CatchUps::end_all() {
  for (auto& [key, running] : std::exchange(running_, {})) {
    running.wanted.done(std::unexpected(node_stopped()));
  }
}

}  // namespace grapevine::api
