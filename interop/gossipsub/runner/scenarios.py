# SPDX-License-Identifier: Apache-2.0
"""The scripts of gossipsub-interop's scenarios, with waits for one machine instead of minutes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Callable

Instruction = dict[str, Any]

CONNECTIONS = 20
MESSAGES = 16
BLOB = 48 * 2048
SMALL = 1024
PARTS = 8
ALL_PARTS = 0xFF
FANOUT = 7  # whom the fanout's publisher names
MILLISECOND = 1_000_000  # the contract counts nanoseconds


@dataclass(frozen=True)
class Times:
    """Seconds: until meshes stand, between messages, and after the last one."""

    setup: int
    between: int
    flush: int
    messages: int = MESSAGES
    warm_up: int = 4


FULL = Times(setup=12, between=2, flush=8)
SHORT = Times(setup=6, between=1, flush=4, messages=6, warm_up=2)


@dataclass
class Play:
    """A script, and what must come of it."""

    script: list[Instruction] = field(default_factory=list)
    seconds: int = 0
    receivers: dict[int, set[int]] = field(default_factory=dict)  # by message, those that count
    whole: dict[int, int] = field(default_factory=dict)  # by node: groups it has all parts of

    def all(self, kind: str, **fields: Any) -> None:
        self.script.append({"type": kind, **fields})

    def one(self, node: int, kind: str, **fields: Any) -> None:
        self.all("ifNodeIDEquals", nodeID=node, instruction={"type": kind, **fields})

    def wait(self, seconds: int) -> None:
        self.seconds += seconds
        self.all("waitUntil", elapsedSeconds=self.seconds)


def _begin(nodes: int) -> Play:
    """Heartbeats that do not all come at once."""
    play = Play()
    for node in range(nodes):
        delay = 100 * MILLISECOND + (node + 1) * MILLISECOND // 10
        play.one(node, "initGossipSub", gossipSubParams={"HeartbeatInitialDelay": delay})
    return play


def _connect_at_random(play: Play, nodes: int, chance: random.Random) -> None:
    """Everybody dials until it has twenty connections, or all there are."""
    wanted = min(CONNECTIONS, nodes - 1)
    known: list[set[int]] = [set() for _ in range(nodes)]
    for node in range(nodes):
        strangers = [other for other in range(nodes) if other != node and other not in known[node]]
        dialled = chance.sample(strangers, max(0, wanted - len(known[node])))
        for other in dialled:
            known[node].add(other)
            known[other].add(node)
        if dialled:
            play.one(node, "connect", connectTo=dialled)


def _publish(play: Play, topics: dict[str, set[int]], size: int, times: Times, chance) -> None:
    """A message every few seconds by anybody on any of the topics."""
    nodes = sorted(set().union(*topics.values()))
    play.wait(times.setup)
    for message in range(times.messages):
        node, topic = chance.choice(nodes), chance.choice(sorted(topics))
        play.one(node, "publish", messageID=message, topicID=topic, messageSizeBytes=size)
        if message >= times.warm_up:
            play.receivers[message] = topics[topic] - {node}
        play.wait(times.between)
    play.wait(times.flush)


def subnet_blob_msg(nodes: int, times: Times, chance: random.Random) -> Play:
    play, topic = _begin(nodes), "a-subnet"
    play.all("setTopicValidationDelay", topicID=topic, delaySeconds=0.005)
    _connect_at_random(play, nodes, chance)
    play.all("subscribeToTopic", topicID=topic, partial=False)
    _publish(play, {topic: set(range(nodes))}, BLOB, times, chance)
    return play


def simple_fanout(nodes: int, times: Times, chance: random.Random) -> Play:
    play = _begin(nodes)
    _connect_at_random(play, nodes, chance)
    halves = {"topic-a": set(range(0, nodes, 2)), "topic-b": set(range(1, nodes, 2))}
    for topic, members in halves.items():
        for node in sorted(members):
            play.one(node, "subscribeToTopic", topicID=topic, partial=False)
    _publish(play, halves, SMALL, times, chance)
    return play


def partial_messages(nodes: int, times: Times, chance: random.Random) -> Play:
    play, topic, group = _begin(nodes), "a-subnet", chance.randrange(256)
    _connect_at_random(play, nodes, chance)
    play.all("subscribeToTopic", topicID=topic, partial=True)
    play.wait(times.setup)
    parts = [chance.randrange(256) for _ in range(nodes)]
    parts[-1] |= ALL_PARTS & ~_union(parts)  # somebody has each part
    for node in range(nodes):
        play.one(node, "addPartialMessage", topicID=topic, groupID=group, parts=parts[node])
    play.all("publishPartial", topicID=topic, groupID=group)
    play.wait(times.flush)
    play.whole = {node: 1 for node in range(nodes)}
    return play


def _union(bitmaps: list[int]) -> int:
    union = 0
    for bitmap in bitmaps:
        union |= bitmap
    return union


def partial_messages_chain(nodes: int, times: Times, _: random.Random) -> Play:
    """In a line, each part of each group begins at another node."""
    play, topic = _begin(nodes), "partial-msg-chain"
    for node in range(nodes - 1):
        play.one(node, "connect", connectTo=[node + 1])
    play.all("subscribeToTopic", topicID=topic, partial=True)
    play.wait(times.setup)
    for number in range(times.messages * PARTS):
        group, part = divmod(number, PARTS)
        play.one(
            number % nodes, "addPartialMessage", topicID=topic, groupID=group, parts=1 << part
        )
    for group in range(times.messages):
        play.wait(times.between)
        play.all("publishPartial", topicID=topic, groupID=group)
    play.wait(2 * times.flush)
    play.whole = {node: times.messages for node in range(nodes)}
    return play


def partial_messages_fanout(nodes: int, times: Times, chance: random.Random) -> Play:
    """Node 0 has all, has not subscribed, and names a few to whom it goes."""
    play, topic, group = _begin(nodes), "a-subnet", chance.randrange(256)
    _connect_at_random(play, nodes, chance)
    for node in range(1, nodes):
        play.one(node, "subscribeToTopic", topicID=topic, partial=True)
    play.wait(times.setup)
    named = list(range(1, min(1 + FANOUT, nodes)))
    play.one(0, "addPartialMessage", topicID=topic, groupID=group, parts=ALL_PARTS)
    play.one(0, "publishPartial", topicID=topic, groupID=group, publishToNodeIDs=named)
    play.wait(times.flush)
    play.whole = {node: 1 for node in range(nodes)}
    return play


Scenario = Callable[[int, Times, random.Random], Play]
SCENARIOS: dict[str, Scenario] = {
    "subnet-blob-msg": subnet_blob_msg,
    "simple-fanout": simple_fanout,
    "partial-messages": partial_messages,
    "partial-messages-chain": partial_messages_chain,
    "partial-messages-fanout": partial_messages_fanout,
}


def in_parts(name: str) -> bool:
    return name.startswith("partial-")
