# SPDX-License-Identifier: Apache-2.0
"""Two publishers of ours and theirs on one topic, at full speed at the same time."""

from __future__ import annotations

from ..case import Case
from ..scene import Scene, require

TOPIC = "shared"
COUNT = 4_000  # messages a publisher; fewer than any agent queues, as acks count those of both
SIZE = 256
WINDOW = 64
SECONDS = 60.0


def shared_topic(scene: Scene) -> None:
    ours, theirs = scene.pair({"message_id": "from_seqno"})
    receiver = scene.start(scene.cast.ours, "receiver", {"message_id": "from_seqno"})
    publishers = (ours, theirs)
    everybody = (*publishers, receiver)
    scene.join(TOPIC, everybody)
    scene.link(ours, theirs)
    for publisher in publishers:
        scene.dial(publisher, receiver)
    scene.await_mesh(TOPIC, [(publisher, receiver) for publisher in publishers])

    address = scene.ask(
        receiver, "bench_receive", topic=TOPIC, size=SIZE, count=2 * COUNT, ack_every=16
    )["ack_addr"]
    # The receiver counts the messages of both, so each may be ahead of it by its window and by
    # what the other has sent.
    asked = [
        publisher.send(
            "bench_publish",
            topic=TOPIC,
            size=SIZE,
            count=COUNT,
            window=WINDOW,
            acks=[address],
            first_sequence=number,
            sequence_step=2,
        )
        for number, publisher in enumerate(publishers)
    ]
    for pending in asked:
        reply = scene.finish(pending, SECONDS)
        require(reply["published"] == COUNT, f"{pending.agent.label}: {reply}")
    done = receiver.await_event("bench_received", scene.left(SECONDS))
    found = {key: done[key] for key in ("count", "corrupt", "repeated")}
    require(found == {"count": 2 * COUNT, "corrupt": 0, "repeated": 0}, f"received {found}")


CASES = [
    Case(
        "shared_topic",
        "two publishers on one topic, 4,000 messages each, exactly once",
        shared_topic,
        exclusive=True,
    ),
]
