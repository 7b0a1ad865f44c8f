// SPDX-License-Identifier: Apache-2.0
#include "net/txt_resolver.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <semaphore>

#include "base/bytes.hpp"
#include "base/rng.hpp"

namespace grapevine::net {
namespace {

using Records = std::vector<std::string>;

void append_text(Bytes& out, std::string_view text) {
  Bytes data;
  for (; text.size() > 255; text.remove_prefix(255)) {
    data.push_back(255);
    append(data, as_bytes(text.substr(0, 255)));
  }
  data.push_back(static_cast<std::uint8_t>(text.size()));
  append(data, as_bytes(text));
  append(out, Bytes{0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 60});  // the name asked for, TXT, IN, a minute
  base::append_big_endian(out, static_cast<std::uint16_t>(data.size()));
  append(out, data);
}

/// The answer to `query`; without records the name does not exist.
Bytes answer_to(ByteView query, const Records& records) {
  Bytes out = to_bytes(query.first(2));
  append(out, Bytes{0x81, static_cast<std::uint8_t>(records.empty() ? 0x83 : 0x80), 0, 1});
  base::append_big_endian(out, static_cast<std::uint16_t>(records.size()));
  append(out, Bytes{0, 0, 0, 0});
  std::size_t end = 12;
  while (query[end] != 0) end += query[end] + std::size_t{1};
  append(out, query.subspan(12, end + 5 - 12));
  for (const auto& record : records) append_text(out, record);
  return out;
}

std::string name_in(ByteView query) {
  std::string name;
  for (std::size_t at = 12; query[at] != 0; at += query[at] + std::size_t{1}) {
    if (!name.empty()) name += '.';
    name += as_text(query.subspan(at + 1, query[at]));
  }
  return name;
}

/// A name server on a port of the loopback interface.
class NameServer {
 public:
  explicit NameServer(std::map<std::string, Records> names) : names_{std::move(names)} {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* raw = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(::bind(socket_, raw, size), 0);
    EXPECT_EQ(::getsockname(socket_, raw, &size), 0);
    thread_ = std::thread{[this] { serve(); }};
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  ~NameServer() {
    const auto* raw = reinterpret_cast<const sockaddr*>(&address_);
    ::sendto(socket_, "", 0, 0, raw, sizeof address_);  // an empty datagram: stop
    thread_.join();
    ::close(socket_);
  }
  sockaddr_in address() const { return address_; }

 private:
  void serve() {
    Bytes buffer(2048);
    for (;;) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      auto* raw = reinterpret_cast<sockaddr*>(&from);
      const auto got = ::recvfrom(socket_, buffer.data(), buffer.size(), 0, raw, &size);
      if (got <= 16) return;
      const auto query = ByteView{buffer}.first(static_cast<std::size_t>(got));
      const auto found = names_.find(name_in(query));
      const auto answer = answer_to(query, found == names_.end() ? Records{} : found->second);
      ::sendto(socket_, answer.data(), answer.size(), 0, raw, size);
    }
  }

  std::map<std::string, Records> names_;
  int socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address_{};
  std::thread thread_;
};

class TxtResolving : public testing::Test {
 protected:
  TxtRecords records_of(const std::string& name, const sockaddr_in& server) {
    TxtResolver resolver{[&] { woken.release(); }, {server}};
    EXPECT_TRUE(resolver.ask(7, name));
    EXPECT_TRUE(woken.try_acquire_for(std::chrono::seconds{30}));
    auto answers = resolver.collect();
    EXPECT_EQ(answers.size(), 1u);
    if (answers.empty()) return unexpected(std::string{"nothing"});
    EXPECT_EQ(answers[0].id, 7u);
    return answers[0].records;
  }

  std::counting_semaphore<> woken{0};
};

TEST_F(TxtResolving, GivesEveryTextJoinedFromItsParts) {
  const Records records{"dnsaddr=/ip4/1.2.3.4/tcp/4001", std::string(600, 'x'), ""};
  NameServer server{{{"_dnsaddr.example.com", records}}};

  const auto found = records_of("_dnsaddr.example.com", server.address());

  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(*found, records);
}

TEST_F(TxtResolving, SaysThatANameDoesNotExist_F29) {
  NameServer server{{}};

  EXPECT_EQ(records_of("_dnsaddr.example.com", server.address()).error(), "no such name");
}

TEST_F(TxtResolving, TakesAThousandRecords_F29) {
  Records records;
  for (int i = 0; i < 1000; ++i) records.push_back("dnsaddr=/ip4/1.2.3.4/tcp/" + std::to_string(i));
  NameServer server{{{"many.example.com", records}}};

  const auto found = records_of("many.example.com", server.address());

  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(*found, records);
}

TEST_F(TxtResolving, SaysThatNobodyAnswers_F29) {
  sockaddr_in nobody{};
  {
    NameServer gone{{}};
    nobody = gone.address();
  }

  EXPECT_EQ(records_of("example.com", nobody).error(), "no name server answers");
}

TEST_F(TxtResolving, RefusesMoreThanMayWait) {
  NameServer server{{}};
  TxtResolver resolver{[&] { woken.release(); }, {server.address()}};
  std::uint64_t taken = 0;
  while (taken < 100'000 && resolver.ask(taken, "x.example.com")) ++taken;

  EXPECT_GE(taken, 256u);
  EXPECT_LT(taken, 100'000u);
}

TEST(TxtRecords, OfDamagedAnswersAreNoneOrGenuine) {
  const Bytes query{1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 16, 0, 1};
  const auto whole = answer_to(query, {"dnsaddr=/ip4/1.2.3.4/tcp/4001", std::string(300, 'y')});
  ASSERT_EQ(txt_records_of(whole.data(), whole.size()).size(), 2u);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(txt_records_of(cut.data(), cut.size()).empty()) << size;
  }
  Rng rng{Rng::Seed{5}};
  for (int round = 0; round < 20'000; ++round) {
    auto broken = whole;
    for (int i = 0; i < 3; ++i) {
      broken[rng.below(broken.size())] = static_cast<std::uint8_t>(rng.below(256));
    }
    EXPECT_LE(txt_records_of(broken.data(), broken.size()).size(), 100u);
  }
}

}  // namespace
}  // namespace grapevine::net
