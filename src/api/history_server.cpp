// SPDX-License-Identifier: Apache-2.0
#include "api/history_server.hpp"

#include <algorithm>
#include <utility>

#include "api/recorder.hpp"

namespace grapevine::api {

namespace {

/// Written ahead of the socket: the rest of an answer waits as it is.
constexpr std::size_t ahead_max = 64 * 1024;

struct Found {
  std::vector<history::Entry> entries;
  history::End end;
};

std::chrono::milliseconds age_of(std::uint64_t milliseconds) {
  constexpr auto longest = std::chrono::milliseconds{std::chrono::hours{24 * 366 * 100}};
  const auto held =
      std::min<std::uint64_t>(milliseconds, static_cast<std::uint64_t>(longest.count()));
  return std::chrono::milliseconds{static_cast<std::int64_t>(held)};
}

store::HistoryQuery query_of(const history::Request& request, std::uint32_t epoch,
                             store::WallTime now, bool& unknown_cursor) {
  store::HistoryQuery query;
  query.topic = request.topic;
  query.count_max = request.count_max;
  query.bytes_max = request.bytes_max;
  if (request.age_max_ms) query.from = now - age_of(*request.age_max_ms);
  if (request.age_min_ms > 0) query.until = now - age_of(request.age_min_ms);
  if (request.cursor.empty()) return query;
  const auto cursor = Cursor::parse(request.cursor);
  if (cursor && cursor->epoch == epoch) {
    query.since = cursor->number;
  } else {
    unknown_cursor = true;
  }
  return query;
}

/// On a worker.
Found find(store::History& history, const history::Request& request) {
  using Status = history::End::Status;
  const auto now = wall_time();
  bool unknown_cursor = false;
  const auto rows = history.read(query_of(request, history.epoch(), now, unknown_cursor));
  if (!rows) return {{}, {Status::failed, {}, 0, false}};
  Found found;
  for (const auto& row : rows->rows) {
    const auto age = std::max(now - row.at, store::WallTime{0});
    found.entries.push_back({static_cast<std::uint64_t>(age.count()), row.field});
  }
  unknown_cursor = unknown_cursor || rows->unknown_since;
  found.end = {unknown_cursor ? Status::unknown_cursor : Status::ok,
               Cursor{history.epoch(), rows->next}.to_string(), rows->lost, rows->more};
  return found;
}

}  // namespace

HistoryServer::HistoryServer(net::Shell& shell, std::shared_ptr<store::History> history,
                             history::Limits limits)
    : shell_{shell}, history_{std::move(history)}, limits_{limits}, allowance_{limits} {}

void HistoryServer::on_opened(const host::StreamOpened& opened) {
  if (!allowance_.open_stream(opened.peer, shell_.time())) {
    return shell_.host().reset_stream(opened.stream);
  }
  streams_.emplace(opened.stream, Serving{opened.peer, history::Responder{limits_, shell_.time()}});
}

void HistoryServer::on_data(host::StreamData data) {
  auto& serving = streams_.at(data.stream);
  shell_.host().consumed(data.stream, data.bytes.size());
  if (!serving.responder.on_bytes(std::move(data.bytes), shell_.time())) return reset(data.stream);
  work(data.stream);
}

void HistoryServer::work(host::StreamKey key) {
  auto& serving = streams_.at(key);
  auto request = serving.responder.poll();
  if (!request) return;
  if (allowance_.begin_lookup(serving.peer, shell_.time())) {
    serving.looked_up = true;
    return look_up(key, std::move(*request));
  }
  serving.responder.answer({}, {history::End::Status::busy, {}, 0, false}, shell_.time());
  write(key, serving);
}

void HistoryServer::look_up(host::StreamKey key, history::Request request) {
  // The worker may outlive us, but not the shell; what it posts runs only while we are there.
  shell_.offload([this, shell = &shell_, key, request = std::move(request), history = history_] {
    auto found = std::make_shared<Found>(find(*history, request));
    shell->inbox().post([this, key, found] {
      const auto serving = streams_.find(key);
      if (serving == streams_.end()) return;
      serving->second.responder.answer(std::move(found->entries), std::move(found->end),
                                       shell_.time());
      write(key, serving->second);
    });
  });
}

void HistoryServer::write(host::StreamKey key, Serving& serving) {
  auto& host = shell_.host();
  while (host.queued(key) < ahead_max) {
    auto piece = serving.responder.pack(shell_.time());
    if (!piece) break;
    if (!host.write(key, std::move(*piece))) return reset(key);
  }
  shell_.soon();
  if (serving.responder.busy()) return;
  if (std::exchange(serving.looked_up, false)) allowance_.end_lookup();
  if (std::exchange(serving.ended, false)) host.end_stream(key);
}

void HistoryServer::on_writable(host::StreamKey key) { write(key, streams_.at(key)); }

void HistoryServer::on_ended(host::StreamKey key) {
  auto& serving = streams_.at(key);
  serving.ended = serving.responder.busy();
  if (!serving.ended) shell_.host().end_stream(key);
}

void HistoryServer::on_closed(host::StreamKey key) { forget(key); }

void HistoryServer::reset(host::StreamKey key) {
  shell_.host().reset_stream(key);
  forget(key);
}

void HistoryServer::forget(host::StreamKey key) {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return;
  allowance_.close_stream(found->second.peer);
  if (found->second.looked_up) allowance_.end_lookup();
  streams_.erase(found);
}

void HistoryServer::on_turn_end() {
  std::vector<host::StreamKey> late;
  for (const auto& [key, serving] : streams_) {
    if (serving.responder.late(shell_.time())) late.push_back(key);
  }
  for (const auto key : late) reset(key);
  if (!late.empty()) shell_.soon();
}

}  // namespace grapevine::api
