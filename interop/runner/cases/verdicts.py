# SPDX-License-Identifier: Apache-2.0
"""A message that the middle of a line rejects or ignores goes no further."""

from __future__ import annotations

from ..case import Case
from ..scene import Scene, of_topic, require
from .line import start_line

VERDICTS = {"accepted": "accept", "rejected": "reject", "ignored": "ignore"}
STOPPED = ("rejected", "ignored")
CONFIG = {
    "validate": [
        {"topic": topic, "delay_ms": 10, "verdict": verdict} for topic, verdict in VERDICTS.items()
    ]
}


def verdicts(scene: Scene, ours_in_the_middle: bool) -> None:
    left, middle, right = start_line(scene, ours_in_the_middle, CONFIG)
    for topic in VERDICTS:
        scene.join(topic, (left, middle, right))
    for topic in VERDICTS:
        scene.await_mesh(topic, [(left, middle), (middle, right)])

    def stopped_ones_seen() -> bool:
        return any(of_topic(agent, topic) for agent in (middle, right) for topic in STOPPED)

    for number in range(5):
        for topic in (*STOPPED, "accepted"):
            scene.publish(left, topic, f"{topic} {number}".encode())
        for agent in (middle, right):
            scene.receive(agent, "accepted", f"accepted {number}".encode())
    # Gossip could still offer what forwarding did not; it would show within a few heartbeats.
    scene.expect_silence("a message was relayed against the verdict", stopped_ones_seen)

    scene.publish(left, "accepted", b"still connected")
    scene.receive(right, "accepted", b"still connected")
    require(not stopped_ones_seen(), "a message was relayed against the verdict")


CASES = [
    Case(
        "verdicts_peer_in_middle",
        "reject and ignore stop relay, the other in the middle",
        lambda scene: verdicts(scene, ours_in_the_middle=False),
    ),
    Case(
        "verdicts_ours_in_middle",
        "reject and ignore stop relay, ours in the middle",
        lambda scene: verdicts(scene, ours_in_the_middle=True),
    ),
]
