// SPDX-License-Identifier: Apache-2.0
#include "http/rate_limit.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::http {
namespace {

/// No client is called so.
const std::string everybody_else;

template <class Bytes>
std::string text_of(const Bytes& bytes, std::size_t size) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace

std::string client_of(const boost::asio::ip::address& address) {
  using boost::asio::ip::v4_mapped;
  if (address.is_v4()) return text_of(address.to_v4().to_bytes(), 4);
  const auto v6 = address.to_v6();
  if (!v6.is_v4_mapped()) return text_of(v6.to_bytes(), 8);
  return text_of(boost::asio::ip::make_address_v4(v4_mapped, v6).to_bytes(), 4);
}

RateLimit::RateLimit(std::size_t per_second, std::size_t burst) {
  ASSERT(per_second > 0 && burst > 0);
  interval_ = Clock::duration{std::chrono::seconds{1}} / per_second;
  slack_ = interval_ * (burst - 1);
}

bool RateLimit::take(const std::string& client, Time now) {
  const auto* key = &client;
  if (due_.size() >= clients_max && !due_.contains(client)) {
    boost::unordered::erase_if(due_, [&](const auto& entry) { return entry.second <= now; });
    if (due_.size() >= clients_max) key = &everybody_else;
  }
  auto& due = due_.try_emplace(*key, now).first->second;
  due = std::max(due, now);
  if (due - now > slack_) return false;
  due += interval_;
  return true;
}

}  // namespace grapevine::http
