// SPDX-License-Identifier: Apache-2.0
#include "api/discovering.hpp"

#include "api/convert.hpp"

namespace grapevine::api {

void Discovering::on_advertise(const host::Advertise& wanted) const {
  if (!how_.advertise) return;
  how_.advertise(wanted.topic, std::chrono::duration_cast<std::chrono::seconds>(wanted.ttl));
}

/// What is no address is passed over: it comes from outside.
void Discovering::on_discover(const host::Discover& wanted) const {
  if (!how_.find_peers) return;
  how_.find_peers(wanted.topic, wanted.limit,
                  [&shell = shell_, owner = owner_](const std::vector<std::string>& texts) {
                    const auto alive = owner.lock();
                    if (!alive) return;
                    std::vector<Multiaddr> found;
                    for (const auto& text : texts) {
                      if (auto address = Multiaddr::parse(text)) found.push_back(*address);
                    }
                    shell.inbox().post([&shell, found = std::move(found)] {
                      shell.host().on_discovered(found, shell.time());
                    });
                  });
}

}  // namespace grapevine::api
