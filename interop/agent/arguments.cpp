// SPDX-License-Identifier: Apache-2.0
#include "agent/arguments.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <cmath>

namespace grapevine::agent {

namespace json = boost::json;

namespace {

constexpr double milliseconds_max = 100.0 * 366 * 86'400 * 1000;

std::optional<double> real_of(const json::value& value) {
  if (!value.is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto number = value.to_number<double>(error);
  if (error || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> whole_of(const json::value& value) {
  if (const auto* number = value.if_uint64()) return *number;
  if (const auto* number = value.if_int64(); number != nullptr && *number >= 0)
    return static_cast<std::uint64_t>(*number);
  const auto* number = value.if_double();  // 1e6 is a whole number as well
  if (number == nullptr || !(*number >= 0 && *number < 0x1p63) || *number != std::floor(*number))
    return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

}  // namespace

std::optional<Arguments> Arguments::parse(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view{text.data(), text.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  return Arguments{std::move(value.get_object())};
}

std::optional<json::value> Arguments::take(std::string_view name) {
  const auto found = values_.find(json::string_view{name.data(), name.size()});
  if (found == values_.end()) return std::nullopt;
  auto value = std::move(found->value());
  values_.erase(found);
  if (value.is_null()) return std::nullopt;
  return value;
}

json::value Arguments::any(std::string_view name) { return take(name).value_or(json::value{}); }

std::optional<std::string> Arguments::optional_text(std::string_view name) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  if (const auto* text = value->if_string()) return std::string{text->data(), text->size()};
  fail(name, "is no text");
  return std::nullopt;
}

std::string Arguments::text(std::string_view name) {
  auto text = optional_text(name);
  if (!text) missing(name);
  return std::move(text).value_or("");
}

std::optional<std::uint64_t> Arguments::take_number(std::string_view name, Bounds bounds) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  const auto number = whole_of(*value);
  if (!number || *number < bounds.least || *number > bounds.most) {
    fail(name, "is no whole number from " + std::to_string(bounds.least) + " on, or too large");
    return bounds.least;
  }
  return number;
}

std::uint64_t Arguments::number(std::string_view name, Bounds bounds) {
  const auto number = take_number(name, bounds);
  if (!number) missing(name);
  return number.value_or(bounds.least);
}

std::uint64_t Arguments::number_or(std::string_view name, std::uint64_t absent, Bounds bounds) {
  return take_number(name, bounds).value_or(absent);
}

double Arguments::real_or(std::string_view name, double absent) {
  const auto value = take(name);
  if (!value) return absent;
  const auto number = real_of(*value);
  if (number && *number >= 0) return *number;
  fail(name, "is no number from 0 on");
  return absent;
}

double Arguments::signed_or(std::string_view name, double absent) {
  const auto value = take(name);
  if (!value) return absent;
  if (const auto number = real_of(*value)) return *number;
  fail(name, "is no number");
  return absent;
}

bool Arguments::flag_or(std::string_view name, bool absent) {
  const auto value = take(name);
  if (!value) return absent;
  if (value->is_bool()) return value->get_bool();
  fail(name, "is neither true nor false");
  return absent;
}

std::chrono::milliseconds Arguments::milliseconds_or(std::string_view name,
                                                     std::chrono::milliseconds absent,
                                                     std::chrono::milliseconds unit) {
  const auto value = take(name);
  if (!value) return absent;
  const auto number = real_of(*value);
  const auto length = number.value_or(-1) * static_cast<double>(unit.count());
  if (length >= 0 && length <= milliseconds_max)
    return std::chrono::milliseconds{static_cast<std::int64_t>(std::ceil(length))};
  fail(name, "is no length of time");
  return absent;
}

std::optional<std::vector<std::string>> Arguments::optional_texts(std::string_view name) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  std::vector<std::string> texts;
  const auto* list = value->if_array();
  if (list == nullptr) {
    fail(name, "is no list");
    return texts;
  }
  for (const auto& item : *list) {
    const auto* text = item.if_string();
    if (text == nullptr) {
      fail(name, "has something that is no text");
      return texts;
    }
    texts.emplace_back(text->data(), text->size());
  }
  return texts;
}

std::vector<std::string> Arguments::texts(std::string_view name) {
  auto texts = optional_texts(name);
  if (!texts) missing(name);
  return std::move(texts).value_or(std::vector<std::string>{});
}

std::vector<Arguments> Arguments::objects(std::string_view name) {
  auto value = take(name);
  std::vector<Arguments> objects;
  if (!value) return objects;
  auto* list = value->if_array();
  if (list == nullptr) {
    fail(name, "is no list");
    return objects;
  }
  for (auto& item : *list) {
    auto* object = item.if_object();
    if (object == nullptr) {
      fail(name, "has something that is no object");
      return objects;
    }
    objects.emplace_back(std::move(*object));
  }
  return objects;
}

std::optional<Arguments> Arguments::object(std::string_view name) {
  auto value = take(name);
  if (!value) return std::nullopt;
  if (auto* object = value->if_object()) return Arguments{std::move(*object)};
  fail(name, "is no object");
  return std::nullopt;
}

std::vector<std::pair<std::string, Arguments>> Arguments::named_objects(std::string_view name) {
  std::vector<std::pair<std::string, Arguments>> objects;
  auto outer = object(name);
  if (!outer) return objects;
  for (auto& item : outer->values_) {
    std::string key{item.key().data(), item.key().size()};
    auto* object = item.value().if_object();
    if (object == nullptr) {
      fail(name, "has something that is no object");
      return objects;
    }
    objects.emplace_back(std::move(key), Arguments{std::move(*object)});
  }
  return objects;
}

void Arguments::close(std::string_view name, Arguments& inner) {
  if (const auto error = inner.error()) fail(std::string{name} + ":", *error);
}

void Arguments::fail(std::string_view name, std::string_view what) {
  if (!error_) error_ = std::string{name} + ' ' + std::string{what};
}

std::optional<std::string> Arguments::error() const {
  if (error_ || values_.empty()) return error_;
  const auto unknown = values_.begin()->key();
  return "unknown: " + std::string{unknown.data(), unknown.size()};
}

}  // namespace grapevine::agent
