// SPDX-License-Identifier: Apache-2.0
#include "api/histories.hpp"

#include <algorithm>

namespace grapevine::api {

namespace {

history::Limits limits_of(const gossipsub::Config& gossip) {
  history::Limits limits;
  limits.message_size_max = gossip.message_size_max;
  return limits;
}

/// What was delivered in an earlier run is a copy in this one.
Expected<void> restore_seen(store::History& history, net::Shell& shell) {
  const auto now = wall_time();
  const auto time = shell.time();
  const auto read = history.read_seen([&](ByteView id, store::WallTime at) {
    const gossipsub::SeenBefore seen{id, std::max(now - at, store::WallTime{0})};
    shell.host().restore_seen({&seen, 1}, time);
  });
  if (read) return {};
  return std::unexpected(Error{ErrorCode::io, read.error().detail});
}

Recorder::Setup recorder_setup(const Histories::Setup& setup,
                               std::function<void(std::uint64_t)> done) {
  Recorder::Setup wanted;
  wanted.options = *setup.options;
  wanted.seen_ttl = std::chrono::ceil<std::chrono::milliseconds>(setup.gossip->seen.ttl);
  wanted.seen_ids_max = setup.gossip->seen.ids_max;
  wanted.deliver = setup.deliver;
  wanted.done = std::move(done);
  wanted.warn = [post = setup.post, warn = setup.warn](std::string text) {
    if (warn) post([warn, text = std::move(text)] { warn(text); });
  };
  return wanted;
}

}  // namespace

Expected<std::unique_ptr<Histories>> Histories::open(Setup setup, net::Shell& shell) {
  std::unique_ptr<Recorder> recorder;
  // Filled below, before the first message can be done.
  const auto self = std::make_shared<Recorder*>(nullptr);
  if (setup.options) {
    const auto done = [post = setup.post, self](std::uint64_t ticket) {
      post([self, ticket] { (*self)->on_done(ticket); });
    };
    auto opened = Recorder::open(recorder_setup(setup, done));
    if (opened) {
      recorder = *std::move(opened);
      *self = recorder.get();
    } else if (opened.error().code != store::ErrorCode::io) {
      return std::unexpected(Error{ErrorCode::io, std::move(opened.error().detail)});
    } else if (setup.warn) {
      setup.warn("no message history is kept: " + opened.error().detail);
    }
  }
  if (recorder) {
    auto restored = restore_seen(*recorder->history(), shell);
    if (!restored) return std::unexpected(std::move(restored.error()));
  }
  return std::unique_ptr<Histories>{new Histories{std::move(setup), shell, std::move(recorder)}};
}

Histories::Histories(Setup setup, net::Shell& shell, std::unique_ptr<Recorder> recorder)
    : shell_{shell},
      deliver_{setup.deliver},
      recorder_{std::move(recorder)},
      store_{recorder_ ? recorder_->history() : nullptr},
      catch_ups_{shell, store_, limits_of(*setup.gossip)} {
  if (!store_ || !setup.options->serve) return;
  server_.emplace(shell, store_, limits_of(*setup.gossip));
  shell.host().handle(std::string{history::protocol}, shell.time());
}

void Histories::on_deliver(host::Deliver&& delivered) {
  if (recorder_) return recorder_->take(std::move(delivered));
  deliver_(delivered, std::nullopt);
}

bool Histories::on_opened(const host::StreamOpened& opened) {
  if (opened.inbound) {
    if (!server_ || opened.protocol != history::protocol) return false;
    server_->on_opened(opened);
    return true;
  }
  if (!catch_ups_.has(opened.stream)) return false;
  catch_ups_.on_opened(opened);
  return true;
}

bool Histories::on_data(host::StreamData& data) {
  if (server_ && server_->has(data.stream)) {
    server_->on_data(std::move(data));
  } else if (catch_ups_.has(data.stream)) {
    catch_ups_.on_data(std::move(data));
  } else {
    return false;
  }
  return true;
}

bool Histories::on_ended(const host::StreamEnded& ended) {
  if (server_ && server_->has(ended.stream)) {
    server_->on_ended(ended.stream);
    return true;
  }
  // The other side says no more; what became of the answer is told by the stream's end.
  return catch_ups_.has(ended.stream);
}

bool Histories::on_closed(const host::StreamClosed& closed) {
  if (server_ && server_->has(closed.stream)) {
    server_->on_closed(closed.stream);
  } else if (catch_ups_.has(closed.stream)) {
    const bool refused = closed.reason == session::StreamClosed::Reason::protocol_refused;
    catch_ups_.on_closed(closed.stream,
                         refused ? "it does not speak the protocol" : "it ended the stream");
  } else {
    return false;
  }
  return true;
}

void Histories::on_writable(const host::StreamWritable& writable) {
  if (server_ && server_->has(writable.stream)) server_->on_writable(writable.stream);
}

void Histories::on_turn_end() {
  if (server_) server_->on_turn_end();
  catch_ups_.on_turn_end();
}

void Histories::end() {
  if (recorder_) recorder_->end();
  catch_ups_.end_all();
}

}  // namespace grapevine::api
