# SPDX-License-Identifier: Apache-2.0
"""Two thousand messages in one breath, both ways, each delivered once."""

from __future__ import annotations

import random

from ..agent import Agent
from ..case import Case
from ..scene import Scene, of_topic, require_exactly

TOPIC = "burst"
COUNT = 2_000
SIZE = 200
SECONDS = 45.0


def burst(scene: Scene) -> None:
    ours, theirs = scene.pair({"message_id": "from_seqno"})
    scene.join(TOPIC, (ours, theirs))
    scene.link(ours, theirs)
    scene.await_mesh(TOPIC, [(ours, theirs)])

    for sender, receiver in ((ours, theirs), (theirs, ours)):
        sent = _payloads(sender.peer_id)
        asked = [sender.publish(TOPIC, data) for data in sent]
        for pending in asked:
            scene.finish(pending, SECONDS)
        _await_all(scene, receiver)
        require_exactly(receiver, TOPIC, sent)


def _await_all(scene: Scene, receiver: Agent) -> None:
    receiver.wait(
        lambda: len(of_topic(receiver, TOPIC)) >= COUNT,
        f"{COUNT} messages",
        scene.left(SECONDS),
    )


def _payloads(seed: str) -> list[bytes]:
    chance = random.Random(seed)
    return [number.to_bytes(4) + chance.randbytes(SIZE - 4) for number in range(COUNT)]


CASES = [
    Case("burst", "burst of 2,000 messages each way, exactly once", burst, exclusive=True),
]
