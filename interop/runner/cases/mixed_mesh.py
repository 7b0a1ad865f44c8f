# SPDX-License-Identifier: Apache-2.0
"""Four nodes of each implementation with few random links: every message at every node once."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass

from ..agent import Agent, Pending
from ..case import Case
from ..scene import Direction, Scene, of_topic, require, require_exactly

TOPIC = "mesh"
EACH = 4
LINKS_PER_NODE = 3.5  # an average degree of seven: more than a mesh takes, so gossip has work
RATE = 20.0  # messages a second, over all nodes
SHORT_SECONDS = 60.0
LONG_SECONDS = 300.0
SETTLE_SECONDS = 20.0
SIZES = (64, 1024)
CONFIG = {
    "message_id": "from_seqno",
    "d": 4,
    "d_low": 3,
    "d_high": 5,
    "d_score": 2,
    "d_out": 1,
    "d_lazy": 3,
}


@dataclass
class Traffic:
    """What was published: by whom, and the commands that did it."""

    sent: list[tuple[Agent, bytes]]
    pending: list[Pending]


def mixed_mesh(scene: Scene) -> None:
    play(scene, LONG_SECONDS if scene.cast.long else SHORT_SECONDS)


def play(scene: Scene, seconds: float, seed: int = 1) -> None:
    """The whole run; the chance of links, publishers and sizes comes from the seed."""
    chance = random.Random(seed)
    nodes = [
        scene.start(implementation, f"node-{number}", CONFIG)
        for number in range(EACH)
        for implementation in scene.cast.everyone
    ]
    links = random_links(len(nodes), round(LINKS_PER_NODE * len(nodes)), chance)
    _connect(scene, nodes, links)

    traffic = _publish(scene, nodes, seconds, chance)
    for pending in traffic.pending:
        scene.finish(pending)
    for node in nodes:
        _await_rest(scene, node, traffic)
    scene.expect_silence("a message came twice", lambda: _repeated(nodes))

    for node in nodes:
        require_exactly(node, TOPIC, [data for author, data in traffic.sent if author is not node])
    deliveries = len(traffic.sent) * (len(nodes) - 1)
    names = " ".join(implementation.name for implementation in scene.cast.everyone)
    scene.notes.append(f"{len(nodes)} nodes ({names}), {len(links)} links, {seconds:.0f} s")
    scene.notes.append(f"{len(traffic.sent)} messages, {deliveries} deliveries")


def random_links(nodes: int, count: int, chance: random.Random) -> list[tuple[int, int]]:
    """A connected graph: a random tree, filled up to `count` links. (dialer, listener)."""
    order = list(range(nodes))
    chance.shuffle(order)
    links = {(order[i], order[chance.randrange(i)]) for i in range(1, nodes)}
    while len(links) < min(count, nodes * (nodes - 1) // 2):
        a, b = chance.sample(range(nodes), 2)
        if (b, a) not in links:
            links.add((a, b))
    return sorted(links)


def _connect(scene: Scene, nodes: list[Agent], links: list[tuple[int, int]]) -> None:
    scene.join(TOPIC, nodes)
    dials = [nodes[a].send("connect", addr=nodes[b].address) for a, b in links]
    for pending in dials:
        scene.finish(pending)
    for index, node in enumerate(nodes):
        around = {nodes[a if b == index else b].peer_id for a, b in links if index in (a, b)}
        scene.poll(
            lambda: around <= scene.peers(node, TOPIC).keys(),
            f"all {len(around)} neighbours subscribed at {node.label}",
        )
        scene.poll(lambda: scene.mesh(node, TOPIC), f"mesh at {node.label}")


def _publish(
    scene: Scene, nodes: list[Agent], seconds: float, chance: random.Random
) -> Traffic:
    traffic = Traffic([], [])
    began = time.monotonic()
    for number in range(round(seconds * RATE)):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        author = chance.choice(nodes)
        size = chance.randint(*SIZES)
        data = number.to_bytes(8) + chance.randbytes(size - 8)
        traffic.sent.append((author, data))
        traffic.pending.append(author.publish(TOPIC, data))
        require(author.status is None, f"{author.label} ended")
        require(scene.left() > 0, "the scene took too long")
    return traffic


def _await_rest(scene: Scene, node: Agent, traffic: Traffic) -> None:
    own = sum(1 for author, _ in traffic.sent if author is node)
    wanted = len(traffic.sent) - own
    scene.poll(
        lambda: len(of_topic(node, TOPIC)) >= wanted,
        f"{wanted} messages at {node.label}: it has {len(of_topic(node, TOPIC))}",
        SETTLE_SECONDS,
    )


def _repeated(nodes: list[Agent]) -> bool:
    return any(
        count > 1
        for node in nodes
        for count in Counter(message.data for message in of_topic(node, TOPIC)).values()
    )


CASES = [
    Case(
        "mixed_mesh",
        "4 nodes of each implementation, random links, 20 msg/s, every message once everywhere",
        mixed_mesh,
        directions=(Direction.together,),
        seconds=180.0,
        long_seconds=480.0,
        exclusive=True,
    ),
]
