# SPDX-License-Identifier: Apache-2.0
"""Who joins late, and finds the publisher's mesh full, is served by IHAVE and IWANT alone."""

from __future__ import annotations

from ..agent import Agent
from ..case import Case
from ..scene import Direction, Scene, require, require_exactly

TOPIC = "late"
COUNT = 10
# A mesh of two, the least that go accepts with D_out 0, is full with its first peers. They and
# the late one dial: it counts as inbound and has no claim on an outbound place. Gossip reaches
# back far enough for a slow start.
PUBLISHER = {
    "message_id": "from_seqno",
    "d": 2,
    "d_low": 1,
    "d_high": 2,
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
    early = [scene.start(serving, f"early-{number}", OTHERS) for number in range(2)]
    scene.join(TOPIC, (publisher, *early))
    for agent in early:
        scene.dial(agent, publisher)
    scene.await_mesh(TOPIC, [(publisher, agent) for agent in early])

    before = _publish(scene, publisher, "before")
    late = scene.start(joining, "late", OTHERS)
    scene.join(TOPIC, (late,))
    scene.dial(late, publisher)
    for data in before:
        scene.receive(late, TOPIC, data)
    _require_full(scene, publisher, early)

    after = _publish(scene, publisher, "after")
    for agent in (*early, late):
        for data in after:
            scene.receive(agent, TOPIC, data)
    _require_full(scene, publisher, early)
    for agent in (*early, late):
        require_exactly(agent, TOPIC, before + after)


def _publish(scene: Scene, publisher: Agent, word: str) -> list[bytes]:
    sent = [f"{word} {number}".encode() for number in range(COUNT)]
    for data in sent:
        scene.publish(publisher, TOPIC, data)
    return sent


def _require_full(scene: Scene, publisher: Agent, early: list[Agent]) -> None:
    """Were the late one in the mesh, this would show nothing about gossip."""
    mesh = scene.mesh(publisher, TOPIC)
    others = mesh - {agent.peer_id for agent in early}
    require(not others, f"the mesh of {publisher.label} took {sorted(others)}")


CASES = [
    Case(
        "late_joiner",
        "late joiner served by IHAVE/IWANT, mesh full (→ ours publishes, ← ours joins)",
        late_joiner,
    ),
]
