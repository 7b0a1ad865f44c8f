# SPDX-License-Identifier: Apache-2.0
"""A message of eight parts, half of them on either side, ends whole on both."""

from __future__ import annotations

import base64

from ..agent import Agent
from ..case import Case
from ..scene import Scene, require

TOPIC = "parts"
GROUP = base64.b64encode(bytes(range(8))).decode()
PARTS = [base64.b64encode(bytes([number]) * 1024).decode() for number in range(8)]
LOWER, UPPER = range(4), range(4, 8)


def halves(scene: Scene) -> None:
    ours, theirs = scene.pair({"partial": True, "message_id": "from_seqno"})
    for agent in (ours, theirs):
        scene.ask(agent, "partial_join", topic=TOPIC)
    scene.link(ours, theirs)
    scene.await_mesh(TOPIC, [(ours, theirs)])

    for agent, half in ((ours, LOWER), (theirs, UPPER)):
        parts = [part if number in half else None for number, part in enumerate(PARTS)]
        scene.ask(agent, "partial_publish", topic=TOPIC, group=GROUP, parts=parts)

    for agent, lacks, other in ((ours, UPPER, theirs), (theirs, LOWER, ours)):
        event = scene.poll(
            lambda agent=agent, lacks=lacks: _with(agent, lacks),
            f"other half at {agent.label}",
        )
        wrong = [n for n in range(8) if event["parts"][n] not in (None, PARTS[n])]
        require(not wrong, f"{agent.label} has other parts than were sent: {wrong}")
        require(event["group"] == GROUP, f"{agent.label} has group {event['group']}")
        require(event["via"] == other.peer_id, f"{agent.label} has them of {event['via']}")


def _with(agent: Agent, numbers: range) -> dict | None:
    """The first event that has these parts; the agent's own may have been added later."""
    for event in agent.events:
        if event["event"] == "partial" and event["topic"] == TOPIC:
            if all(event["parts"][number] for number in numbers):
                return event
    return None


CASES = [Case("partial_halves", "a message of 8 parts, half on either side", halves)]
