// SPDX-License-Identifier: Apache-2.0
#include "api/validators.hpp"

#include <algorithm>
#include <exception>

#include "api/convert.hpp"
#include "net/clock.hpp"

namespace grapevine::api {

namespace {

constexpr Duration between_warnings = std::chrono::seconds{1};

auto named(std::string_view name) {
  return [name](const auto& entry) { return entry->name == name; };
}

}  // namespace

std::string described(std::string_view topic, std::string_view name) {
  auto text = "the validator '" + std::string{name} + "' ";
  return topic.empty() ? text + "of every topic" : text + "of topic '" + std::string{topic} + "'";
}

Verdict worse(Verdict a, Verdict b) {
  if (a == Verdict::reject || b == Verdict::reject) return Verdict::reject;
  return a == Verdict::ignore ? a : b;
}

Expected<void> Validators::add(const std::string& topic, Entry entry) {
  const auto timeout = entry.options.timeout;
  if (timeout.count() <= 0 || timeout > std::chrono::hours{1} || entry.options.concurrency == 0) {
    return std::unexpected(Error{ErrorCode::bad_config,
                                 "a validator has more than 0 and up to an hour for a message, and "
                                 "takes at least one at a time"});
  }
  const std::lock_guard lock{mutex_};
  auto& list = by_topic_[topic];
  if (std::ranges::any_of(list, named(entry.name))) {
    return std::unexpected(
        Error{ErrorCode::exists, described(topic, entry.name) + " is there already"});
  }
  if (list.size() >= per_topic_max) {
    return std::unexpected(Error{ErrorCode::limit, "a topic has at most 32 validators"});
  }
  list.push_back(std::make_shared<const Entry>(std::move(entry)));
  none_ = false;
  return {};
}

Expected<void> Validators::remove(const std::string& topic, std::string_view name) {
  const std::lock_guard lock{mutex_};
  const auto found = by_topic_.find(topic);
  const auto removed = found == by_topic_.end() ? 0 : std::erase_if(found->second, named(name));
  if (removed == 0) {
    return std::unexpected(Error{ErrorCode::not_found, described(topic, name) + " is not there"});
  }
  if (found->second.empty()) by_topic_.erase(found);
  return {};
}

void Validators::replace(const std::string& topic, Entry entry) {
  const std::lock_guard lock{mutex_};
  auto& list = by_topic_[topic];
  std::erase_if(list, named(entry.name));
  list.push_back(std::make_shared<const Entry>(std::move(entry)));
  none_ = false;
}

std::vector<std::string> Validators::topics() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::string> names;
  for (const auto& [topic, list] : by_topic_) {
    if (!topic.empty()) names.push_back(topic);
  }
  return names;
}

/// The topic's own before those of every topic.
Validators::List Validators::of(std::string_view topic) const {
  const std::lock_guard lock{mutex_};
  List list;
  for (const auto known : {topic, std::string_view{}}) {
    const auto found = by_topic_.find(known);
    if (found != by_topic_.end())
      list.insert(list.end(), found->second.begin(), found->second.end());
    if (topic.empty()) break;
  }
  return list;
}

Validators::List Validators::asynchronous(std::string_view topic) const {
  auto list = of(topic);
  std::erase_if(list, [](const auto& entry) { return !entry->asked; });
  return list;
}

Validators::List Validators::at_once(std::string_view topic) const {
  auto list = of(topic);
  std::erase_if(list, [](const auto& entry) { return !entry->at_once; });
  return list;
}

/// The first time that runs out ends the question, unless those who had that time have answered.
gossipsub::Validating Validators::how(std::string_view topic) const {
  gossipsub::Validating how;
  for (const auto& entry : of(topic)) {
    how.screened = how.screened || entry->at_once;
    if (!entry->asked) continue;
    const Duration timeout = entry->options.timeout;
    how.timeout = how.asked ? std::min(how.timeout, timeout) : timeout;
    how.concurrency = how.asked ? std::min(how.concurrency, entry->options.concurrency)
                                : entry->options.concurrency;
    how.asked = true;
  }
  return how;
}

bool Validators::contained(const std::function<void()>& ask,
                           const std::function<std::string()>& what) {
  std::string thrown;
  try {
    ask();
    return true;
  } catch (const std::exception& fault) {
    thrown = fault.what();
  } catch (...) {
    thrown = "something that is no std::exception";
  }
  ++faults_;
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(net::now().time_since_epoch()).count();
  auto before = told_at_.load();
  if (now - before >= between_warnings.count() && told_at_.compare_exchange_strong(before, now)) {
    told_(what() + " threw: " + thrown);
  }
  return false;
}

Verdict Validators::screen(std::string_view topic, const Message& message) {
  auto verdict = Verdict::accept;
  for (const auto& entry : at_once(topic)) {
    auto its = Verdict::ignore;
    contained([&] { its = entry->at_once(message); },
              [&] { return described(topic, entry->name); });
    verdict = worse(verdict, its);
    if (verdict == Verdict::reject) break;
  }
  return verdict;
}

Expected<void> Validators::check_own(const pubsub::Message& message, const std::string& topic,
                                     const PeerId& self, std::span<const std::uint8_t> data) {
  if (none_ || at_once(topic).empty()) return {};
  auto whole = to_message(message, std::make_shared<const std::string>(topic), self, true);
  whole.data = to_payload(SharedBytes::copy_of(data));
  const auto verdict = screen(topic, whole);
  if (verdict == Verdict::accept) return {};
  const bool rejected = verdict == Verdict::reject;
  return std::unexpected(
      Error{rejected ? ErrorCode::rejected : ErrorCode::ignored,
            rejected ? "a validator rejects the message" : "a validator ignores the message"});
}

}  // namespace grapevine::api
