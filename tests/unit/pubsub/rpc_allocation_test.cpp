// SPDX-License-Identifier: Apache-2.0
// This file replaces operator new of the whole program, to count.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "allocations.hpp"
#include "core/pubsub/message.hpp"
#include "wire.hpp"

namespace {

std::size_t allocation_count = 0;
std::size_t allocation_bytes = 0;

}  // namespace

// Not inlined: seen through, malloc behind new and free behind delete look mismatched to the
// compiler.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocation_count;
  allocation_bytes += size;
  if (void* const block = std::malloc(size == 0 ? 1 : size)) return block;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace grapevine {

Allocations Allocations::so_far() { return {allocation_count, allocation_bytes}; }

namespace pubsub {
namespace {

using wire::field;
using wire::join;
using wire::repeat;

constexpr std::size_t mebibyte = 1024 * 1024;
/// What the smallest RPCs may take beyond the factor.
constexpr std::size_t first_bytes = 64 * 1024;

struct Shape {
  std::string_view name;
  Bytes frame;
};

Bytes control(const Bytes& entries) { return field(3, entries); }

/// RPCs whose elements are as small as kept elements can be.
std::vector<Shape> dense_frames() {
  const auto graft = field(3, field(1, "t"));
  const auto prune = field(4, field(1, "t"));
  const auto ihave = field(1, join({field(1, "t"), field(2, "i")}));
  const auto px = field(4, join({field(1, "t"), repeat(field(2, field(1, "p")), 16)}));
  const auto subscription = field(1, field(2, "t"));
  const auto publish = field(2, field(4, "t"));
  const auto ids = repeat(field(1, "i"), 10000);
  return {
      {"subscriptions", repeat(subscription, 5000)},
      {"publish", repeat(publish, 1000)},
      {"grafts", control(repeat(graft, 5000))},
      {"prunes", control(repeat(prune, 5000))},
      {"px", control(repeat(px, 1000))},
      {"ihaves", control(repeat(ihave, 5000))},
      {"iwant", control(field(2, ids))},
      {"idontwant", control(field(5, ids))},
      {"all", join({repeat(subscription, 5000), repeat(publish, 1000),
                    control(join({repeat(ihave, 5000), field(2, ids), repeat(graft, 5000),
                                  repeat(prune, 5000), field(5, ids)}))})},
  };
}

TEST(RpcAllocation, V40StaysWithinFourTimesTheFrame) {
  const RpcLimits limits;
  int accepted = 0;
  for (const auto& [name, frame] : dense_frames()) {
    const auto before = Allocations::so_far();
    const auto rpc = read_rpc(frame, limits);
    const auto used = Allocations::so_far().since(before);

    EXPECT_LE(used.bytes, first_bytes + 4 * frame.size()) << name;
    accepted += rpc.has_value();
    if (!rpc) {
      EXPECT_EQ(used.count, 0U) << name << ": refused before anything is built";
    }
  }
  EXPECT_GE(accepted, 4) << "the bound is not proved on refusals alone";
}

TEST(RpcAllocation, V40HoldsForFullFramesOfEverydaySizes) {
  const std::string topic(20, 't');
  const std::string id(46, 'i');
  const auto ihave = field(1, join({field(1, topic), repeat(field(2, id), 100)}));
  const auto messages = repeat(field(2, join({field(2, Bytes(700, 1)), field(4, topic)})), 1000);
  const auto frame = join({messages, control(repeat(ihave, 50))});

  const auto before = Allocations::so_far();
  const auto rpc = read_rpc(frame, {});
  const auto used = Allocations::so_far().since(before);

  ASSERT_TRUE(rpc.has_value());
  EXPECT_EQ(rpc->ihave.size(), 50U);
  EXPECT_LE(used.bytes, frame.size());
  EXPECT_LE(used.count, 53U) << "one block a vector";
}

TEST(RpcAllocation, V37OneFrameOfHundredsOfThousandsOfTopicsCostsNothing) {
  Bytes frame;
  for (std::uint32_t i = 0; frame.size() < 4 * mebibyte; ++i) {
    append(frame, field(1, join({wire::number(1, 1), field(2, std::to_string(i))})));
  }

  const auto before = Allocations::so_far();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(read_rpc(frame, {}).error(), RpcError::too_many);

  EXPECT_EQ(Allocations::so_far().since(before).bytes, 0U);
}

TEST(RpcAllocation, V39EmptyElementsInEveryRepeatedFieldAreRefusedUnbuilt) {
  for (std::uint32_t number = 1; number <= 2; ++number) {
    const auto frame = repeat(field(number, ""), mebibyte / 2);

    const auto before = Allocations::so_far();
    const auto rpc = read_rpc(frame, {});

    EXPECT_EQ(rpc.error(), RpcError::too_many) << "RPC field " << number;
    EXPECT_EQ(Allocations::so_far().since(before).count, 0U);
  }
  const std::size_t inside = 100 * 1024;  // small enough for the control bytes
  for (std::uint32_t number = 1; number <= 5; ++number) {
    const auto entries = control(repeat(field(number, ""), inside / 2));
    const auto ids = control(field(number, repeat(field(number == 1 ? 2 : 1, ""), inside / 2)));
    const auto too_large = control(repeat(field(number, ""), mebibyte / 2));

    const auto before = Allocations::so_far();
    const auto refused = read_rpc(entries, {});
    const auto refused_bytes = read_rpc(too_large, {});

    EXPECT_EQ(refused.error(), RpcError::too_many) << "control field " << number;
    EXPECT_EQ(refused_bytes.error(), RpcError::too_much_control) << "control field " << number;
    EXPECT_EQ(Allocations::so_far().since(before).count, 0U);
    EXPECT_EQ(read_rpc(ids, {}).error(), RpcError::too_many) << "inside an entry of " << number;
  }
}

TEST(RpcAllocation, V39UnknownFieldsAreBoundedAtEveryDepth) {
  const auto unknown = repeat(field(15, ""), 100 * 1024 / 2);
  const Bytes frames[] = {unknown,
                          field(1, unknown),
                          control(unknown),
                          control(field(4, unknown)),
                          repeat(control({}), 100 * 1024 / 2),
                          control(field(4, field(2, unknown)))};
  for (const auto& frame : frames) {
    const auto before = Allocations::so_far();
    const auto rpc = read_rpc(frame, {});

    EXPECT_EQ(rpc.error(), RpcError::too_many);
    EXPECT_EQ(Allocations::so_far().since(before).count, 0U);
  }
}

TEST(RpcAllocation, V03LengthsNobodyHasSentAllocateNothing) {
  const RpcLimits limits;
  const std::uint64_t lengths[] = {limits.size_max + 1, std::uint64_t{1} << 31,
                                   (std::uint64_t{1} << 63) - 1, ~std::uint64_t{0}};
  for (const auto length : lengths) {
    Bytes prefix;
    base::append_varint(prefix, length);
    const auto as_field = join({Bytes{0x0a}, prefix});
    const auto as_control_field = control(as_field);

    const auto before = Allocations::so_far();
    base::ByteReader in{prefix};
    const auto frame = base::take_frame(in, limits.size_max);
    const auto outer = read_rpc(as_field, limits);
    const auto inner = read_rpc(as_control_field, limits);

    EXPECT_EQ(Allocations::so_far().since(before).count, 0U);
    EXPECT_EQ(frame.error(), base::FrameError::too_large);
    EXPECT_EQ(outer.error(), RpcError::malformed);
    EXPECT_EQ(inner.error(), RpcError::malformed);
  }
}

TEST(RpcAllocation, EncodingAMessageMakesOneBlock) {
  const Bytes data(1000, 1);

  const auto before = Allocations::so_far();
  const auto message = encode({.topic = "topic", .data = data, .seqno = {}});
  const auto used = Allocations::so_far().since(before);

  EXPECT_EQ(used.count, 1U);
  EXPECT_EQ(message.view.payload().size(), data.size());
}

TEST(RpcAllocation, ParsingAMessageMakesNone) {
  const auto message = encode({.topic = "topic", .data = Bytes(1000, 1), .seqno = 7});

  const auto before = Allocations::so_far();
  const auto parsed = parse_message(message.view.body);
  const auto id = ids::from_seqno(*parsed);

  EXPECT_EQ(Allocations::so_far().since(before).count, 0U);
  EXPECT_TRUE(id.has_value());
}

}  // namespace
}  // namespace pubsub
}  // namespace grapevine
