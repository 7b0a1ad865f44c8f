// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

namespace grapevine::base {
namespace {

constexpr std::string_view base58_alphabet =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view base36_alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view base32_alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view hex_alphabet = "0123456789abcdef";

/// The digit each character stands for, 0xff for those outside the alphabet.
using Digits = std::array<std::uint8_t, 256>;
constexpr std::uint8_t no_digit = 0xff;

enum class Case { exact, any };

constexpr Digits digits_of(std::string_view alphabet, Case letters) {
  Digits digits{};
  for (auto& digit : digits) digit = no_digit;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    const char c = alphabet[i];
    digits[static_cast<std::uint8_t>(c)] = static_cast<std::uint8_t>(i);
    if (letters == Case::any && c >= 'a' && c <= 'z') {
      digits[static_cast<std::uint8_t>(c - 'a' + 'A')] = static_cast<std::uint8_t>(i);
    }
  }
  return digits;
}

constexpr Digits base58_digits = digits_of(base58_alphabet, Case::exact);
constexpr Digits base36_digits = digits_of(base36_alphabet, Case::any);
constexpr Digits base32_digits = digits_of(base32_alphabet, Case::any);
constexpr Digits base64_digits = digits_of(base64_alphabet, Case::exact);
constexpr Digits base64url_digits = digits_of(base64url_alphabet, Case::exact);
constexpr Digits hex_digits = digits_of(hex_alphabet, Case::any);

/// A number read in base `from`, most significant digit first, written in base `to`, least
/// significant digit first.
Bytes change_base(ByteView digits, unsigned from, unsigned to) {
  Bytes out;
  for (const auto digit : digits) {
    unsigned carry = digit;
    for (auto& place : out) {
      carry += place * from;
      place = static_cast<std::uint8_t>(carry % to);
      carry /= to;
    }
    for (; carry > 0; carry /= to) out.push_back(static_cast<std::uint8_t>(carry % to));
  }
  return out;
}

std::size_t leading_zeros(ByteView digits) {
  return static_cast<std::size_t>(
      std::ranges::find_if(digits, [](auto digit) { return digit != 0; }) - digits.begin());
}

std::optional<Bytes> digits_in(std::string_view text, const Digits& digits) {
  Bytes out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto digit = digits[static_cast<std::uint8_t>(c)];
    if (digit == no_digit) return std::nullopt;
    out.push_back(digit);
  }
  return out;
}

/// The whole input as one number; each leading zero byte stands as one zero digit of its own.
std::string to_number(ByteView bytes, std::string_view alphabet) {
  const auto zeros = leading_zeros(bytes);
  const auto number =
      change_base(bytes.subspan(zeros), 256, static_cast<unsigned>(alphabet.size()));
  std::string text(zeros, alphabet[0]);
  for (auto digit = number.rbegin(); digit != number.rend(); ++digit)
    text.push_back(alphabet[*digit]);
  return text;
}

std::optional<Bytes> from_number(std::string_view text, const Digits& digits, std::size_t base) {
  if (text.size() > base58_text_max) return std::nullopt;
  const auto number = digits_in(text, digits);
  if (!number) return std::nullopt;
  const auto zeros = leading_zeros(*number);
  const auto low_first =
      change_base(ByteView{*number}.subspan(zeros), static_cast<unsigned>(base), 256);
  Bytes bytes(zeros, 0);
  bytes.insert(bytes.end(), low_first.rbegin(), low_first.rend());
  return bytes;
}

/// RFC 4648 without padding: `width` bits a character, the last one filled with zero bits.
std::string to_groups(ByteView bytes, std::string_view alphabet, unsigned width) {
  std::string text;
  text.reserve((bytes.size() * 8 + width - 1) / width);
  const auto mask = (1U << width) - 1;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const auto byte : bytes) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= width; count -= width)
      text.push_back(alphabet[(bits >> (count - width)) & mask]);
  }
  if (count > 0) text.push_back(alphabet[(bits << (width - count)) & mask]);
  return text;
}

/// Refuses what no encoder writes: a superfluous last character, or bits set behind the last byte.
/// So each value has one text.
std::optional<Bytes> from_groups(std::string_view text, const Digits& digits, unsigned width) {
  Bytes bytes;
  bytes.reserve(text.size() * width / 8);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto digit = digits[static_cast<std::uint8_t>(c)];
    if (digit == no_digit) return std::nullopt;
    bits = (bits << width) | digit;
    count += width;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  if (count >= width || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string to_base58(ByteView bytes) { return to_number(bytes, base58_alphabet); }
std::optional<Bytes> from_base58(std::string_view text) {
  return from_number(text, base58_digits, base58_alphabet.size());
}

std::string to_base36(ByteView bytes) { return to_number(bytes, base36_alphabet); }
std::optional<Bytes> from_base36(std::string_view text) {
  return from_number(text, base36_digits, base36_alphabet.size());
}

std::string to_base32(ByteView bytes) { return to_groups(bytes, base32_alphabet, 5); }
std::optional<Bytes> from_base32(std::string_view text) {
  return from_groups(text, base32_digits, 5);
}

std::string to_base64(ByteView bytes) {
  auto text = to_groups(bytes, base64_alphabet, 6);
  text.resize((text.size() + 3) / 4 * 4, '=');
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return from_groups(text, base64_digits, 6);
}

std::string to_base64url(ByteView bytes) { return to_groups(bytes, base64url_alphabet, 6); }
std::optional<Bytes> from_base64url(std::string_view text) {
  return from_groups(text, base64url_digits, 6);
}

std::string to_hex(ByteView bytes) { return to_groups(bytes, hex_alphabet, 4); }
std::optional<Bytes> from_hex(std::string_view text) { return from_groups(text, hex_digits, 4); }

}  // namespace grapevine::base
