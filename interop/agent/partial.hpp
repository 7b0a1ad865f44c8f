// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "gossipsub/group.hpp"
#include "grapevine/peer.hpp"

namespace grapevine::agent {

/// The `partial` event: all parts that are there now.
boost::json::object partial_event(const std::string& topic, const interop::Group& group,
                                  const Peer& via);
/// Eight parts, each base64 or null; nullopt when the value is no such list.
std::optional<interop::Group> take_parts(const interop::Group::Id& id,
                                         const boost::json::value& list);

}  // namespace grapevine::agent
