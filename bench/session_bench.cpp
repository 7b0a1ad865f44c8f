// SPDX-License-Identifier: Apache-2.0
// What a pair of sessions in memory carries on one core, both ends together: writes of a size are
// queued a turn at a time, sealed, handed over as a receive buffer, opened and delivered.
// Prints one line per size. Argument: MiB to move per size (default 1024).
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "core/noise/records.hpp"
#include "core/session/session.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::session;

constexpr std::size_t turn_bytes = 128 * 1024;  // what a shell writes and reads at once

double seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::size_t heap() { return mallinfo2().uordblks; }

KeyPair key(std::uint8_t number) { return KeyPair::from_ed25519_seed({number}); }

/// A dialer and a listener, each fed from the other's output.
class Pair {
 public:
  Pair()
      : dialer_{make(Role::dialer, dialer_key_)}, listener_{make(Role::listener, listener_key_)} {
    settle();
    stream_ = *dialer_.open_stream({"/bench/1"}, now_);
    settle();
    received_ = 0;
  }

  /// Sends one turn of `count` writes of `block`.
  void turn(const SharedBytes& block, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) dialer_.write(stream_, block);
    settle();
  }
  std::size_t received() const { return received_; }
  std::size_t pieces() const { return pieces_; }
  std::size_t records() const { return records_; }
  void idle() {
    for (int i = 0; i < 4; ++i) {
      now_ += std::chrono::seconds{30};
      dialer_.on_deadline(now_);
      listener_.on_deadline(now_);
      settle();
    }
  }
  /// Ends the dialer; answers how many bytes of heap that freed.
  std::size_t drop_dialer() {
    const auto before = heap();
    {
      const Session gone = std::move(dialer_);
    }
    return before - heap();
  }

 private:
  Session make(Role role, const KeyPair& identity) {
    return {{.role = role,
             .identity = &identity,
             .expected = std::nullopt,
             .config = config_,
             .protocols = protocols_},
            Rng{Rng::Seed{static_cast<std::uint8_t>(role)}},
            now_};
  }

  void settle() {
    while (move(dialer_, listener_) || move(listener_, dialer_)) {
    }
  }
  bool move(Session& from, Session& to) {
    drain(from);
    wire_.clear();
    from.pack(wire_, turn_bytes, now_);
    from.on_written(wire_.size(), now_);
    if (wire_.empty()) return false;
    if (!slab_.unique()) slab_ = Slab{2 * turn_bytes};
    std::copy(wire_.begin(), wire_.end(), slab_.space().begin());  // as read() does
    to.on_bytes({slab_, slab_.space().first(wire_.size())}, now_);
    records_ += wire_.size() / (16 * 1024) + 1;
    drain(to);
    return true;
  }
  void drain(Session& session) {
    while (auto event = session.poll()) {
      if (const auto* const data = std::get_if<StreamData>(&*event)) {
        received_ += data->bytes.size();
        ++pieces_;
        session.consumed(data->stream, data->bytes.size());
      }
    }
  }

  TimePoint now_{std::chrono::seconds{1}};
  std::shared_ptr<const Config> config_ = std::make_shared<const Config>();
  std::shared_ptr<const Protocols> protocols_ =
      std::make_shared<const Protocols>(Protocols{{"/bench/1"}});
  KeyPair dialer_key_ = key(1);
  KeyPair listener_key_ = key(2);
  Session dialer_;
  Session listener_;
  StreamId stream_ = 0;
  std::size_t received_ = 0;
  std::size_t pieces_ = 0;
  std::size_t records_ = 0;
  Bytes wire_;
  Slab slab_{2 * turn_bytes};
};

void run(std::size_t size, std::size_t total) {
  Pair pair;
  const SharedBytes block{Bytes(size, 7)};
  const auto per_turn = turn_bytes / size == 0 ? 1 : turn_bytes / size;
  const auto began = seconds();
  while (pair.received() < total) pair.turn(block, per_turn);
  const auto taken = seconds() - began;
  std::printf("write %6zu B: %6.2f GB/s  %9.0f writes/s  %8.0f records/s  %7.0f pieces/s\n", size,
              static_cast<double>(pair.received()) / taken / 1e9,
              static_cast<double>(pair.received()) / static_cast<double>(size) / taken,
              static_cast<double>(pair.records()) / taken,
              static_cast<double>(pair.pieces()) / taken);
}

/// Averages over many, since freed memory is counted as free only in part.
void idle_memory() {
  constexpr std::size_t count = 200;
  std::vector<std::unique_ptr<Pair>> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    pairs.push_back(std::make_unique<Pair>());
    pairs.back()->idle();
  }
  const auto with_all = heap();
  for (const auto& pair : pairs) pair->drop_dialer();
  const auto session = (with_all - heap()) / count;

  std::vector<noise::RecordWriter> ciphers;
  ciphers.reserve(count);
  const auto before = heap();
  for (std::size_t i = 0; i < count; ++i) ciphers.emplace_back(crypto::ChaChaPoly::Key{});
  const auto cipher = (heap() - before) / count;
  std::printf("idle, one open stream: %zu B of heap a session, %zu B of them two ciphers\n",
              session, 2 * cipher);
}

}  // namespace

int main(int argc, char** argv) {
  const auto total = (argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1024) * 1024 * 1024;
  for (const std::size_t size : {64, 1024, 16 * 1024, 64 * 1024}) run(size, total);
  idle_memory();
  const auto began = seconds();
  constexpr int handshakes = 500;
  for (int i = 0; i < handshakes; ++i) Pair{};
  std::printf("handshakes: %.0f /s, both ends\n", handshakes / (seconds() - began));
  return 0;
}
