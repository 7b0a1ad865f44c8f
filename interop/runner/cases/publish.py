# SPDX-License-Identifier: Apache-2.0
"""Messages of many sizes both ways, signed and not, each delivered once and unchanged."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from ..agent import Agent
from ..case import Case
from ..scene import Direction, Scene, require, require_exactly

TOPIC = "publish"
SMALL = (0, 1, 1024)
LARGE = (64 * 1024, 900_000)
# Above every implementation's default; rust's own is 64 KiB.
MESSAGE_SIZE_MAX = 4 * 1024 * 1024


def publish(scene: Scene, sizes: tuple[int, ...], sign: str) -> None:
    ours, theirs = scene.pair(_config(sizes, sign))
    scene.join(TOPIC, (ours, theirs))
    scene.link(ours, theirs)
    scene.await_mesh(TOPIC, [(ours, theirs)])

    expected: dict[Agent, list[bytes]] = {ours: [], theirs: []}
    for mark, (sender, receiver) in enumerate(((ours, theirs), (theirs, ours))):
        for data in _payloads(sizes, mark, _empty_allowed(scene, sign, sender is ours)):
            _pass(scene, sender, receiver, data, signed=sign == "strict")
            expected[receiver].append(data)
    # A second copy of an earlier message would come before these.
    for sender, receiver in ((ours, theirs), (theirs, ours)):
        last = f"last to {receiver.peer_id}".encode()
        _pass(scene, sender, receiver, last, signed=sign == "strict")
        expected[receiver].append(last)

    for receiver, data in expected.items():
        require_exactly(receiver, TOPIC, data)


def _config(sizes: tuple[int, ...], sign: str) -> dict[str, Any]:
    config: dict[str, Any] = {"sign": sign}
    if sign == "strict":
        config["message_id"] = "from_seqno"
    if max(sizes) >= 64 * 1024:
        config["max_message_size"] = MESSAGE_SIZE_MAX
    return config


def _empty_allowed(scene: Scene, sign: str, sender_is_ours: bool) -> bool:
    """An unsigned empty message has one id, whoever sends it: only the dialer may."""
    return sign == "strict" or sender_is_ours == (scene.cast.direction is Direction.ours_dials)


def _payloads(sizes: tuple[int, ...], mark: int, empty_allowed: bool) -> list[bytes]:
    """Unlike for the two senders, or an unsigned one would be the other's duplicate."""
    chance = random.Random(mark)
    return [
        bytes([mark]) + chance.randbytes(size - 1) if size else b""
        for size in sizes
        if size or empty_allowed
    ]


def _pass(scene: Scene, sender: Agent, receiver: Agent, data: bytes, signed: bool) -> None:
    message_id = scene.publish(sender, TOPIC, data)
    message = scene.receive(receiver, TOPIC, data)
    author = sender.peer_id if signed else None
    require(message.sender == author, f"{receiver.label}: from {message.sender}, not {author}")
    require(
        message.via == sender.peer_id,
        f"{receiver.label}: via {message.via}, not {sender.peer_id}",
    )
    require(
        message_id is None or message.message_id == message_id,
        f"{receiver.label}: message id {message.message_id}, not the sender's {message_id}",
    )


CASES = [
    Case(
        "publish_signed_small",
        "0 B, 1 B, 1 KiB both ways, signed",
        partial(publish, sizes=SMALL, sign="strict"),
    ),
    Case(
        "publish_unsigned_small",
        "0 B, 1 B, 1 KiB both ways, StrictNoSign",
        partial(publish, sizes=SMALL, sign="none"),
    ),
    Case(
        "publish_signed_large",
        "64 KiB, 900 kB both ways, signed",
        partial(publish, sizes=LARGE, sign="strict"),
    ),
    Case(
        "publish_unsigned_large",
        "64 KiB, 900 kB both ways, StrictNoSign",
        partial(publish, sizes=LARGE, sign="none"),
    ),
]
