// SPDX-License-Identifier: Apache-2.0
#include "agent/publisher.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <cmath>

#include "agent/payload.hpp"

namespace grapevine::agent {

namespace {

constexpr std::size_t batch_bytes_max = 256 * 1024;
/// A batch of so many is taken whole or not at all.
constexpr std::size_t batch_count_max = 128;
constexpr std::int64_t stall_ns = 10'000'000'000;
/// Waits end at the latest then: a run that is told to stop does.
constexpr std::int64_t nap_ns = 100'000'000;
/// After this the node's queue has room again.
constexpr std::int64_t queue_nap_ns = 100'000;

}  // namespace

Campaign Campaign::take(Arguments& from) {
  Campaign campaign;
  campaign.size = from.number("size", {.least = header_size});
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
  begun_ns_ = progress_ns_ = monotonic_ns();
  for (;;) {
    acks_.look();
    start_clock();
    if (reached() >= campaign_.count) return result();
    const auto now = monotonic_ns();
    const auto window_end = acks_.empty() ? campaign_.count : acks_.slowest() + campaign_.window;
    const auto end = std::min({campaign_.count, window_end, due(now)});
    const auto number =
        end > published_ ? std::min<std::uint64_t>(end - published_, slots_.size()) : 0;
    const auto sent = publish(number, now);
    if (!sent) return std::unexpected(sent.error());
    published_ += *sent;
    if (stalled(now)) {
      auto text = "stalled at " + std::to_string(reached());
      if (acks_.broken()) text += ": acknowledgements ended";
      return std::unexpected(std::move(text));
    }
    if (stopped_) return std::unexpected("the agent ends");
    if (*sent == 0) wait(now, number > 0);
  }
}

/// How many messages may have been published by now.
std::uint64_t Publisher::due(std::int64_t now_ns) const {
  if (campaign_.rate <= 0) return campaign_.count;
  const auto elapsed = static_cast<double>(now_ns - begun_ns_);
  return std::min(campaign_.count, static_cast<std::uint64_t>(elapsed * campaign_.rate / 1e9) + 1);
}

std::int64_t Publisher::scheduled_ns(std::uint64_t index) const {
  return begun_ns_ + static_cast<std::int64_t>(static_cast<double>(index) * 1e9 / campaign_.rate);
}

/// Hands over the next `number` messages; answers how many were taken.
std::expected<std::uint64_t, std::string> Publisher::publish(std::uint64_t number,
                                                             std::int64_t now_ns) {
  if (number == 0) return 0;
  for (std::uint64_t i = 0; i < number; ++i) {
    const auto index = published_ + i;
    const auto sent_ns = campaign_.rate > 0 ? scheduled_ns(index) : now_ns;
    stamp(slots_[i], {sent_ns, campaign_.first_sequence + index * campaign_.sequence_step});
  }
  const auto published = topic_.publish_all(std::span{batch_}.first(number));
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

void Publisher::wait(std::int64_t now_ns, bool queue_full) {
  auto until = now_ns + (queue_full ? queue_nap_ns : nap_ns);
  if (campaign_.rate > 0 && published_ < campaign_.count)
    until = std::min(until, scheduled_ns(published_));
  acks_.wait_until(until);
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
