// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/queue.hpp"
#include "base/shared_bytes.hpp"
#include "core/yamux/receive_window.hpp"

namespace grapevine::yamux {

/// One live stream. Idle it holds no buffer.
struct Stream {
  Stream(StreamId number, std::uint32_t window, TimePoint now) : id{number}, receive{window, now} {}

  bool sendable() const { return queued > 0 && send_credit > 0; }
  bool fin_due() const { return ending && !fin_sent && queued == 0; }

  StreamId id;
  std::uint32_t send_credit = initial_credit;
  ReceiveWindow receive;
  base::Queue<SharedBytes> outgoing;
  std::size_t queued = 0;  ///< bytes in `outgoing`

  bool syn_due : 1 = false;
  bool ack_due : 1 = false;
  bool ending : 1 = false;  ///< the application will write no more
  bool fin_sent : 1 = false;
  bool remote_ended : 1 = false;  ///< the remote's FIN came
  bool unacknowledged : 1 = false;
  bool starved : 1 = false;     ///< ran empty and out of credit at the same time
  bool in_control : 1 = false;  ///< stands in the muxer's list of streams owing a control frame
  bool in_ready : 1 = false;    ///< stands in the muxer's round of streams with data to send
};

/// The live streams, sorted by number. Not a hash table: the remote chooses the numbers (V21),
/// there are at most some hundred, and the order may be observed.
class StreamTable {
 public:
  Stream* find(StreamId id);
  const Stream* find(StreamId id) const;
  /// `stream` has a number that is not there yet.
  Stream& add(std::unique_ptr<Stream> stream);
  void remove(StreamId id);
  void clear();

  std::size_t size() const { return streams_.size(); }
  auto begin() const { return streams_.begin(); }
  auto end() const { return streams_.end(); }

 private:
  std::vector<std::unique_ptr<Stream>>::const_iterator at(StreamId id) const;

  std::vector<std::unique_ptr<Stream>> streams_;
  Stream* last_ = nullptr;  ///< found last; frames come in runs
};

}  // namespace grapevine::yamux
