# SPDX-License-Identifier: Apache-2.0
"""What a connected, silent peer costs a hub in resident memory.

Every hub meets the same crowd: processes of one implementation, each with its own identity,
subscribed to the hub's topic. The figure is the growth of the hub's resident size by peer.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from runner.agent import Agent, AgentError, resident_kb
from runner.implementations import Implementation
from runner.scene import CaseFailed, Cast, Direction, Scene

TOPIC = "idle"
BATCH = 20  # dialers started and connected at a time
LOOKS = 10
LOOK_SECONDS = 0.2
CONNECT_SECONDS = 60.0


@dataclass(frozen=True)
class Footprint:
    """One hub: resident KiB before and after, and what that makes by peer."""

    implementation: str
    version: str
    peers: int
    void: str = ""
    before_kb: float = 0.0
    after_kb: float = 0.0

    @property
    def peer_kb(self) -> float:
        return (self.after_kb - self.before_kb) / self.peers


def measure(
    hubs: Sequence[Implementation], crowd: Implementation, peers: int, logs: Path, settle: float
) -> list[Footprint]:
    """One footprint by hub, all with the same crowd."""
    cast = Cast(crowd, crowd, Direction.ours_dials)
    seconds = 120.0 + peers * 0.5 + len(hubs) * (60.0 + peers * 0.5 + 2 * settle)
    with Scene(cast, logs / "idle", seconds) as scene:
        dialers: list[Agent] = []
        while len(dialers) < peers:
            number = len(dialers)
            dialers.append(scene.start(crowd, f"dialer-{number}", listen=("none",)))
            scene.join(TOPIC, dialers[-1:])
        return [_footprint(scene, hub, dialers, settle) for hub in hubs]


def _footprint(
    scene: Scene, implementation: Implementation, dialers: list[Agent], settle: float
) -> Footprint:
    count = len(dialers)
    try:
        hub = scene.start(implementation, "hub")
        version = "{name} {version}".format_map(hub.ready)
        scene.join(TOPIC, (hub,))
        before = _resident(hub, settle)
        _crowd_in(scene, hub, dialers)
        after = _resident(hub, settle)
        present = len(scene.peers(hub, TOPIC))
        scene.end(hub)
    except (AgentError, CaseFailed) as error:
        return Footprint(implementation.name, "", count, void=str(error))
    void = "" if present == count else f"{present} of {count} peers were left at the end"
    return Footprint(implementation.name, version, count, void, before, after)


def _crowd_in(scene: Scene, hub: Agent, dialers: list[Agent]) -> None:
    for start in range(0, len(dialers), BATCH):
        batch = [
            dialer.send("connect", addr=hub.address, timeout_ms=20_000)
            for dialer in dialers[start : start + BATCH]
        ]
        for pending in batch:
            scene.finish(pending, CONNECT_SECONDS)
    scene.poll(
        lambda: len(scene.peers(hub, TOPIC)) == len(dialers),
        f"crowd of {len(dialers)} at {hub.label}",
        CONNECT_SECONDS,
    )


def _resident(agent: Agent, settle: float) -> float:
    """The median of several looks after the hub had time for heartbeats and collection."""
    time.sleep(settle)
    looks = []
    for _ in range(LOOKS):
        looks.append(resident_kb(agent.ready["pid"]))
        time.sleep(LOOK_SECONDS)
    return statistics.median(looks)
