// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/host/host.hpp"
#include "net/inbox.hpp"
#include "net/pacing.hpp"

namespace grapevine::net {

/// Why a listener could not be opened.
enum class ListenError {
  unsupported,    ///< not `/ip4|ip6/…/tcp/…`
  in_use,         ///< another listener has the address
  not_available,  ///< no such address on this machine, or no right to it
  system,         ///< out of descriptors or the like
};

/// The system's words with the address.
struct ListenFailure {
  ListenError error;
  std::string detail;
};

/// Whom the shell works for. All of it is called on the loop's thread and must not block.
struct Application {
  /// What the host says to the application; outputs for the driver do not come here.
  std::function<void(host::Output&&)> on_output;
  /// After all outputs of a turn were handed over.
  std::function<void()> on_turn_end;
  /// The loop has ended: nothing more comes. Commands are refused from before this on.
  std::function<void()> on_end;
  /// Something an operator should know, at most once a second.
  std::function<void(std::string_view)> on_warning;
};

/// Runs one host on real sockets: one loop on one thread, one coroutine per connection, which owns
/// it. A turn takes what is ready, drains the host's outputs once, writes once to each connection
/// that wants it, and sleeps until the host's next deadline; there are no timers per peer.
/// The shell decides nothing but how fast our own messages enter the router (`Pacing`).
class Shell {
 public:
  struct Config {
    std::size_t workers = 1;  ///< threads that check signatures
    Inbox::Limits inbox;
    /// Own messages that enter the router in one turn, at most (but one at least): no more than
    /// half of what an outbox holds, so that one half is filled while the other leaves.
    Pacing::Share share{512, 512 * 1024};
  };

  Shell(host::Host host, Config config, Application application);
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  ~Shell();  ///< after `run` returned, or when it never ran

  // --- before `run` ---
  Result<void, ListenFailure> listen(const Multiaddr& address);
  /// What listeners are reachable at, in order of `listen`.
  std::vector<Multiaddr> listen_addresses() const;

  /// Works on this thread until stopped. Once.
  void run();

  // --- from any thread ---
  /// Nothing new is accepted; all that is queued is given to the system, for half of `grace` at
  /// most; then everybody is told goodbye, in at most `grace`. Later calls change nothing.
  void stop(Duration grace);
  Inbox& inbox();
  /// For slow work: runs `task` on a worker.
  void offload(std::function<void()> task);
  /// True on the thread inside `run`.
  bool on_loop() const;

  // --- from the loop, or when it has ended ---
  host::Host& host();
  /// The time of this turn: what commands give the host.
  TimePoint time() const;
  /// Another turn follows at once: the host was given something outside of an input.
  void soon();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace grapevine::net
