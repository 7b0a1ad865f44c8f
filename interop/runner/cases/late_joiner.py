# SPDX-License-Identifier: Apache-2.0
"""Who joins late, and finds the publisher's mesh full, is served by IHAVE and IWANT alone."""

from __future__ import annotations

from ..agent import Agent
from ..case import Case
from ..scene import Direction, Scene, require, require_exactly

TOPIC = "late"
COUNT = 10
# A mesh of one is full with its first peer. The late one dials, so that it counts as inbound
# and has no claim on an outbound place; gossip reaches back far enough for a slow start.
PUBLISHER = {
    "message_id": "from_seqno",
    "d": 1,
    "d_low": 1,
    "d_high": 1,
    "d_score": 0,
    "d_out": 0,
    "flood_publish": False,
    "history_length": 12,
    "history_gossip": 10,
}
OTHERS = {"message_id": "from_seqno"}


def late_joiner(scene: Scene) -> None:
    """Ours publishes in the direction "ours dials", the peer in the other."""
    ours, peer = scene.cast.ours, scene.cast.peer
    serving, joining = (
        (peer, ours) if scene.cast.direction is Direction.peer_dials else (ours, peer)
    )
    publisher = scene.start(serving, "publisher", PUBLISHER)
    first = scene.start(serving, "first", OTHERS)
    scene.join(TOPIC, (publisher, first))
    scene.dial(first, publisher)
    scene.await_mesh(TOPIC, [(publisher, first)])

    before = _publish(scene, publisher, "before")
    late = scene.start(joining, "late", OTHERS)
    scene.join(TOPIC, (late,))
    scene.dial(late, publisher)
    for data in before:
        scene.receive(late, TOPIC, data)
    _require_full(scene, publisher, first)

    after = _publish(scene, publisher, "after")
    for agent in (first, late):
        for data in after:
            scene.receive(agent, TOPIC, data)
    _require_full(scene, publisher, first)
    for agent in (first, late):
        require_exactly(agent, TOPIC, before + after)


def _publish(scene: Scene, publisher: Agent, word: str) -> list[bytes]:
    sent = [f"{word} {number}".encode() for number in range(COUNT)]
    for data in sent:
        scene.publish(publisher, TOPIC, data)
    return sent


def _require_full(scene: Scene, publisher: Agent, first: Agent) -> None:
    """Were the late one in the mesh, this would show nothing about gossip."""
    mesh = scene.mesh(publisher, TOPIC)
    require(mesh == {first.peer_id}, f"the mesh of {publisher.label} is {sorted(mesh)}")


CASES = [
    Case(
        "late_joiner",
        "late joiner served by IHAVE/IWANT, mesh full (→ ours publishes, ← ours joins)",
        late_joiner,
    ),
]
