// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace grapevine {

namespace asio = boost::asio;

namespace net {

using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

/// Errors of the network are values here too.
inline constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

}  // namespace net
}  // namespace grapevine
