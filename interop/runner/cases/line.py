# SPDX-License-Identifier: Apache-2.0
"""Three nodes in a line: what one end publishes reaches the other through the middle, once."""

from __future__ import annotations

from typing import Any

from ..agent import Agent
from ..case import Case
from ..scene import Scene, require, require_exactly

TOPIC = "line"
COUNT = 20


def start_line(
    scene: Scene, ours_in_the_middle: bool, config: dict[str, Any] | None = None
) -> tuple[Agent, Agent, Agent]:
    """Left, middle, right: connected in that order, dialled by whom the cast says."""
    ours, peer = scene.cast.ours, scene.cast.peer
    ends, centre = (peer, ours) if ours_in_the_middle else (ours, peer)
    common = {"message_id": "from_seqno"}
    left = scene.start(ends, "left", common)
    middle = scene.start(centre, "middle", {**common, **(config or {})})
    right = scene.start(ends, "right", common)
    for end in (left, right):
        if ours_in_the_middle:
            scene.link(middle, end)
        else:
            scene.link(end, middle)
    return left, middle, right


def line(scene: Scene, ours_in_the_middle: bool) -> None:
    left, middle, right = start_line(scene, ours_in_the_middle)
    everyone = (left, middle, right)
    scene.join(TOPIC, everyone)
    scene.await_mesh(TOPIC, [(left, middle), (middle, right)])

    sent: dict[Agent, list[bytes]] = {}
    for publisher in everyone:
        sent[publisher] = [f"{publisher.label} {n}".encode() for n in range(COUNT)]
        for pending in [publisher.publish(TOPIC, data) for data in sent[publisher]]:
            scene.finish(pending)

    for receiver in everyone:
        others = [one for one in everyone if one is not receiver]
        for data in (data for one in others for data in sent[one]):
            scene.receive(receiver, TOPIC, data)
        require_exactly(receiver, TOPIC, [data for one in others for data in sent[one]])
    for publisher, receiver in ((left, right), (right, left)):
        _check_path(scene, receiver, publisher, middle, sent[publisher])


def _check_path(
    scene: Scene, receiver: Agent, author: Agent, middle: Agent, sent: list[bytes]
) -> None:
    require(
        author.peer_id not in scene.peers(receiver),
        f"{receiver.label} came to be connected to {author.label}",
    )
    for data in sent:
        message = scene.receive(receiver, TOPIC, data)
        require(message.sender == author.peer_id, f"{receiver.label}: from {message.sender}")
        require(message.via == middle.peer_id, f"{receiver.label}: via {message.via}")


CASES = [
    Case(
        "line_peer_in_middle",
        "line of three, the other implementation in the middle",
        lambda scene: line(scene, ours_in_the_middle=False),
    ),
    Case(
        "line_ours_in_middle",
        "line of three, ours in the middle, the other at both ends",
        lambda scene: line(scene, ours_in_the_middle=True),
    ),
]
