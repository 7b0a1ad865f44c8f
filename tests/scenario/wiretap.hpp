// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "base/frame_reader.hpp"
#include "core/pubsub/rpc.hpp"
#include "sim/world.hpp"

namespace grapevine::sim {

/// Listens to every RPC on the direct links of a world, from its making on. Outlives the runs.
class Wiretap {
 public:
  struct Heard {
    NodeIndex from;
    NodeIndex to;
    TimePoint at;  ///< when it was sent
    SharedBytes frame;
    pubsub::RpcView rpc;  ///< views of `frame`
  };

  explicit Wiretap(World& world) {
    world.set_tap([this, &world](NodeIndex from, NodeIndex to, host::direct::Frames& frames) {
      for (const auto& frame : frames) {
        if (const auto* data = std::get_if<host::direct::Data>(&frame)) {
          listen(world, {from, to, data->stream}, data->bytes);
        }
      }
    });
  }

  const std::vector<Heard>& heard() const { return heard_; }
  /// RPCs from `from` to `to` for which `wanted` holds.
  template <class Predicate>
  std::size_t count(NodeIndex from, NodeIndex to, Predicate wanted) const {
    return static_cast<std::size_t>(std::ranges::count_if(heard_, [&](const Heard& heard) {
      return heard.from == from && heard.to == to && wanted(heard.rpc);
    }));
  }
  void forget() { heard_.clear(); }

 private:
  struct Way {
    NodeIndex from;
    NodeIndex to;
    session::StreamId stream;
    friend auto operator<=>(const Way&, const Way&) = default;
  };

  void listen(World& world, const Way& way, const SharedBytes& bytes) {
    const auto limits = pubsub::RpcLimits{};
    auto& frames = readers_.try_emplace(way, limits.size_max).first->second;
    frames.feed(bytes);
    for (;;) {
      const auto frame = frames.next();
      ASSERT_TRUE(frame);
      if (!*frame) return;
      auto rpc = pubsub::read_rpc(**frame, limits);
      ASSERT_TRUE(rpc);
      heard_.push_back({way.from, way.to, world.now(), **frame, std::move(*rpc)});
    }
  }

  std::map<Way, base::FrameReader> readers_;
  std::vector<Heard> heard_;
};

inline bool grafts(const pubsub::RpcView& rpc) { return !rpc.graft.empty(); }
inline bool prunes(const pubsub::RpcView& rpc) { return !rpc.prune.empty(); }
inline bool publishes(const pubsub::RpcView& rpc) { return !rpc.publish.empty(); }
inline bool advertises(const pubsub::RpcView& rpc) { return !rpc.ihave.empty(); }
inline bool asks(const pubsub::RpcView& rpc) { return !rpc.iwant.empty(); }
inline bool declines(const pubsub::RpcView& rpc) { return !rpc.idontwant.empty(); }

}  // namespace grapevine::sim
