// SPDX-License-Identifier: Apache-2.0
#include "multi/multiaddr.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/rng.hpp"
#include "base/text.hpp"
#include "base/varint.hpp"
#include "multi/multihash.hpp"

namespace grapevine {
namespace {

using multi::Protocol;
using Code = MultiaddrErrorCode;

constexpr std::string_view alice = "12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV";
constexpr std::string_view bob = "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC";

Multiaddr address(std::string_view text) {
  auto parsed = Multiaddr::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text << ": " << (parsed ? "" : parsed.error().message());
  return parsed ? *parsed : Multiaddr{};
}

Bytes peer(std::string_view text) { return multi::peer_multihash_from_text(text).value(); }

std::string parse_error(std::string_view text) {
  const auto parsed = Multiaddr::parse(text);
  return parsed ? "none, but " + parsed->to_string() : parsed.error().message();
}

MultiaddrError bytes_error(std::string_view hex) {
  const auto read = Multiaddr::from_bytes(*base::from_hex(hex));
  EXPECT_FALSE(read.has_value()) << hex;
  return read ? MultiaddrError{Code::empty, 0, "none"} : read.error();
}

TEST(Multiaddr, ConvertsBetweenTextAndBytesAsTheSpecSays) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/ip4/127.0.0.1/udp/1234", "047f000001910204d2"},
      {"/ip4/127.0.0.1/tcp/4321", "047f0000010610e1"},
      {"/ip4/127.0.0.1/udp/1234/ip4/127.0.0.1/tcp/4321", "047f000001910204d2047f0000010610e1"},
      {"/ip6/2001:8a0:7ac5:4201:3ac9:86ff:fe31:7095/tcp/8000",
       "29200108a07ac542013ac986fffe317095061f40"},
      {"/ip6/::1/udp/65535/quic-v1", "29000000000000000000000000000000019102ffffcd03"},
      {"/ip6zone/x/ip6/fe80::1", "2a017829fe800000000000000000000000000001"},
      {"/dns/example.com", "350b6578616d706c652e636f6d"},
      {"/dns4/example.com", "360b6578616d706c652e636f6d"},
      {"/dns6/example.com", "370b6578616d706c652e636f6d"},
      {"/dnsaddr/example.com", "380b6578616d706c652e636f6d"},
      {"/tcp/0/tls/sni/a.b/ws", "060000c003c10303612e62dd03"},
      {"/tcp/443/wss/noise/http", "0601bbde03c603e003"},
      {"/p2p-circuit", "a202"},
      {"/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
       "a503221220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db76a68911c0b"},
  };
  for (const auto& [text, hex] : cases) {
    EXPECT_EQ(base::to_hex(address(text).bytes()), hex);
    const auto read = Multiaddr::from_bytes(*base::from_hex(hex));
    ASSERT_TRUE(read.has_value()) << hex << ' ' << read.error().message();
    EXPECT_EQ(read->to_string(), text);
  }
}

TEST(Multiaddr, ReadsWhatOtherImplementationsWrite) {
  for (const auto text :
       {"/ip4/1.2.3.4", "/ip4/0.0.0.0", "/ip6/::1",
        "/ip6/2601:9:4f81:9700:803e:ca65:66e8:c21/udp/1234/quic", "/ip6zone/x%y/ip6/fe80::1",
        "/udp/0", "/tcp/65535", "/tcp/1234/tls/http",
        "/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV",
        "/ip4/127.0.0.1/tcp/127/tls/ws", "/ip4/127.0.0.1/udp/1234/quic-v1/webtransport",
        "/ip4/127.0.0.1/udp/9/webrtc-direct/webrtc",
        "/ip4/127.0.0.1/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC/tcp/1234",
        "/dnsaddr/bootstrap.libp2p.io", "/dns4/_underscore.example/tcp/1"}) {
    EXPECT_EQ(address(text).to_string(), text);
  }
}

TEST(Multiaddr, PrintsOneCanonicalText) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/ip4/127.0.0.1/tcp/1234/", "/ip4/127.0.0.1/tcp/1234"},
      {"/tcp/1234///", "/tcp/1234"},
      {"/tcp/0080", "/tcp/80"},
      {"/ip6/0:0:0:0:0:0:0:1", "/ip6/::1"},
      {"/ip6/::ffff:1.2.3.4", "/ip6/::ffff:1.2.3.4"},
      {"/ipfs/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
       "/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC"},
      {"/p2p/bafzbeigvf25ytwc3akrijfecaotc74udrhcxzh2cx3we5qqnw5vgrei4bm",
       "/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC"},
      {"/p2p/k2k4r8oqamigqdo6o7hsbfwd45y70oyynp98usk7zmyfrzpqxh1pohl7",
       "/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC"},
      {"/certhash/b2uaraocy6yrdblb4sfptaddgimjmmpy", "/certhash/u1QEQOFj2IjCsPJFfMAxmQxLGPw"},
  };
  for (const auto& [given, printed] : cases) EXPECT_EQ(address(given).to_string(), printed);
}

TEST(Multiaddr, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "the address is empty at byte 0"},
      {"/", "the address is empty at byte 0"},
      {"///", "the address is empty at byte 0"},
      {"ip4/1.2.3.4", "an address begins with '/' 'ip4/1.2.3.4' at byte 0"},
      {"/ip4/127.0.0.1/tpc/4001", "unknown protocol 'tpc' at byte 15"},
      {"/ip4/1.2.3.4//tcp/80", "a protocol name is missing at byte 13"},
      {"/IP4/1.2.3.4", "unknown protocol 'IP4' at byte 1"},
      {"/ip4", "the value is missing behind 'ip4' at byte 1"},
      {"/ip4/1.2.3.4/tcp", "the value is missing behind 'tcp' at byte 13"},
      {"/ip4/1.2.3.4/tcp/65536", "bad value '65536' at byte 17"},
      {"/ip4/::1", "bad value '::1' at byte 5"},
      {"/ip6zone//ip6/fe80::1", "bad value at byte 9"},
      {"/p2p/\x01\xff", "bad value '?\?' at byte 5"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(parse_error(text), message) << text;
}

TEST(Multiaddr, RefusesValuesTheirProtocolsDoNotAllow) {
  for (const auto text : {"/ip4/fdpsofodsajfdoisa",
                          "/ip4/1.2.3",
                          "/ip4/01.2.3.4",
                          "/ip6/1.2.3.4",
                          "/ip6/::1%eth0",
                          "/tcp/-1",
                          "/tcp/+1",
                          "/tcp/1 ",
                          "/tcp/0x10",
                          "/tcp/99999999999999999999",
                          "/udp/jfodsajfidosajfoidsa",
                          "/dns/a b",
                          "/dns/a\tb",
                          "/dns/\xc3\xa9",
                          "/p2p/tcp",
                          "/p2p/bogus",
                          "/p2p/QmxoHT6iViN5xAjoz1VZ553cL31U9F94ht3QvWR1FrEbZY",
                          "/certhash/b2uaraocy6yrdblb4sfptaddgimjmmp",
                          "/certhash/",
                          "/ip4/127.0.0.1/quic/1234",
                          "/ip4/127.0.0.1/udp/1234/quic-v1/1234",
                          "/tcp/9090/http/p2p-webcrt-direct"}) {
    EXPECT_FALSE(Multiaddr::parse(text).has_value()) << text;
  }
}

TEST(Multiaddr, SaysWhereBytesAreWrong) {
  EXPECT_EQ(bytes_error("").code, Code::empty);
  EXPECT_EQ(bytes_error("047f0000010599").message(), "unknown protocol '0x5' at byte 5");
  EXPECT_EQ(bytes_error("ffffffff0f").message(), "unknown protocol '0xffffffff' at byte 0");
  EXPECT_EQ(bytes_error("00").message(), "unknown protocol '0x0' at byte 0");
  EXPECT_EQ(bytes_error("047f00").message(), "the address ends too early 'ip4' at byte 1");
  EXPECT_EQ(bytes_error("0600").code, Code::truncated);
  EXPECT_EQ(bytes_error("35").code, Code::truncated);
  EXPECT_EQ(bytes_error("350461").code, Code::truncated);
  EXPECT_EQ(bytes_error("a5").code, Code::truncated);
  EXPECT_EQ(bytes_error("3500").code, Code::bad_value);
  EXPECT_EQ(bytes_error("3503612f62").message(), "bad value 'dns' at byte 2");
  EXPECT_EQ(bytes_error("3503610062").code, Code::bad_value);
  EXPECT_EQ(bytes_error("a503020041").code, Code::bad_value);
}

TEST(Multiaddr, V04RefusesMalformedNumbersInBytes) {
  EXPECT_EQ(bytes_error("8400").code, Code::bad_varint);
  EXPECT_EQ(bytes_error("35810061").code, Code::bad_varint);
  EXPECT_EQ(bytes_error("ffffffffffffffffffff01").code, Code::bad_varint);
  EXPECT_EQ(bytes_error("35ffffffffffffffffff02").code, Code::bad_varint);
}

TEST(Multiaddr, V03RefusesLengthsBeyondWhatIsThere) {
  EXPECT_EQ(bytes_error("35ffffffff0761").code, Code::truncated);
  EXPECT_EQ(bytes_error("35ffffffffffffffff7f61").code, Code::truncated);
  EXPECT_EQ(bytes_error("35ffffffffffffffffff0161").code, Code::truncated);
}

TEST(Multiaddr, HasAtMost32Components) {
  std::string text;
  for (std::size_t i = 0; i < Multiaddr::components_max; ++i) text += "/ws";
  EXPECT_EQ(address(text).components().size(), Multiaddr::components_max);
  EXPECT_EQ(parse_error(text + "/ws"), "the address has too many components at byte 97");

  auto bytes = address(text).bytes();
  EXPECT_TRUE(Multiaddr::from_bytes(bytes).has_value());
  append(bytes, address("/ws").bytes());
  EXPECT_EQ(Multiaddr::from_bytes(bytes).error().code, Code::too_many_components);
}

TEST(Multiaddr, HasAtMost1024Bytes) {
  // Four names of 253 characters with code and a length of two bytes each make 1,024 bytes.
  const auto name = "/dns/" + std::string(multi::host_name_size_max, 'a');
  const auto full = address(name + name + name + name);
  ASSERT_EQ(full.bytes().size(), Multiaddr::size_max);
  EXPECT_TRUE(Multiaddr::from_bytes(full.bytes()).has_value());

  EXPECT_EQ(Multiaddr::parse(full.to_string() + "/ws").error().code, Code::too_long);
  const auto longer = full.encapsulate(address("/ws"));
  EXPECT_EQ(Multiaddr::from_bytes(longer.bytes()).error().code, Code::too_long);
  EXPECT_EQ(Multiaddr::parse(std::string(100'000, '/')).error().code, Code::too_long);
}

TEST(Multiaddr, NamesHaveAtMost253Characters) {
  EXPECT_TRUE(Multiaddr::parse("/dns/" + std::string(253, 'a')).has_value());
  EXPECT_EQ(Multiaddr::parse("/dns/" + std::string(254, 'a')).error().code, Code::bad_value);
  EXPECT_TRUE(Multiaddr::parse("/ip6zone/" + std::string(64, 'a')).has_value());
  EXPECT_EQ(Multiaddr::parse("/ip6zone/" + std::string(65, 'a')).error().code, Code::bad_value);
}

TEST(Multiaddr, ShowsOnlyTheBeginningOfALongMistake) {
  const auto error = Multiaddr::parse("/" + std::string(4000, 'x')).error();
  EXPECT_EQ(error.text, std::string(64, 'x'));
}

TEST(Multiaddr, ListsItsComponents) {
  const auto given = address("/dns4/example.com/tcp/443/wss");

  const auto parts = given.components();

  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].protocol, Protocol::dns4);
  EXPECT_EQ(parts[0].value_text(), "example.com");
  EXPECT_EQ(parts[1].protocol, Protocol::tcp);
  EXPECT_EQ(parts[1].value_text(), "443");
  EXPECT_EQ(parts[2].protocol, Protocol::wss);
  EXPECT_TRUE(parts[2].value.empty());
  EXPECT_TRUE(given.has(Protocol::wss));
  EXPECT_FALSE(given.has(Protocol::p2p));
}

TEST(Multiaddr, ThePeerIsTheOneAtTheEnd) {
  const auto relayed = "/ip4/1.2.3.4/tcp/1/p2p/" + std::string{bob} + "/p2p-circuit";
  EXPECT_EQ(address(relayed).peer_id_bytes(), std::nullopt);
  EXPECT_EQ(address("/tcp/1").peer_id_bytes(), std::nullopt);
  EXPECT_EQ(Multiaddr{}.peer_id_bytes(), std::nullopt);

  const auto given = address(relayed + "/p2p/" + std::string{alice});
  ASSERT_TRUE(given.peer_id_bytes().has_value());
  EXPECT_EQ(base::to_base58(*given.peer_id_bytes()), alice);
}

TEST(Multiaddr, GainsAndLosesThePeerAtItsEnd) {
  const auto bare = address("/ip4/1.2.3.4/tcp/1");
  const auto with_alice = address("/ip4/1.2.3.4/tcp/1/p2p/" + std::string{alice});

  EXPECT_EQ(bare.with_p2p(peer(alice)), with_alice);
  EXPECT_EQ(with_alice.with_p2p(peer(alice)), with_alice);
  EXPECT_EQ(with_alice.with_p2p(peer(bob)).to_string(),
            "/ip4/1.2.3.4/tcp/1/p2p/" + std::string{bob});
  EXPECT_EQ(with_alice.without_p2p(), bare);
  EXPECT_EQ(bare.without_p2p(), bare);
  EXPECT_TRUE(Multiaddr{}.with_p2p(peer(bob)).without_p2p().empty());
}

TEST(MultiaddrDeathTest, StopsTheProgramWhenGivenNoPeer) {
  EXPECT_DEATH(Multiaddr{}.with_p2p(Bytes{1, 2, 3}), "valid_value");
}

TEST(Multiaddr, Encapsulates) {
  const auto outer = address("/ip4/1.2.3.4");
  EXPECT_EQ(outer.encapsulate(address("/tcp/80")).to_string(), "/ip4/1.2.3.4/tcp/80");
  EXPECT_EQ(outer.encapsulate(Multiaddr{}), outer);
  EXPECT_EQ(Multiaddr{}.encapsulate(outer), outer);
  EXPECT_EQ(Multiaddr{}.to_string(), "/");
}

TEST(Multiaddr, ComparesByItsBytes) {
  EXPECT_EQ(address("/tcp/80"), address("/tcp/080/"));
  EXPECT_NE(address("/tcp/80"), address("/tcp/81"));
  EXPECT_LT(address("/tcp/80"), address("/tcp/81"));
  const std::set<Multiaddr> several{address("/tcp/2"), address("/tcp/1"), address("/tcp/2")};
  EXPECT_EQ(several.size(), 2U);
}

TEST(Multiaddr, NamesATcpEndpointOnlyWhenItIsNothingElse) {
  const auto peer_part = "/p2p/" + std::string{alice};
  EXPECT_EQ(address("/ip4/1.2.3.4/tcp/80").tcp_endpoint(),
            (TcpEndpoint{Protocol::ip4, "1.2.3.4", 80}));
  EXPECT_EQ(address("/ip6/::1/tcp/0" + peer_part).tcp_endpoint(),
            (TcpEndpoint{Protocol::ip6, "::1", 0}));
  for (const std::string host : {"dns", "dns4", "dns6"}) {
    EXPECT_EQ(address("/" + host + "/a.b/tcp/65535").tcp_endpoint()->host, "a.b") << host;
  }
  for (const auto& text :
       {"/ip4/1.2.3.4", "/tcp/80", "/ip4/1.2.3.4/udp/80", "/ip4/1.2.3.4/tcp/80/ws",
        "/ip4/1.2.3.4/tcp/80/tls", "/dnsaddr/a.b/tcp/80", "/ip6zone/x/ip6/fe80::1/tcp/1",
        "/tcp/80/ip4/1.2.3.4", "/ip4/1.2.3.4/p2p-circuit"}) {
    EXPECT_EQ(address(text).tcp_endpoint(), std::nullopt) << text;
  }
  EXPECT_EQ(address("/ip4/1.2.3.4/tcp/80" + peer_part + "/p2p-circuit").tcp_endpoint(),
            std::nullopt);
  EXPECT_EQ(Multiaddr{}.tcp_endpoint(), std::nullopt);
}

/// A valid value of a kind, or something close to one.
Bytes any_value(multi::ValueKind kind, Rng& rng) {
  Bytes value;
  switch (kind) {
    case multi::ValueKind::none:
      return {};
    case multi::ValueKind::ip4:
      value.resize(4);
      break;
    case multi::ValueKind::ip6:
      value.resize(16);
      break;
    case multi::ValueKind::port:
      value.resize(2);
      break;
    case multi::ValueKind::host_name:
    case multi::ValueKind::zone:
      value.resize(1 + rng.below(64));
      for (auto& c : value) c = static_cast<std::uint8_t>('0' + rng.below(10));
      return value;
    case multi::ValueKind::peer:
    case multi::ValueKind::hash: {
      Bytes digest(32);
      rng.fill(digest);
      return multi::encode_multihash({multi::sha2_256_code, digest});
    }
  }
  rng.fill(value);
  if (rng.chance(1, 2)) std::ranges::fill(value, std::uint8_t{0});
  return value;
}

TEST(Multiaddr, AnyAddressSurvivesTextAndBytes) {
  constexpr Protocol protocols[] = {
      Protocol::ip4,           Protocol::tcp,          Protocol::ip6,        Protocol::ip6zone,
      Protocol::dns,           Protocol::dns4,         Protocol::dns6,       Protocol::udp,
      Protocol::dnsaddr,       Protocol::p2p,          Protocol::tls,        Protocol::sni,
      Protocol::noise,         Protocol::quic,         Protocol::certhash,   Protocol::quic_v1,
      Protocol::webrtc,        Protocol::ws,           Protocol::wss,        Protocol::http,
      Protocol::webrtc_direct, Protocol::webtransport, Protocol::p2p_circuit};
  Rng rng{Rng::Seed{1}};
  for (int i = 0; i < 2000; ++i) {
    Bytes bytes;
    for (auto count = 1 + rng.below(8); count > 0; --count) {
      const auto& info = multi::info(protocols[rng.below(std::size(protocols))]);
      const auto value = any_value(info.value, rng);
      base::append_varint(bytes, std::to_underlying(info.protocol));
      if (!info.value_size()) base::append_varint(bytes, value.size());
      append(bytes, value);
    }

    const auto read = Multiaddr::from_bytes(bytes);
    ASSERT_TRUE(read.has_value()) << base::to_hex(bytes) << ' ' << read.error().message();
    ASSERT_EQ(read->bytes(), bytes);
    const auto parsed = Multiaddr::parse(read->to_string());
    ASSERT_TRUE(parsed.has_value()) << read->to_string() << ' ' << parsed.error().message();
    ASSERT_EQ(*parsed, *read);
  }
}

}  // namespace
}  // namespace grapevine
