# SPDX-License-Identifier: Apache-2.0
"""A hundred and fifty topics announced both ways, in the hello and one by one."""

from __future__ import annotations

from ..agent import Agent
from ..case import Case
from ..scene import Scene, require_exactly

NAMES = [f"topic-{number:03}" for number in range(150)]
LEFT = NAMES[::3]


def in_hello(scene: Scene) -> None:
    ours, theirs = scene.pair()
    _subscribe_all(scene, ours)
    _subscribe_all(scene, theirs)
    scene.link(ours, theirs)

    _check(scene, ours, theirs)


def one_by_one(scene: Scene) -> None:
    ours, theirs = scene.pair()
    scene.link(ours, theirs)
    _subscribe_all(scene, ours)
    _subscribe_all(scene, theirs)

    _check(scene, ours, theirs)


def _check(scene: Scene, ours: Agent, theirs: Agent) -> None:
    sides = ((ours, theirs), (theirs, ours))
    for one, other in sides:
        scene.poll(
            lambda: _known(scene, one, other) == set(NAMES),
            f"{other.label} as subscriber of all {len(NAMES)} topics at {one.label}",
        )

    last = NAMES[-1]
    scene.await_mesh(last, [(ours, theirs)])
    for one, other in sides:
        scene.publish(one, last, one.label.encode())
        scene.receive(other, last, one.label.encode())
    require_exactly(ours, last, [theirs.label.encode()])

    for one, other in sides:
        for pending in [other.send("unsubscribe", topic=topic) for topic in LEFT]:
            scene.finish(pending)
        scene.poll(
            lambda: _known(scene, one, other) == set(NAMES) - set(LEFT),
            f"end of {len(LEFT)} subscriptions of {other.label} at {one.label}",
        )


def _subscribe_all(scene: Scene, agent: Agent) -> None:
    for pending in [agent.send("subscribe", topic=topic) for topic in NAMES]:
        scene.finish(pending)


def _known(scene: Scene, one: Agent, other: Agent) -> set[str]:
    """The topics that `one` knows `other` is subscribed to."""
    asked = [(topic, one.send("peers", topic=topic)) for topic in NAMES]
    return {
        topic
        for topic, pending in asked
        if any(peer["peer_id"] == other.peer_id for peer in scene.finish(pending)["peers"])
    }


CASES = [
    Case("topics_hello", "150 topics announced both ways on connecting", in_hello),
    Case("topics_live", "150 topics announced both ways while connected", one_by_one),
]
