// SPDX-License-Identifier: Apache-2.0
#include "api/streams.hpp"

#include "api/convert.hpp"

namespace grapevine::api {

namespace {

Error error_of(session::StreamClosed::Reason reason) {
  using Reason = session::StreamClosed::Reason;
  switch (reason) {
    case Reason::finished:
      return {ErrorCode::closed, "the stream is closed on both sides"};
    case Reason::protocol_refused:
      return {ErrorCode::refused, "the peer does not speak the protocol"};
    case Reason::timeout:
      return {ErrorCode::timeout, "the peer did not answer in time"};
    case Reason::reset:
      break;
  }
  return {ErrorCode::reset, "the stream was reset"};
}

}  // namespace

void Streams::handle(std::string protocol, Handler handler) {
  shell_.host().handle(protocol, shell_.time());
  handlers_[std::move(protocol)] = std::move(handler);
}

void Streams::open(Result<host::StreamKey, host::StreamError> key, Opened opened) {
  if (key) {
    opening_.emplace(*key, std::move(opened));
  } else {
    opened(std::unexpected(api::error_of(key.error())));
  }
}

std::shared_ptr<Stream::State> Streams::find(host::StreamKey key) {
  const auto found = open_.find(key);
  return found == open_.end() ? nullptr : found->second.state.lock();
}

void Streams::write(host::StreamKey key, SharedBytes bytes) {
  const auto size = bytes.size();
  const bool written = shell_.host().write(key, std::move(bytes));
  if (const auto state = find(key)) {
    state->on_taken(size);
    if (!written) return state->on_closed({ErrorCode::reset, "the stream was reset"});
  }
  const auto found = open_.find(key);
  if (found == open_.end() || found->second.writes) return;
  found->second.writes = true;
  writing_.push_back(key);
}

void Streams::end(host::StreamKey key) {
  if (const auto found = open_.find(key); found != open_.end()) found->second.ended = true;
  shell_.host().end_stream(key);
}

void Streams::reset(host::StreamKey key) {
  shell_.host().reset_stream(key);
  open_.erase(key);
}

void Streams::give_credit(host::StreamKey key) {
  const auto state = find(key);
  if (!state) return;
  if (const auto size = state->take_credit(); size > 0) shell_.host().consumed(key, size);
}

void Streams::release(host::StreamKey key) {
  const auto found = open_.find(key);
  if (found != open_.end() && !found->second.ended) reset(key);
}

Stream Streams::add(const host::StreamOpened& opened) {
  auto state = std::make_shared<Stream::State>(owner_.lock(), opened.stream, to_peer(opened.peer),
                                               opened.protocol);
  open_[opened.stream].state = state;
  return Stream{std::move(state)};
}

void Streams::on_opened(host::StreamOpened opened) {
  if (opened.inbound) {
    const auto found = handlers_.find(opened.protocol);
    if (found == handlers_.end()) return shell_.host().reset_stream(opened.stream);
    const auto handler = found->second;  // it may replace itself
    handler(add(opened));
    return;
  }
  const auto found = opening_.find(opened.stream);
  if (found == opening_.end()) return shell_.host().reset_stream(opened.stream);
  const auto told = std::move(found->second);
  opening_.erase(found);
  told(add(opened));
}

void Streams::on_data(host::StreamData data) {
  const auto size = data.bytes.size();
  if (const auto state = find(data.stream)) {
    state->on_data(std::move(data.bytes));
  } else {
    shell_.host().consumed(data.stream, size);  // nobody wants it; it must not stop the others
  }
}

void Streams::on_ended(const host::StreamEnded& ended) {
  if (const auto state = find(ended.stream)) state->on_ended();
}

void Streams::on_closed(const host::StreamClosed& closed) {
  if (const auto found = opening_.find(closed.stream); found != opening_.end()) {
    const auto told = std::move(found->second);
    opening_.erase(found);
    return told(std::unexpected(error_of(closed.reason)));
  }
  if (const auto state = find(closed.stream)) state->on_closed(error_of(closed.reason));
  open_.erase(closed.stream);
}

/// Writers wait for what the sessions have sent meanwhile.
void Streams::on_turn_end() {
  std::erase_if(writing_, [&](host::StreamKey key) {
    const auto found = open_.find(key);
    if (found == open_.end()) return true;
    const auto queued = shell_.host().queued(key);
    if (const auto state = found->second.state.lock()) state->on_queued(queued);
    found->second.writes = queued > 0;
    return queued == 0;
  });
}

void Streams::end_all() {
  for (auto& [key, told] : std::exchange(opening_, {})) told(std::unexpected(node_stopped()));
  for (auto& [key, open] : std::exchange(open_, {})) {
    if (const auto state = open.state.lock()) state->on_closed(node_stopped());
  }
}

}  // namespace grapevine::api
