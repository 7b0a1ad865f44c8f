# SPDX-License-Identifier: Apache-2.0
"""Each side learns what the other speaks, and answers its pings."""

from __future__ import annotations

from ..agent import Agent
from ..case import Case
from ..scene import Scene, require

TOPIC = "identify"
# Every implementation has gossipsub 1.2, so a pair that settles for less mis-negotiated.
GOOD_PROTOCOLS = ("/meshsub/1.2.0", "/meshsub/1.3.0")


def identify(scene: Scene) -> None:
    ours, theirs = scene.pair()
    scene.join(TOPIC, (ours, theirs))
    scene.link(ours, theirs)
    scene.await_mesh(TOPIC, [(ours, theirs)])

    for one, other in ((ours, theirs), (theirs, ours)):
        protocol = _protocol(scene, one, other)
        scene.notes.append(protocol)
        require(protocol in GOOD_PROTOCOLS, f"{one.label} says {protocol} is spoken")


def _protocol(scene: Scene, one: Agent, other: Agent) -> str:
    return scene.poll(
        lambda: scene.peers(one)[other.peer_id].get("protocol"),
        f"negotiated protocol told by {one.label}",
    )


def ping(scene: Scene) -> None:
    ours, theirs = scene.pair()
    scene.link(ours, theirs)

    for one, other in ((ours, theirs), (theirs, ours)):
        for _ in range(3):
            rtt = scene.ask(one, "ping", peer=other.peer_id)["rtt_us"]
            require(0 < rtt < 5_000_000, f"{one.label}: a ping of {rtt} µs")


CASES = [
    Case("identify", "`peers` shows gossipsub 1.2 or newer on both sides", identify),
    Case("ping", "three pings each way", ping),
]
