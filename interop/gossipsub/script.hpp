// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "grapevine/config.hpp"

/// The instructions of gossipsub-interop's params.json.
namespace grapevine::interop {

struct InitGossipSub {
  GossipParameters parameters;
  std::vector<std::string> passed_over;  ///< names the library has no parameter for
};
struct Connect {
  std::vector<std::uint32_t> to;
};
/// Nothing further is done until the process is so old.
struct WaitUntil {
  std::chrono::milliseconds age;
};
struct Publish {
  std::string topic;
  std::uint64_t id;
  std::size_t size;
};
struct Subscribe {
  std::string topic;
  bool partial;
};
/// Messages of others are accepted after so long.
struct DelayValidation {
  std::string topic;
  std::chrono::milliseconds delay;
};
struct AddPartial {
  std::string topic;
  std::uint64_t group;
  std::uint8_t parts;
};
struct PublishPartial {
  std::string topic;
  std::uint64_t group;
  std::vector<std::uint32_t> to;  ///< empty: whomever the router chooses
};
using Instruction = std::variant<InitGossipSub, Connect, WaitUntil, Publish, Subscribe,
                                 DelayValidation, AddPartial, PublishPartial>;

/// What the script asks of one node. An error is a sentence.
std::expected<std::vector<Instruction>, std::string> parse_script(std::string_view text,
                                                                  std::uint32_t node);

}  // namespace grapevine::interop
