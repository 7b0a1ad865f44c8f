# SPDX-License-Identifier: Apache-2.0
"""What the logs of a play say: whom each message reached, and when."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

from .scenarios import Play

# As the official check looks for it.
WHOLE = '"msg":"All parts received"'


@dataclass
class Log:
    """One node's standard output."""

    peer_id: str | None = None
    node_id: int | None = None
    received: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    whole: int = 0

    @staticmethod
    def read(path: Path) -> "Log":
        log = Log()
        for line in path.read_text(errors="replace").splitlines():
            log.whole += line.count(WHOLE)
            try:
                log.take(json.loads(line))
            except (ValueError, KeyError, AttributeError):
                continue  # libraries may print what they like
        return log

    def take(self, entry: dict) -> None:
        if entry["msg"] == "PeerID":
            self.peer_id, self.node_id = entry["id"], int(entry["node_id"])
        elif entry["msg"] == "Received Message":
            when = datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp()
            self.received[int(entry["id"])].append(when)


@dataclass
class Report:
    """`faults` is empty when everybody has all; `figures` is for people."""

    faults: list[str]
    figures: str


def judge(play: Play, logs: list[Log], statuses: dict[int, int | None]) -> Report:
    faults = [f"node{n} ended with {s}" for n, s in sorted(statuses.items()) if s != 0]
    for number, log in enumerate(logs):
        if log.node_id != number or not log.peer_id:
            faults.append(f"node{number} did not say who it is")
    peers = {log.peer_id for log in logs}
    if len(peers) != len(logs):
        faults.append("nodes have the same peer id")
    for message, members in sorted(play.receivers.items()):
        missing = sorted(n for n in members if message not in logs[n].received)
        if missing:
            faults.append(f"message {message} did not reach {_names(missing)}")
    for node, count in sorted(play.whole.items()):
        if logs[node].whole < count:
            faults.append(f"node{node} has all parts of {logs[node].whole} of {count} groups")
    return Report(faults, _figures(play, logs))


def _names(nodes: list[int]) -> str:
    shown = ", ".join(f"node{node}" for node in nodes[:5])
    return shown + (f" and {len(nodes) - 5} more" if len(nodes) > 5 else "")


def _figures(play: Play, logs: list[Log]) -> str:
    if play.whole:
        reached = sum(logs[node].whole >= count for node, count in play.whole.items())
        return f"{reached} of {len(play.whole)} nodes have all parts"
    wanted = got = copies = 0
    delays: list[float] = []
    for message, members in play.receivers.items():
        times = [logs[n].received[message] for n in members if message in logs[n].received]
        firsts = [min(each) for each in times]
        wanted, got = wanted + len(members), got + len(firsts)
        copies += sum(len(each) for each in times)
        delays += [first - min(firsts) for first in firsts]
    if not delays:
        return "nothing was received"
    return (
        f"reach {100 * got / wanted:.0f} %, after the first node: p50 {1e3 * median(delays):.0f} ms, "
        f"last {1e3 * max(delays):.0f} ms; {copies / got:.2f} logged copies a message and node"
    )
