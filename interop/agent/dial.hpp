// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <boost/json/object.hpp>

#include "grapevine/node.hpp"

namespace grapevine::agent {

/// What `bench_dial` was asked to do.
struct DialPlan {
  std::string address;
  std::uint64_t count = 0;
  std::uint64_t concurrency = 0;
};

/// Opens `count` connections up to the muxer, `concurrency` at a time, and closes each once it is
/// up.
boost::json::object bench_dial(Node& node, const DialPlan& plan);

}  // namespace grapevine::agent
