// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "core/host/host.hpp"
#include "grapevine/config.hpp"
#include "grapevine/error.hpp"
#include "grapevine/event.hpp"
#include "obs/sink.hpp"
#include "obs/trace_file.hpp"

namespace grapevine::api {

/// Whoever looks at what a node does: its metrics, its trace file, and the application's observer.
/// Loop's thread only.
class Observation {
 public:
  /// `failed` is told when the trace file takes no more, on a thread of the file.
  static Expected<Observation> create(const NodeConfig& config,
                                      const std::shared_ptr<const gossipsub::Config>& gossip,
                                      const PeerId& self,
                                      std::function<void(std::string_view)> failed);

  void observe(std::function<void(const Event&)> observer) { observer_ = std::move(observer); }
  void on(const host::Traced& traced);
  void on(host::Recorded&& recorded);
  template <class Told>
  void on(const Told& told) {
    sink_.on(told);
  }
  obs::Exposition metrics(const host::Host& host) const;
  /// All that was told is in the file; nothing more comes.
  void end();

 private:
  explicit Observation(std::shared_ptr<const gossipsub::Config> gossip)
      : sink_{std::move(gossip)} {}

  obs::Sink sink_;
  std::unique_ptr<obs::TraceFile> file_;
  std::function<void(const Event&)> observer_;
};

}  // namespace grapevine::api
