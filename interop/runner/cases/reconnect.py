# SPDX-License-Identifier: Apache-2.0
"""A pair that parted, or of which one restarted with its old key, gossips as before."""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable

from ..agent import Agent
from ..case import Case
from ..scene import Scene, of_topic, require, require_exactly

TOPIC = "reconnect"
CONFIG = {"message_id": "from_seqno"}
ROUNDS = 3
SEED = 4711


class Pair:
    """Ours and theirs, with all that each must have received since it started."""

    def __init__(self, scene: Scene, ours: Agent, theirs: Agent) -> None:
        self.scene = scene
        self.ours = ours
        self.theirs = theirs
        self.expected: dict[Agent, list[bytes]] = {ours: [], theirs: []}

    def meet(self, word: str) -> None:
        """Connects, waits for the mesh, and passes one message each way."""
        self.scene.link(self.ours, self.theirs)
        self.scene.await_mesh(TOPIC, [(self.ours, self.theirs)])
        for sender, receiver in ((self.ours, self.theirs), (self.theirs, self.ours)):
            data = f"{word} to {receiver.label}".encode()
            self.scene.publish(sender, TOPIC, data)
            self.scene.receive(receiver, TOPIC, data)
            self.expected[receiver].append(data)

    def check(self) -> None:
        for agent, data in self.expected.items():
            require_exactly(agent, TOPIC, data)


def reconnect(scene: Scene) -> None:
    ours, theirs = scene.pair(CONFIG)
    scene.join(TOPIC, (ours, theirs))
    pair = Pair(scene, ours, theirs)
    pair.meet("at first")

    for number in range(ROUNDS):
        parting, left = (ours, theirs) if number % 2 else (theirs, ours)
        marks = {agent: len(agent.events) for agent in (parting, left)}
        scene.ask(parting, "disconnect", peer=left.peer_id)
        for agent, other in ((parting, left), (left, parting)):
            agent.await_event(
                "disconnected", scene.left(10), since=marks[agent], peer=other.peer_id
            )
        pair.meet(f"after parting {number}")
    pair.check()


def restart(scene: Scene, ours_restarts: bool, end: Callable[[Scene, Agent], None]) -> None:
    cast = scene.cast
    seeds: dict[bool, dict[str, Any]] = {True: {"seed": SEED}, False: {}}
    ours = scene.start(cast.ours, "ours", CONFIG, **seeds[ours_restarts])
    theirs = scene.start(cast.peer, "peer", CONFIG, **seeds[not ours_restarts])
    scene.join(TOPIC, (ours, theirs))
    pair = Pair(scene, ours, theirs)
    pair.meet("before")
    pair.check()

    old, staying = (ours, theirs) if ours_restarts else (theirs, ours)
    mark = len(staying.events)
    end(scene, old)
    staying.await_event("disconnected", scene.left(10), since=mark, peer=old.peer_id)
    label = "ours again" if ours_restarts else "peer again"
    new = scene.start(cast.ours if ours_restarts else cast.peer, label, CONFIG, seed=SEED)
    require(new.peer_id == old.peer_id, f"{new.label} came back as {new.peer_id}")
    scene.join(TOPIC, (new,))

    again = Pair(scene, *((new, theirs) if ours_restarts else (ours, new)))
    again.meet("after")
    require_exactly(staying, TOPIC, pair.expected[staying] + again.expected[staying])
    # The newcomer has forgotten what it knew, so gossip may serve it the old messages again.
    counts = Counter(message.data for message in of_topic(new, TOPIC))
    require(max(counts.values()) == 1, f"{new.label}: a message came twice: {counts}")


def _in_order(scene: Scene, agent: Agent) -> None:
    scene.end(agent)


def _killed(scene: Scene, agent: Agent) -> None:
    scene.agents.remove(agent)
    agent.kill()


CASES = [
    Case("reconnect", "three times parted and connected again", reconnect),
    Case(
        "restart_peer",
        "the other restarts with the same key",
        lambda scene: restart(scene, ours_restarts=False, end=_in_order),
    ),
    Case(
        "restart_ours",
        "ours restarts with the same key",
        lambda scene: restart(scene, ours_restarts=True, end=_in_order),
    ),
    Case(
        "restart_peer_killed",
        "the other is killed and restarts with the same key",
        lambda scene: restart(scene, ours_restarts=False, end=_killed),
    ),
    Case(
        "restart_ours_killed",
        "ours is killed and restarts with the same key",
        lambda scene: restart(scene, ours_restarts=True, end=_killed),
    ),
]
