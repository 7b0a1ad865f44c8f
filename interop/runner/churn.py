# SPDX-License-Identifier: Apache-2.0
"""Thousands of connects and disconnects against our agent, its resident size watched."""

from __future__ import annotations

from functools import partial

from .agent import Agent, resident_kb
from .case import Case
from .implementations import OURS
from .scene import Direction, Scene, require

STEP = 1_000  # connections between two looks at the size; the first step is the warm-up
CONCURRENCY = 8
GROWTH_KB_MAX = 1_024
STEP_SECONDS = 120.0


def churn(scene: Scene, connections: int) -> None:
    """The implementation looked at dials; ours listens, and is watched on both ends."""
    listener = scene.start(scene.cast.ours, "listener")
    dialer = scene.start(scene.cast.peer, "dialer", listen=("none",))
    watched = [listener]
    if scene.cast.peer.name == OURS:
        watched.append(dialer)

    sizes: dict[Agent, list[int]] = {agent: [] for agent in watched}
    for _ in range(max(2, connections // STEP)):
        _dial(scene, dialer, listener)
        for agent in watched:
            sizes[agent].append(resident_kb(agent.ready["pid"]))

    for agent, found in sizes.items():
        said = f"{agent.label}: {found[0]} KiB after {STEP}, {found[-1]} after {STEP * len(found)}"
        scene.notes.append(said)
        require(found[-1] - found[0] <= GROWTH_KB_MAX, f"{said}; all: {found}")


def _dial(scene: Scene, dialer: Agent, listener: Agent) -> None:
    pending = dialer.send(
        "bench_dial", addr=listener.address, count=STEP, concurrency=CONCURRENCY
    )
    reply = scene.finish(pending, STEP_SECONDS)
    require(
        reply["established"] == STEP and reply["failed"] == 0,
        f"of {STEP} connections {reply['established']} came up, {reply['failed']} failed",
    )
    scene.poll(lambda: not scene.peers(listener), f"end of all connections at {listener.label}")


def case(connections: int) -> Case:
    return Case(
        "churn",
        f"{connections:,} connects and disconnects, at most 1 MiB more than after the first 1,000",
        partial(churn, connections=connections),
        (Direction.alone,),
        seconds=60.0 + STEP_SECONDS * max(2, connections // STEP),
        exclusive=True,
    )
