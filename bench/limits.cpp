// SPDX-License-Identifier: Apache-2.0
// What this machine can do at all, with the primitives the node is built of: how fast one core
// encrypts, signs, verifies and hashes, and what the loopback carries, bare and encrypted. Prints
// one JSON object; sizes are in bytes, `gbps` is 10^9 bytes a second.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <thread>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "crypto/signatures.hpp"

namespace {

using namespace grapevine;
using crypto::ChaChaPoly;

constexpr double run_seconds = 0.4;
constexpr std::size_t record_size = 16 * 1024;
constexpr std::size_t sealed_size = record_size + crypto::tag_size;
constexpr std::size_t records_per_write = 8;
constexpr std::size_t stream_bytes = std::size_t{1} << 30;
constexpr std::size_t small_writes = 100'000;

double seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

/// Of this process's own time: other programs on the machine do not count.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// How often one core does `work` in a second, after a tenth of the time to warm up.
template <class Work>
double rate(Work work) {
  const auto run = [&](double length) {
    const auto begin = processor_seconds();
    std::size_t done = 0;
    double spent = 0;
    do {
      for (int i = 0; i < 16; ++i) work();
      done += 16;
      spent = processor_seconds() - begin;
    } while (spent < length);
    return static_cast<double>(done) / spent;
  };
  run(run_seconds / 10);
  return run(run_seconds);
}

Bytes filled(std::size_t size) {
  Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

double sealed_per_second(std::size_t size) {
  ChaChaPoly cipher{ChaChaPoly::Key{1}, ChaChaPoly::Direction::seal};
  const auto plain = filled(size);
  Bytes out(size + crypto::tag_size);
  std::uint64_t nonce = 0;
  const std::array pieces{ByteView{plain}};
  return rate([&] { cipher.seal(nonce++, {}, pieces, out); });
}

/// Bytes a second, in pieces of 16 KiB.
template <class Hash>
double hashed_per_second(Hash hash) {
  const auto bytes = filled(record_size);
  const std::array pieces{ByteView{bytes}};
  return rate([&] { hash(std::span<const ByteView>{pieces}); }) * record_size;
}

struct Signing {
  double signs;
  double verifies;
};

/// Of a message of 200 bytes, the size of a small one with its envelope.
Signing signing() {
  const auto key = crypto::ed25519::KeyPair::from_seed({1});
  const auto message = filled(200);
  const std::array pieces{ByteView{message}};
  auto signature = key.sign(pieces);
  const auto signs = rate([&] { signature = key.sign(pieces); });
  const auto verifies = rate([&] {
    if (crypto::ed25519::verify(key.public_key, pieces, signature) != crypto::Verdict::valid)
      std::abort();
  });
  return {signs, verifies};
}

void check(bool succeeded) {
  if (succeeded) return;
  std::perror("bench_limits");
  std::exit(1);
}

/// Two ends of a TCP connection over the loopback.
class Connection {
 public:
  Connection() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const place = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    check(::bind(listener, place, size) == 0 && ::listen(listener, 1) == 0);
    check(::getsockname(listener, place, &size) == 0);
    writer_ = ::socket(AF_INET, SOCK_STREAM, 0);
    check(::connect(writer_, place, size) == 0);
    reader_ = ::accept(listener, nullptr, nullptr);
    check(reader_ >= 0);
    ::close(listener);
    const int on = 1;
    ::setsockopt(writer_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    ::close(writer_);
    ::close(reader_);
  }

  void write(ByteView bytes) {
    while (!bytes.empty()) {
      const auto size = ::write(writer_, bytes.data(), bytes.size());
      check(size > 0);
      bytes = bytes.subspan(static_cast<std::size_t>(size));
    }
  }
  void end() { ::shutdown(writer_, SHUT_WR); }
  /// Fills `room` as far as there is something before the end; answers how far.
  std::size_t read(MutableBytes room) {
    std::size_t taken = 0;
    while (taken < room.size()) {
      const auto size = ::read(reader_, room.data() + taken, room.size() - taken);
      check(size >= 0);
      if (size == 0) break;
      taken += static_cast<std::size_t>(size);
    }
    return taken;
  }

 private:
  int writer_ = -1;
  int reader_ = -1;
};

/// Writes a second of `count` writes of `size`, until the last byte was read by another thread.
double written_per_second(std::size_t size, std::size_t count) {
  Connection connection;
  std::thread reader{[&] {
    Bytes room(256 * 1024);
    while (connection.read(room) == room.size()) {
    }
  }};
  const auto bytes = filled(size);
  const auto begin = seconds();
  for (std::size_t i = 0; i < count; ++i) connection.write(bytes);
  connection.end();
  reader.join();
  return static_cast<double>(count) / (seconds() - begin);
}

/// Bytes a second through the loopback, sealed by one thread and opened by another: what a node
/// could move at most to one peer if all the rest cost nothing.
double sealed_stream_per_second() {
  Connection connection;
  std::thread reader{[&] {
    ChaChaPoly cipher{ChaChaPoly::Key{1}, ChaChaPoly::Direction::open};
    Bytes room(records_per_write * sealed_size);
    for (std::uint64_t nonce = 0; connection.read(room) == room.size();) {
      for (std::size_t i = 0; i < records_per_write; ++i) {
        const auto sealed = MutableBytes{room}.subspan(i * sealed_size, sealed_size);
        if (!cipher.open(nonce++, {}, sealed)) std::abort();
      }
    }
  }};
  ChaChaPoly cipher{ChaChaPoly::Key{1}, ChaChaPoly::Direction::seal};
  const auto plain = filled(record_size);
  const std::array pieces{ByteView{plain}};
  Bytes out(records_per_write * sealed_size);
  constexpr auto records = stream_bytes / record_size;
  const auto begin = seconds();
  for (std::uint64_t nonce = 0; nonce < records;) {
    for (std::size_t i = 0; i < records_per_write; ++i) {
      cipher.seal(nonce++, {}, pieces, MutableBytes{out}.subspan(i * sealed_size, sealed_size));
    }
    connection.write(out);
  }
  connection.end();
  reader.join();
  return static_cast<double>(stream_bytes) / (seconds() - begin);
}

}  // namespace

int main() {
  constexpr double billion = 1e9;
  const auto [signs, verifies] = signing();
  std::printf("{\"aead_gbps_16k\": %.3f, ", sealed_per_second(record_size) * record_size / billion);
  std::printf("\"aead_records_64\": %.0f, ", sealed_per_second(64));
  std::printf("\"ed25519_sign_per_s\": %.0f, \"ed25519_verify_per_s\": %.0f, ", signs, verifies);
  const auto sha256 = [](std::span<const ByteView> pieces) { return crypto::sha256(pieces); };
  std::printf("\"sha256_gbps\": %.3f, ", hashed_per_second(sha256) / billion);
  std::printf("\"sha512_gbps\": %.3f, ", hashed_per_second(crypto::sha512) / billion);
  std::printf("\"loopback_write_64_per_s\": %.0f, ", written_per_second(64, small_writes));
  constexpr std::size_t large = 64 * 1024;
  std::printf("\"loopback_gbps\": %.3f, ",
              written_per_second(large, 2 * stream_bytes / large) * large / billion);
  std::printf("\"sealed_loopback_gbps\": %.3f}\n", sealed_stream_per_second() / billion);
}
