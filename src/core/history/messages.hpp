// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/shared_bytes.hpp"

/// The messages of /grapevine/history/1.0.0 (proto/history.proto), one a frame.
namespace grapevine::history {

inline constexpr std::string_view protocol = "/grapevine/history/1.0.0";

/// Why a stream of the protocol is reset.
enum class Fault {
  malformed,   ///< no protobuf, a field of a wrong type, or one that is missing
  too_large,   ///< a frame, a topic or a cursor above its limit
  too_much,    ///< more than was asked for
  not_asked,   ///< an answer without a request, a request before the last was answered
  wrong_topic  ///< a message of another topic than was asked for
};
std::string_view name(Fault fault);

/// What is asked for. Ages are those of the answering node: no two clocks need to agree.
struct Request {
  std::string topic = {};
  std::string cursor = {};  ///< empty: from the oldest
  std::optional<std::uint64_t> age_max_ms = {};
  std::uint64_t age_min_ms = 0;
  std::uint64_t count_max = 0;  ///< 0: what the other side gives
  std::uint64_t bytes_max = 0;
};

/// One message of an answer.
struct Entry {
  std::uint64_t age_ms = 0;
  SharedBytes field = {};  ///< an RPC's `publish` field: tag, length, message
};

/// How an answer ended.
struct End {
  enum class Status { ok, busy, not_kept, unknown_cursor, failed } status = Status::ok;
  std::string cursor;
  std::uint64_t lost = 0;
  bool more = false;
};
std::string_view name(End::Status status);

using Answer = std::variant<Entry, End>;

/// Frames with their length in front.
Bytes encode(const Request& request);
Bytes encode(const End& end);
/// An entry's frame up to its field, which follows as it is.
Bytes encode_head(const Entry& entry);

/// Frames without their length. An entry shares the frame's bytes.
Result<Request, Fault> read_request(ByteView frame);
Result<Answer, Fault> read_answer(const SharedBytes& frame);

}  // namespace grapevine::history
