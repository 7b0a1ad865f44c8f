# SPDX-License-Identifier: Apache-2.0
"""Everything that is tried, in the order a reader wants it."""

from __future__ import annotations

from pathlib import Path

from ..case import Case
from . import (
    burst,
    contract,
    exchange,
    identify,
    late_joiner,
    line,
    mixed_mesh,
    partial,
    publish,
    reconnect,
    scores,
    shared_topic,
    topics,
    verdicts,
    wire,
)

_FIXED: list[Case] = [
    *contract.CASES,
    *identify.CASES,
    *publish.CASES,
    *topics.CASES,
    *line.CASES,
    *verdicts.CASES,
    *scores.CASES,
    *late_joiner.CASES,
    *exchange.CASES,
    *partial.CASES,
    *reconnect.CASES,
    *burst.CASES,
    *shared_topic.CASES,
    *mixed_mesh.CASES,
]


def all_cases(wire_peer: Path) -> list[Case]:
    """The cases above, and those the scripted wire peer lists."""
    return _FIXED[:-1] + wire.cases(wire_peer) + _FIXED[-1:]
