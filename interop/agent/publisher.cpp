// SPDX-License-Identifier: Apache-2.0
#include "agent/publisher.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "agent/payload.hpp"

namespace grapevine::agent {

namespace {

constexpr std::size_t batch_bytes_max = 256 * 1024;
/// A batch of so many is taken whole or not at all.
constexpr std::size_t batch_count_max = 128;
constexpr std::int64_t stall_ns = 10'000'000'000;
/// Waits end at the latest then: a run that is told to stop does.
constexpr std::int64_t nap_ns = 100'000'000;
/// Likewise, where the node's ring is full.
constexpr std::chrono::milliseconds ring_wait{100};

}  // namespace

Campaign Campaign::take(Arguments& from) {
  Campaign campaign;
  campaign.size = from.number("size", {.least = header_size, .most = 1u << 30});
  campaign.count = from.number("count", {.least = 1});
  campaign.window = from.number("window", {.least = 1});
  campaign.warmup = from.number_or("warmup", 0);
  campaign.rate = from.real_or("rate", 0);
  campaign.first_sequence = from.number_or("first_sequence", 0);
  campaign.sequence_step = from.number_or("sequence_step", 1, {.least = 1});
  campaign.acks = from.texts("acks");
  if (campaign.warmup >= campaign.count) from.fail("warmup", "is not below count");
  return campaign;
}

Publisher::Publisher(Campaign campaign, const Topic& topic, const std::atomic<bool>& stopped)
    : campaign_{std::move(campaign)}, topic_{topic}, stopped_{stopped} {
  const auto fitting =
      std::clamp(batch_bytes_max / campaign_.size, std::size_t{1}, batch_count_max);
  slots_.assign(fitting, blank_payload(campaign_.size));
  batch_.assign(slots_.begin(), slots_.end());
}

Publisher::Outcome Publisher::run() {
  auto acks = AckReader::connect(campaign_.acks);
  if (!acks) return std::unexpected("an address of acks cannot be reached");
  acks_ = std::move(*acks);
  // Sleeps of this thread end when they should, not up to 50 microseconds later.
  prctl(PR_SET_TIMERSLACK, 1UL);
  progress_ns_ = monotonic_ns();
  schedule_ = {campaign_.rate, progress_ns_};
  for (;;) {
    acks_.look();
    start_clock();
    if (done()) return result();
    const auto now = monotonic_ns();
    const auto number = publishable(now);
    const auto sent = publish(number, now);
    if (!sent) return std::unexpected(sent.error());
    published_ += *sent;
    if (stalled(now)) return std::unexpected(stall());
    if (stopped_) return std::unexpected("the agent ends");
    if (number == 0) wait(now);
  }
}

/// Where publishers share a topic, the acknowledgements count the messages of all.
bool Publisher::done() const {
  return published_ == campaign_.count && reached() >= campaign_.count;
}

std::uint64_t Publisher::due(std::int64_t now_ns) const {
  return std::min(campaign_.count, schedule_.due(now_ns));
}

/// How many messages may leave now.
std::uint64_t Publisher::publishable(std::int64_t now_ns) const {
  const auto window_end = acks_.empty() ? campaign_.count : acks_.slowest() + campaign_.window;
  const auto end = std::min(window_end, due(now_ns));
  return end > published_ ? std::min<std::uint64_t>(end - published_, slots_.size()) : 0;
}

std::uint64_t Schedule::due(std::int64_t now_ns) const {
  if (rate_ <= 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(static_cast<double>(now_ns - begun_ns_) * rate_ / 1e9) + 1;
}

std::int64_t Schedule::time_of(std::uint64_t index) const {
  if (rate_ <= 0) return begun_ns_;
  return begun_ns_ + static_cast<std::int64_t>(static_cast<double>(index) * 1e9 / rate_);
}

std::optional<std::int64_t> Schedule::wake(std::uint64_t next, std::int64_t now_ns) const {
  const auto time = time_of(next);
  if (time <= now_ns) return std::nullopt;
  return time;
}

/// Hands over the next `number` messages; answers how many were taken.
std::expected<std::uint64_t, std::string> Publisher::publish(std::uint64_t number,
                                                             std::int64_t now_ns) {
  if (number == 0) return 0;
  for (std::uint64_t i = 0; i < number; ++i) {
    const auto index = published_ + i;
    const auto sent_ns = campaign_.rate > 0 ? schedule_.time_of(index) : now_ns;
    stamp(slots_[i], {sent_ns, campaign_.first_sequence + index * campaign_.sequence_step});
  }
  const auto published =
      topic_.publish_all(std::span{batch_}.first(number), ring_wait, BatchOrder::as_given);
  if (published) return published->size();
  if (published.error().code == ErrorCode::queue_full) return 0;
  return std::unexpected(published.error().detail);
}

/// The measured part begins when the slowest has the warm-up.
void Publisher::start_clock() {
  if (!start_ && reached() >= campaign_.warmup) start_ = Stamp::now();
}

/// Whether nothing has moved for ten seconds. Waiting for the time of the next message is no stall.
bool Publisher::stalled(std::int64_t now_ns) {
  const bool at_rest = reached() >= published_ && published_ == due(now_ns);
  const auto moved = reached() + published_;
  if ((at_rest && !acks_.broken()) || moved != progress_) {
    progress_ = moved;
    progress_ns_ = now_ns;
  }
  return now_ns - progress_ns_ > stall_ns || (acks_.broken() && reached() < campaign_.count);
}

std::string Publisher::stall() const {
  auto text = "stalled at " + std::to_string(reached());
  if (acks_.broken()) text += ": acknowledgements ended";
  return text;
}

void Publisher::wait(std::int64_t now_ns) {
  const auto latest = now_ns + nap_ns;
  acks_.wait_until(std::min(latest, schedule_.wake(published_, now_ns).value_or(latest)));
}

boost::json::object Publisher::result() const {
  const auto end = Stamp::now();
  return {
      {"published", campaign_.count - campaign_.warmup},
      {"wall_ns", end.ns - start_->ns},
      {"cpu_us", end.cpu_us - start_->cpu_us},
      {"start_ns", start_->ns},
      {"end_ns", end.ns},
  };
}

}  // namespace grapevine::agent
