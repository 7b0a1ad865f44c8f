// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "net/clock.hpp"
#include "net/connection.hpp"
#include "net/dialer.hpp"
#include "net/listener.hpp"
#include "net/pacing.hpp"
#include "net/shell.hpp"
#include "net/slabs.hpp"
#include "net/txt_resolver.hpp"
#include "net/verifier.hpp"

/// What the parts of the shell share. Private to this module.
namespace grapevine::net {

/// How a loop comes to its end.
struct Ending {
  enum class Phase {
    none,
    sending,  ///< what is queued leaves
    closing,  ///< everybody was told
    over,
  } phase = Phase::none;
  TimePoint say_goodbye = TimePoint::max();  ///< latest end of `sending`
  TimePoint give_up = TimePoint::max();      ///< latest end of `closing`
};

struct Shell::State {
  State(host::Host host_in, Config config, Application application_in);

  void run();
  void turn();
  void take_inputs();
  void take_records();
  void publish();
  std::size_t publish_batch(std::span<Parcel> parcels, std::size_t first);
  bool may_publish();
  void drain();
  void dispatch(host::Output output);
  void write_all();
  void cut_lingering();
  void end_step();
  bool all_sent() const;
  void finish();
  void begin_end(Duration grace);
  /// The time of an input that just came in. A turn has one time for all it does.
  TimePoint tick() { return time = now(); }
  TimePoint next_wake() const;

  /// `link` is to be packed at the end of this turn.
  void wants_write(host::LinkId link) { writable.push_back(link); }
  Connection* find(host::LinkId link);
  bool ending() const { return end.phase != Ending::Phase::none; }
  void warn(std::string_view words);

  host::Host host;
  const Application application;
  const Pacing::Share share;
  Inbox inbox;
  Slabs slabs;
  Pacing pacing;
  std::size_t blocked = 0;             ///< connections whose socket takes no more for now
  std::vector<host::LinkId> writable;  ///< may name a link twice, or one that is gone
  Bytes packed;                        ///< the one buffer that is packed into and written from
  boost::unordered_flat_map<host::LinkId, Connection*> connections;
  boost::unordered_flat_map<host::DialId, Dialing*> dials;
  Ending end;
  TimePoint time = now();                     ///< of this turn; never decreases
  TimePoint linger_check = TimePoint::max();  ///< when a closing connection is cut off
  TimePoint warned = TimePoint::min();
  std::atomic<std::thread::id> thread;
  bool again = false;  ///< the next turn follows at once
  // Coroutine frames end with the context, while all that they are registered in still stands.
  asio::io_context context{1};
  std::vector<std::unique_ptr<Listener>> listeners;
  // Last: their threads wake the context.
  Verifier verifier;
  TxtResolver resolver;
};

}  // namespace grapevine::net
