// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "api/validators.hpp"
#include "net/shell.hpp"

namespace grapevine::api {

gossipsub::Validation validation_of(Verdict verdict);

/// One message before the asynchronous validators of its topic, who are asked together: whoever
/// rejects decides, otherwise the worst word of all. Each has its own time. Loop's thread only; the
/// answers come from anywhere.
class Asking : public std::enable_shared_from_this<Asking> {
 public:
  /// What answers need to find the loop while it is there.
  struct Way {
    net::Shell& shell;
    std::weak_ptr<const void> owner;  ///< keeps the shell alive
  };
  Asking(Way way, gossipsub::Ticket ticket, Validators::List list);

  void ask(Validators& validators, const Message& message);
  void on_answer(std::size_t of, Verdict verdict);
  const Way& way() const { return way_; }

 private:
  struct Asked {
    std::shared_ptr<const Validators::Entry> entry;
    bool answered = false;
  };
  const Way way_;
  const gossipsub::Ticket ticket_;
  std::vector<Asked> asked_;
  std::size_t open_;
  Verdict worst_ = Verdict::accept;
  bool over_ = false;
};

}  // namespace grapevine::api
