# SPDX-License-Identifier: Apache-2.0
"""Who sends invalid messages loses its score, its places in the meshes and at last its hearing."""

from __future__ import annotations

from ..agent import Agent
from ..case import Case
from ..scene import Scene, of_topic, require

GOOD, BAD = "good", "bad"
GRAYLIST = -80.0
MESSAGES = 5
# Five invalid messages cost 10 * 5², and next to nothing of it decays during the case.
JUDGE = {
    "message_id": "from_seqno",
    "validate": [{"topic": BAD, "delay_ms": 0, "verdict": "reject"}],
    "score": {
        "gossip_threshold": -20.0,
        "publish_threshold": -50.0,
        "graylist_threshold": GRAYLIST,
        "retain_score_ms": 600_000,
        "topics": {
            topic: {
                "topic_weight": 1.0,
                "invalid_message_deliveries_weight": -10.0,
                "invalid_message_deliveries_decay": 0.999,
            }
            for topic in (GOOD, BAD)
        },
    },
}


def scores(scene: Scene, ours_judges: bool) -> None:
    cast = scene.cast
    judging, judged = (cast.ours, cast.peer) if ours_judges else (cast.peer, cast.ours)
    judge = scene.start(judging, "judge", JUDGE)
    sender = scene.start(judged, "sender", {"message_id": "from_seqno"})
    scene.join(GOOD, (judge, sender))
    scene.join(BAD, (judge, sender))
    scene.link(*((judge, sender) if ours_judges else (sender, judge)))
    for topic in (GOOD, BAD):
        scene.await_mesh(topic, [(judge, sender)])
    scene.publish(sender, GOOD, b"before")
    scene.receive(judge, GOOD, b"before")
    require(_score(scene, judge, sender) >= 0, "an honest peer is below 0")

    for number in range(MESSAGES):
        scene.publish(sender, BAD, f"bad {number}".encode())
    scene.poll(
        lambda: _score(scene, judge, sender) < GRAYLIST, f"score below {GRAYLIST} at {judge.label}"
    )
    for topic in (GOOD, BAD):
        for one, other in ((judge, sender), (sender, judge)):
            scene.poll(
                lambda one=one, other=other, topic=topic: (
                    other.peer_id not in scene.mesh(one, topic)
                ),
                f"end of the mesh link of {one.label} on {topic}",
            )

    scene.publish(sender, GOOD, b"after")
    scene.expect_silence(
        "a graylisted peer was heard", lambda: len(of_topic(judge, GOOD)) + _bad(judge) > 1
    )
    require(_score(scene, judge, sender) < GRAYLIST, "the score came back within seconds")
    scene.notes.append(f"score {_score(scene, judge, sender):.0f}")


def _score(scene: Scene, judge: Agent, judged: Agent) -> float:
    return float(scene.ask(judge, "score", peer=judged.peer_id)["score"])


def _bad(judge: Agent) -> int:
    return len(of_topic(judge, BAD))


CASES = [
    Case(
        "scores_ours_judges",
        "invalid messages: ours scores the peer, prunes and graylists it",
        lambda scene: scores(scene, ours_judges=True),
    ),
    Case(
        "scores_peer_judges",
        "invalid messages: the peer scores ours, prunes and graylists it",
        lambda scene: scores(scene, ours_judges=False),
    ),
]
