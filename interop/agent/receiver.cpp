// SPDX-License-Identifier: Apache-2.0
#include "agent/receiver.hpp"

#include <cstring>
#include <utility>

#include "agent/clock.hpp"
#include "agent/payload.hpp"
#include "agent/quantiles.hpp"

namespace grapevine::agent {

namespace {

/// Latencies of the first 1/20 of the sequence range are not counted.
constexpr std::uint64_t cold_share = 20;
/// Latencies there is room for at once; more grow.
constexpr std::uint64_t reserved_max = 1u << 20;

}  // namespace

Receiver::Receiver(Expectation expectation, std::function<void(std::uint64_t)> announce)
    : expectation_{std::move(expectation)},
      blank_{blank_payload(expectation_.size)},
      announce_{std::move(announce)},
      seen_(expectation_.count) {
  latencies_ns_.reserve(std::min(expectation_.count, reserved_max));
}

std::size_t Receiver::take(std::span<const Message> batch, std::int64_t now_ns) {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  std::size_t taken = 0;
  {
    const std::lock_guard lock{mutex_};
    before = received_;
    for (; taken < batch.size() && received_ < expectation_.count; ++taken)
      count(batch[taken].data.bytes(), now_ns);
    after = received_;
  }
  const bool due = after / expectation_.ack_every > before / expectation_.ack_every;
  if (due || (after != before && after == expectation_.count)) announce_(after);
  return taken;
}

void Receiver::count(std::span<const std::uint8_t> data, std::int64_t now_ns) {
  if (data.size() < header_size) {
    ++corrupt_;
    return;
  }
  const auto body = data.size() - header_size;
  if (data.size() != blank_.size() ||
      std::memcmp(data.data() + header_size, blank_.data() + header_size, body) != 0)
    ++corrupt_;
  const auto header = read_header(data);
  if (header.sequence >= expectation_.count || seen_[header.sequence]) {
    ++repeated_;
    return;
  }
  seen_[header.sequence] = true;
  if (received_++ == 0) {
    first_ns_ = now_ns;
    first_cpu_us_ = cpu_us();
  }
  last_ns_ = now_ns;
  // Divided, not multiplied: the sequence is bounded by the count, the product by nothing.
  if (header.sequence >= (expectation_.count + cold_share - 1) / cold_share)
    latencies_ns_.push_back(now_ns - header.sent_ns);
}

bool Receiver::complete() const {
  const std::lock_guard lock{mutex_};
  return received_ == expectation_.count;
}

boost::json::object Receiver::report() const {
  const std::lock_guard lock{mutex_};
  const auto latency = quantiles_of(latencies_ns_);
  return {
      {"event", "bench_received"},
      {"topic", expectation_.topic},
      {"count", received_},
      {"corrupt", corrupt_},
      {"repeated", repeated_},
      {"first_ns", first_ns_},
      {"last_ns", last_ns_},
      {"cpu_us", received_ == 0 ? 0 : cpu_us() - first_cpu_us_},
      {"latency_us",
       {{"p50", latency.p50}, {"p90", latency.p90}, {"p99", latency.p99}, {"max", latency.max}}},
  };
}

}  // namespace grapevine::agent
