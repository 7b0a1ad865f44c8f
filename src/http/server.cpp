// SPDX-License-Identifier: Apache-2.0
#include "http/server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <ctime>
#include <optional>
#include <set>
#include <thread>

#include "http/rate_limit.hpp"
#include "http/request_parser.hpp"

namespace grapevine::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Server::State {
  explicit State(ServerLimits given)
      : limits{given},
        rate{given.requests_per_second, given.requests_burst},
        workers{given.workers} {}

  ServerLimits limits;
  RateLimit rate;
  Site site;
  Services services;
  std::set<boost::beast::tcp_stream*> streams;  ///< of the open connections; outlives their frames
  std::uint64_t requests = 0;
  bool stopping = false;  ///< only the server's thread looks at it
  asio::io_context io;
  tcp::acceptor acceptor{io};
  asio::steady_timer last_call{io};  ///< armed while stopping and connections are open
  asio::thread_pool workers;
  asio::thread_pool prober{1};  ///< for `/livez`
  std::thread thread;
};

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
using Stream = boost::beast::tcp_stream;
using std::chrono::seconds;

/// Counts a connection while it is open.
class Open {
 public:
  Open(Server::State& server, Stream& stream) : server_{server}, stream_{stream} {
    server_.streams.insert(&stream_);
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  ~Open() {
    server_.streams.erase(&stream_);
    // A frame that a stopped loop left over goes after the timer, with the loop.
    const bool runs = !server_.io.stopped();
    if (runs && server_.stopping && server_.streams.empty()) server_.last_call.cancel();
  }

 private:
  Server::State& server_;
  Stream& stream_;
};

std::string date_now() {
  std::array<char, 40> text{};
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

std::string_view slug_of(unsigned status) {
  switch (status) {
    case 413:
      return "payload-too-large";
    case 414:
      return "uri-too-long";
    case 431:
      return "header-too-large";
    default:
      return "bad-request";
  }
}

Response refusal(const Fault& fault, const std::string& id) {
  Request unread;
  unread.id = id;
  return to_response({fault.status, slug_of(fault.status), reason(fault.status), fault.detail},
                     unread);
}

/// One piece of blocking work, and who waits for it.
struct Job {
  Job(asio::io_context& io, std::function<Response()> what)
      : work{std::move(what)}, done{io, asio::steady_timer::time_point::max()} {}
  std::function<Response()> work;
  asio::steady_timer done;
  std::optional<Response> response;
};

/// Runs `work` on a thread of `pool`; the server's thread goes on meanwhile.
asio::awaitable<Response> on_worker(Server::State& server, asio::thread_pool& pool,
                                    std::function<Response()> work) {
  const auto job = std::make_shared<Job>(server.io, std::move(work));
  asio::post(pool, [job, &server] {
    auto response = job->work();
    asio::post(server.io, [job, response = std::move(response)]() mutable {
      job->response = std::move(response);
      job->done.cancel();
    });
  });
  while (!job->response) co_await job->done.async_wait(use_tuple);
  co_return std::move(*job->response);
}

Response too_often(const Request& request, const ServerLimits& limits) {
  const auto rate = std::to_string(limits.requests_per_second);
  auto response = to_response({429, "rate-limited", reason(429),
                               "this client asks more often than " + rate + " times a second"},
                              request);
  response.headers.push_back({"Retry-After", "1"});
  return response;
}

asio::awaitable<Response> respond(Server::State& server, const Request& request,
                                  std::string client) {
  const auto action = route(request, server.site);
  if (std::holds_alternative<CheckLife>(action)) {
    std::function<Response()> check = [&server] { return life_checked(server.services.life()); };
    co_return co_await on_worker(server, server.prober, std::move(check));
  }
  if (!server.rate.take(client, std::chrono::steady_clock::now())) {
    co_return too_often(request, server.limits);
  }
  if (const auto* peers = std::get_if<AddPeers>(&action)) {
    std::function<Response()> dial = [&server, &request, peers] {
      return peers_added(request, server.services.add_peers(*peers));
    };
    co_return co_await on_worker(server, server.workers, std::move(dial));
  }
  if (const auto* asked = std::get_if<ShowMetrics>(&action)) {
    std::function<Response()> collect = [&server, asked] {
      return metrics_shown(*asked, server.services.metrics(*asked));
    };
    co_return co_await on_worker(server, server.workers, std::move(collect));
  }
  if (const auto* message = std::get_if<Publish>(&action)) {
    co_return published(request, server.services.publish(*message));
  }
  co_return std::get<Response>(action);
}

/// The next request; a fault to answer; or nullopt when the connection is over.
using Received = std::optional<Result<Request, Fault>>;

asio::awaitable<bool> say_continue(Stream& stream) {
  constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto buffer = asio::buffer(text);
  const auto [failed, size] = co_await asio::async_write(stream, buffer, use_tuple);
  co_return !failed;
}

asio::awaitable<Received> receive(Stream& stream, RequestParser& parser,
                                  const ServerLimits& limits) {
  using Progress = RequestParser::Progress;
  std::array<char, 4096> space{};
  auto last = Progress::idle;
  auto fed = parser.feed({});
  for (;;) {
    if (!fed) co_return Result<Request, Fault>{unexpected{fed.error()}};
    if (*fed == Progress::done) co_return Result<Request, Fault>{parser.take()};
    // Each phase has one deadline from its start: a byte now and then does not move it.
    if (*fed != last && *fed == Progress::head) stream.expires_after(seconds{limits.head_seconds});
    if (*fed != last && *fed == Progress::body) stream.expires_after(seconds{limits.body_seconds});
    last = *fed;
    if (parser.wants_continue() && !co_await say_continue(stream)) co_return std::nullopt;
    const auto buffer = asio::buffer(space);
    const auto [failed, size] = co_await stream.async_read_some(buffer, use_tuple);
    if (failed) co_return std::nullopt;
    fed = parser.feed({space.data(), size});
  }
}

asio::awaitable<bool> send(Stream& stream, std::string text, int within_seconds) {
  stream.expires_after(seconds{within_seconds});
  const auto buffer = asio::buffer(text);
  const auto [failed, size] = co_await asio::async_write(stream, buffer, use_tuple);
  co_return !failed;
}

/// Ends a connection so that the client can still read the answer: closing with unread bytes would
/// reset it. Bounded in bytes and time.
asio::awaitable<void> linger(Stream& stream) {
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream.expires_after(seconds{1});
  std::array<char, 4096> space{};
  for (std::size_t left = 2 << 20; left > space.size(); left -= space.size()) {
    const auto buffer = asio::buffer(space);
    const auto [failed, size] = co_await stream.async_read_some(buffer, use_tuple);
    if (failed) co_return;
  }
}

asio::awaitable<void> converse(Stream stream, Server::State& server) {
  const Open open{server, stream};
  error_code gone;
  const auto client = client_of(stream.socket().remote_endpoint(gone).address());
  RequestParser parser;
  int idle = server.limits.head_seconds;  // who connects has something to say
  while (!server.stopping) {
    stream.expires_after(seconds{idle});
    idle = server.limits.idle_seconds;
    auto received = co_await receive(stream, parser, server.limits);
    if (!received) co_return;
    const auto id = "r-" + std::to_string(++server.requests);
    Framing framing{.date = date_now()};
    Response response;
    if (*received) {
      Request& request = **received;
      request.id = id;
      stream.expires_never();
      response = co_await respond(server, request, client);
      framing.keep_alive = request.keep_alive && !server.stopping;
      framing.head_only = request.method == "HEAD";
    } else {
      response = refusal(received->error(), id);
    }
    auto text = serialize(response, framing);
    const bool sent = co_await send(stream, std::move(text), server.limits.body_seconds);
    if (!sent) co_return;
    if (!framing.keep_alive) break;
  }
  co_await linger(stream);
}

Response no_room(const ServerLimits& limits) {
  auto response = to_response(
      {503, "not-ready", "Not ready",
       "as many connections as there may be are open: " + std::to_string(limits.connections_max)},
      {});
  response.headers.push_back({"Retry-After", "1"});
  return response;
}

/// One write that is not waited for: there is no room to wait.
void turn_away(tcp::socket socket, const ServerLimits& limits) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  // What was asked, if it is there: closing with unread bytes would take the answer back.
  std::array<char, 4096> space{};
  socket.read_some(asio::buffer(space), ignored);
  const auto text = serialize(no_room(limits), {.date = date_now()});
  socket.write_some(asio::buffer(text), ignored);
}

asio::awaitable<void> accept(Server::State& server) {
  while (server.acceptor.is_open()) {
    auto [failed, socket] = co_await server.acceptor.async_accept(use_tuple);
    if (failed == asio::error::operation_aborted || failed == asio::error::bad_descriptor) break;
    if (failed) {  // no descriptor left, mostly: try again when one may be
      asio::steady_timer pause{server.io, std::chrono::milliseconds{100}};
      co_await pause.async_wait(use_tuple);
      continue;
    }
    if (server.streams.size() >= server.limits.connections_max) {
      turn_away(std::move(socket), server.limits);
      continue;
    }
    Stream stream{std::move(socket)};
    asio::co_spawn(server.io, converse(std::move(stream), server), asio::detached);
  }
}

Error bind_error(const Endpoint& endpoint, const error_code& failed) {
  const auto where = endpoint.host + ":" + std::to_string(endpoint.port);
  if (failed == asio::error::address_in_use) {
    return {ErrorCode::address_in_use,
            "HTTP cannot listen on " + where + ": the port is in use; choose another with -hp"};
  }
  return {ErrorCode::io, "HTTP cannot listen on " + where + ": " + failed.message()};
}

error_code bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code failed;
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(tcp::acceptor::max_listen_connections, failed);
  return failed;
}

}  // namespace

Server::Server(std::unique_ptr<State> state) : state_{std::move(state)} {}
Server::Server(Server&&) noexcept = default;

Server::~Server() {
  if (!state_) return;
  stop();
  join();
}

Expected<Server> Server::listen(const Endpoint& endpoint, ServerLimits limits) {
  auto state = std::make_unique<State>(limits);
  error_code failed;
  const auto address = asio::ip::make_address(endpoint.host, failed);
  if (!failed) failed = bind(state->acceptor, {address, endpoint.port});
  if (failed) return std::unexpected{bind_error(endpoint, failed)};
  state->site = {address.to_string(), state->acceptor.local_endpoint(failed).port(),
                 address.is_unspecified()};
  return Server{std::move(state)};
}

std::uint16_t Server::port() const { return state_->site.port; }

void Server::serve(Services services) {
  state_->services = std::move(services);
  asio::co_spawn(state_->io, accept(*state_), asio::detached);
  state_->thread = std::thread{[state = state_.get()] { state->io.run(); }};
}

void Server::stop() {
  asio::post(state_->io, [state = state_.get()] {
    if (std::exchange(state->stopping, true)) return;
    error_code ignored;
    state->acceptor.close(ignored);
    // Who is between two requests waits in a read; who is answered is left to finish.
    for (auto* stream : state->streams) {
      stream->socket().shutdown(tcp::socket::shutdown_receive, ignored);
    }
    if (state->streams.empty()) return;
    state->last_call.expires_after(seconds{state->limits.stop_seconds});
    state->last_call.async_wait([state](const error_code& cancelled) {
      if (!cancelled) state->io.stop();
    });
  });
}

void Server::join() {
  // Workers last: what the server's thread still answers may need them.
  if (state_->thread.joinable()) state_->thread.join();
  state_->workers.join();
  state_->prober.join();
}

}  // namespace grapevine::http
