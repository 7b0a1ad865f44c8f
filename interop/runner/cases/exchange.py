# SPDX-License-Identifier: Apache-2.0
"""Who finds a mesh full is told of the others there, and finds its way to them."""

from __future__ import annotations

from ..case import Case
from ..scene import Scene, require

TOPIC = "exchange"
# A mesh of two, the least that go accepts with D_out 0, is full with its first peers. They and
# the late one dial: it counts as inbound and has no claim on an outbound place.
HUB = {
    "message_id": "from_seqno",
    "d": 2,
    "d_low": 1,
    "d_high": 2,
    "d_score": 0,
    "d_out": 0,
    "px": True,
}
LEAF = {"message_id": "from_seqno", "px": True}


def exchange(scene: Scene, ours_names: bool) -> None:
    cast = scene.cast
    naming, named = (cast.ours, cast.peer) if ours_names else (cast.peer, cast.ours)
    hub = scene.start(naming, "hub", HUB)
    early = [scene.start(named, f"early-{number}", LEAF) for number in range(2)]
    scene.join(TOPIC, (hub, *early))
    for agent in early:
        scene.dial(agent, hub)
    scene.await_mesh(TOPIC, [(hub, agent) for agent in early])

    late = scene.start(named, "late", LEAF)
    scene.join(TOPIC, (late,))
    scene.dial(late, hub)
    for agent in early:
        scene.poll(
            lambda agent=agent: agent.peer_id in scene.peers(late),
            f"{agent.label}, whom the hub named, among the peers of {late.label}",
        )
    require(late.peer_id not in scene.mesh(hub, TOPIC), "the hub's mesh was not full")
    scene.await_mesh(TOPIC, [(late, early[0])])
    scene.publish(late, TOPIC, b"through whom it was told of")
    for agent in (*early, hub):
        scene.receive(agent, TOPIC, b"through whom it was told of")


CASES = [
    Case(
        "exchange_ours_names",
        "peer exchange: ours prunes and names peers, the other dials them",
        lambda scene: exchange(scene, ours_names=True),
    ),
    Case(
        "exchange_peer_names",
        "peer exchange: the other prunes and names peers, ours dials them",
        lambda scene: exchange(scene, ours_names=False),
    ),
]
