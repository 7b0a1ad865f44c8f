// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/gossipsub/router.hpp"
#include "grapevine/error.hpp"
#include "grapevine/validation.hpp"

namespace grapevine::api {

/// The application's validators, by topic and name; those of the empty topic are asked for every
/// topic. Safe on every thread. Nothing that a validator throws leaves here: it is counted, told at
/// most once a second, and the message is ignored.
class Validators {
 public:
  static constexpr std::size_t per_topic_max = 32;

  struct Entry {
    std::string name;
    InlineValidator at_once = {};  ///< either this
    Validator asked = {};          ///< or this
    ValidatorOptions options = {};
  };
  using List = std::vector<std::shared_ptr<const Entry>>;

  /// `told` hears of what was thrown, on any thread.
  explicit Validators(std::function<void(std::string)> told) : told_{std::move(told)} {}

  Expected<void> add(const std::string& topic, Entry entry);
  Expected<void> remove(const std::string& topic, std::string_view name);
  /// Puts `entry` in the place of the one of its name, if there is one.
  void replace(const std::string& topic, Entry entry);

  /// Topics with validators of their own.
  std::vector<std::string> topics() const;
  /// How the router is to ask about `topic`, or, where it is empty, about those without validators
  /// of their own.
  gossipsub::Validating how(std::string_view topic) const;
  List asynchronous(std::string_view topic) const;
  /// The worst verdict of those that decide at once.
  Verdict screen(std::string_view topic, const Message& message);
  /// Likewise for a message of our own, whose payload was `data` before any transform: an error
  /// where it is not accepted.
  Expected<void> check_own(const pubsub::Message& message, const std::string& topic,
                           const PeerId& self, std::span<const std::uint8_t> data);
  /// Runs `ask`, which calls a function of the application's, `what`; false when that throws.
  bool contained(const std::function<void()>& ask, const std::function<std::string()>& what);
  std::uint64_t faults() const { return faults_; }

 private:
  using Map = std::map<std::string, List, std::less<>>;
  List of(std::string_view topic) const;
  List at_once(std::string_view topic) const;

  mutable std::mutex mutex_;  ///< guards `by_topic_`
  Map by_topic_;
  const std::function<void(std::string)> told_;
  std::atomic<bool> none_ = true;  ///< nothing was ever added: who publishes need not look
  std::atomic<std::uint64_t> faults_ = 0;
  std::atomic<std::int64_t> told_at_ = INT64_MIN / 2;  ///< microseconds of the node's clock
};

/// A validator in words.
std::string described(std::string_view topic, std::string_view name);
/// The worse of two verdicts.
Verdict worse(Verdict a, Verdict b);

}  // namespace grapevine::api
