// SPDX-License-Identifier: Apache-2.0
#include "http/form.hpp"

#include <algorithm>

namespace grapevine::http {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool is_unreserved(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || std::string_view{"-._~"}.contains(letter);
}

/// Takes the text up to `separator` off the front, and the separator.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto piece = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return piece;
}

bool has_form_body(const Request& request) {
  if (request.method != "POST" && request.method != "PUT" && request.method != "PATCH") {
    return false;
  }
  const auto type = request.header("content-type");
  if (!type) return false;
  const auto media = trim(type->substr(0, type->find(';')));
  return same_name(media, "application/x-www-form-urlencoded");
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus == Plus::is_space) {
      decoded += ' ';
    } else if (text[at] != '%') {
      decoded += text[at];
    } else {
      if (text.size() - at < 3) return std::nullopt;
      const int high = hex_value(text[at + 1]);
      const int low = hex_value(text[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    }
  }
  return decoded;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char letter : text) {
    if (is_unreserved(letter) || keep.contains(letter)) {
      encoded += letter;
    } else {
      const auto byte = static_cast<unsigned char>(letter);
      encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return encoded;
}

std::optional<Target> parse_target(std::string_view text) {
  Target target;
  constexpr std::string_view scheme = "http://";
  if (text.size() > scheme.size() && same_name(text.substr(0, scheme.size()), scheme)) {
    text.remove_prefix(scheme.size());
    const auto end = std::min(text.find_first_of("/?"), text.size());
    target.authority = text.substr(0, end);
    text.remove_prefix(end);
    if (text.empty() || text.front() == '?') target.path = "/";
  } else if (!text.starts_with('/')) {
    return std::nullopt;
  }
  auto path = percent_decode(take_until(text, '?'), Plus::is_plus);
  if (!path) return std::nullopt;
  if (!path->empty()) target.path = std::move(*path);
  target.query = text;
  return target;
}

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> segments;
  const bool slash_at_end = path.ends_with('/');
  while (!path.empty()) {
    const auto segment = take_until(path, '/');
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") segments.push_back(segment);
  }
  std::string cleaned;
  for (const auto segment : segments) cleaned.append("/").append(segment);
  if (cleaned.empty() || slash_at_end) cleaned += '/';
  return cleaned;
}

std::vector<Pair> parse_pairs(std::string_view text) {
  std::vector<Pair> pairs;
  while (!text.empty()) {
    auto piece = take_until(text, '&');
    if (piece.empty() || piece.contains(';')) continue;
    auto name = percent_decode(take_until(piece, '='), Plus::is_space);
    auto value = percent_decode(piece, Plus::is_space);
    if (name && value) pairs.push_back({std::move(*name), std::move(*value)});
  }
  return pairs;
}

Form::Form(const Request& request, const Target& target) {
  if (has_form_body(request)) pairs_ = parse_pairs(request.body);
  for (auto& pair : parse_pairs(target.query)) pairs_.push_back(std::move(pair));
}

std::optional<std::string> Form::value(std::string_view name) const {
  const auto found = std::ranges::find(pairs_, name, &Pair::name);
  if (found == pairs_.end()) return std::nullopt;
  return found->value;
}

}  // namespace grapevine::http
