// SPDX-License-Identifier: Apache-2.0
#include "grapevine/history.hpp"

#include <array>
#include <charconv>

#include "api/convert.hpp"
#include "api/handles.hpp"
#include "base/protobuf.hpp"

namespace grapevine {

namespace {

constexpr int hexadecimal = 16;

/// A whole number in plain digits.
template <class Number>
std::optional<Number> parse_number(std::string_view text, int base) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number, base);
  if (fault != std::errc{} || stop != end) return std::nullopt;
  return number;
}

Error no_history() { return {ErrorCode::io, "this node keeps no history"}; }

/// The message of a row, as the application got it; nullopt for a row that is not what we wrote.
std::optional<KeptMessage> kept_of(const store::HistoryRow& row,
                                   const std::shared_ptr<const std::string>& topic,
                                   const Peer& self) {
  base::FieldReader reader{row.field};
  const auto field = reader.next();
  if (!field || !*field) return std::nullopt;
  const auto view = pubsub::parse_message((*field)->bytes);
  if (!view || row.id.size() > pubsub::MessageId::size_max) return std::nullopt;
  const pubsub::Message message{row.field, *view, pubsub::MessageId{row.id}};
  KeptMessage kept{api::to_message(message, topic, PeerId{}, false), api::to_system(row.at)};
  kept.message.via = Peer{};
  kept.message.local = kept.message.from == self;
  return kept;
}

store::HistoryQuery to_store(std::string_view topic, const HistoryQuery& query) {
  store::HistoryQuery wanted;
  wanted.topic = topic;
  if (query.since) wanted.since = query.since->number;
  if (query.from) wanted.from = api::from_system(*query.from);
  if (query.until) wanted.until = api::from_system(*query.until);
  wanted.count_max = query.limit;
  wanted.bytes_max = query.bytes_max;
  return wanted;
}

}  // namespace

std::string Cursor::to_string() const {
  std::array<char, 8 + 1 + 20> text{};
  auto* const end = text.data() + text.size();
  auto* at = std::to_chars(text.data(), end, epoch, hexadecimal).ptr;
  *at++ = '-';
  at = std::to_chars(at, end, number).ptr;
  return {text.data(), at};
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const auto epoch = parse_number<std::uint32_t>(text.substr(0, dash), hexadecimal);
  const auto number = parse_number<std::uint64_t>(text.substr(dash + 1), 10);
  if (!epoch || !number) return std::nullopt;
  return Cursor{*epoch, *number};
}

Expected<HistoryPage> Node::history(std::string_view topic, std::optional<Cursor> since,
                                    std::size_t limit) const {
  HistoryQuery query;
  query.since = since;
  query.limit = limit;
  return history(topic, query);
}

Expected<HistoryPage> Node::history(std::string_view topic, const HistoryQuery& query) const {
  if (auto checked = api::check_topic(topic); !checked) return std::unexpected(checked.error());
  const auto& kept = state_->runtime->histories().store();
  if (!kept) return std::unexpected(no_history());
  const auto epoch = kept->epoch();
  auto wanted = to_store(topic, query);
  const bool other_epoch = query.since && query.since->epoch != epoch;
  if (other_epoch) wanted.since.reset();
  const auto rows = kept->read(wanted);
  if (!rows) return std::unexpected(Error{ErrorCode::io, rows.error().detail});
  HistoryPage page;
  const auto name = std::make_shared<const std::string>(topic);
  for (const auto& row : rows->rows) {
    auto message = kept_of(row, name, state_->id);
    if (!message) continue;
    message->message.cursor = Cursor{epoch, row.number};
    page.messages.push_back(*std::move(message));
  }
  page.next = {epoch, rows->next};
  page.lost = rows->lost;
  page.more = rows->more;
  page.gap = other_epoch || rows->unknown_since;
  return page;
}

HistoryStatus Node::history_status() const {
  const auto& kept = state_->runtime->histories().store();
  if (!kept) return {};
  const auto counters = kept->counters();
  return {true, counters.stored, counters.lost, counters.failing};
}

}  // namespace grapevine
