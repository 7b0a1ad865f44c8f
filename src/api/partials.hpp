// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/host/host.hpp"
#include "grapevine/error.hpp"
#include "grapevine/partial.hpp"

namespace grapevine::api {

/// Who hears of the parts of a topic's messages. Loop's thread only.
class Partials {
 public:
  using Listener = std::function<void(const PartialReceived&)>;

  void set(const std::string& topic, Listener listener);
  void erase(std::string_view topic);
  void on_received(host::PartialReceived&& received) const;
  /// The node is stopped: nothing more comes.
  void end() { topics_.clear(); }

 private:
  struct Entry {
    std::shared_ptr<const std::string> name;
    Listener listener;
  };
  std::map<std::string, Entry, std::less<>> topics_;
};

/// In the words of the modules below, and back.
gossipsub::PartialTopic to_topic(const PartialOptions& options);
gossipsub::Parts to_parts(MessageParts parts);
Error error_of(gossipsub::PartialError error);

}  // namespace grapevine::api
