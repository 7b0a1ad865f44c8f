# SPDX-License-Identifier: Apache-2.0
"""One publisher, one subscriber, a closed loop: rate and processor time per message.

A run with a message lost, changed or repeated says nothing about speed: it is void.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.agent import Agent, AgentError
from runner.implementations import Implementation
from runner.scene import CaseFailed, Cast, Direction, Scene

TOPIC = "bench"
# Messages that may be under way, by size: enough to keep both sides busy, little enough that
# nobody's queue overflows.
WINDOWS = {64: 256, 1024: 256, 64 * 1024: 64, 1024 * 1024: 8}
SIGNS = ("none", "strict")
MESSAGE_SIZE_MAX = 4 * 1024 * 1024
SECONDS_WANTED = 2.0
# A trial run shorter than this says too little about the rate; at most so many are made.
TRIAL_SECONDS = 0.3
TRIALS_MAX = 5
WARM_UP_SHARE = 20  # one message in so many, at the start, is not counted
RUN_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class Load:
    """What is sent."""

    size: int
    sign: str

    @property
    def window(self) -> int:
        return WINDOWS[self.size]

    @property
    def name(self) -> str:
        units = ((1024 * 1024, "MiB"), (1024, "KiB"), (1, "B"))
        amount = next(f"{self.size // unit} {name}" for unit, name in units if self.size >= unit)
        return f"{amount} {'StrictSign' if self.sign == 'strict' else 'NoSign'}"


LOADS = tuple(Load(size, sign) for sign in SIGNS for size in WINDOWS)


@dataclass(frozen=True)
class Sample:
    """One run. Rates are messages a second, processor times µs a message, latencies µs."""

    implementation: str
    version: str
    load: str
    repetition: int
    void: str = ""
    count: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    publisher_us: float = 0.0
    subscriber_us: float = 0.0
    latency_us: dict[str, float] = field(default_factory=dict)


@dataclass
class Pair:
    """A publisher and a subscriber in each other's mesh."""

    publisher: Agent
    subscriber: Agent
    load: Load

    def run(self, count: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Sends `count` messages; the publisher's reply and the subscriber's report."""
        mark = len(self.subscriber.events)
        armed = self.subscriber.command(
            "bench_receive",
            topic=TOPIC,
            size=self.load.size,
            count=count,
            ack_every=max(1, self.load.window // 8),
        )
        sent = self.publisher.command(
            "bench_publish",
            timeout=RUN_SECONDS_MAX,
            topic=TOPIC,
            size=self.load.size,
            count=count,
            window=self.load.window,
            warmup=count // WARM_UP_SHARE,
            acks=[armed["ack_addr"]],
        )
        received = self.subscriber.await_event("bench_received", RUN_SECONDS_MAX, since=mark)
        return sent, received


def measure(implementation: Implementation, load: Load, repetition: int, logs: Path) -> Sample:
    """Fresh processes, a mesh, trial runs to find the rate, then the run that counts."""
    where = logs / f"{load.name}-{implementation.name}-{repetition}".replace(" ", "-")
    cast = Cast(implementation, implementation, Direction.ours_dials)
    version = ""
    try:
        with Scene(cast, where, seconds=4 * RUN_SECONDS_MAX) as scene:
            pair = _pair(scene, load)
            version = "{name} {version}".format_map(pair.publisher.ready)
            count = _scaled(pair)
            sent, received = pair.run(count)
    except (AgentError, CaseFailed) as error:
        return Sample(implementation.name, version, load.name, repetition, void=str(error))
    return Sample(
        implementation.name,
        version,
        load.name,
        repetition,
        void=fault(received, count),
        count=count,
        seconds=sent["wall_ns"] / 1e9,
        rate=rate(sent),
        publisher_us=sent["cpu_us"] / sent["published"],
        subscriber_us=received["cpu_us"] / max(1, received["count"]),
        latency_us=received["latency_us"],
    )


def fault(received: dict[str, Any], count: int) -> str:
    """Why the run is void, empty when it is not."""
    faults = {
        "lost": count - received["count"],
        "corrupt": received["corrupt"],
        "repeated": received["repeated"],
    }
    return ", ".join(f"{number} {name}" for name, number in faults.items() if number != 0)


def rate(sent: dict[str, Any]) -> float:
    return sent["published"] / max(1e-9, sent["wall_ns"] / 1e9)


def _pair(scene: Scene, load: Load) -> Pair:
    config: dict[str, Any] = {"sign": load.sign, "max_message_size": MESSAGE_SIZE_MAX}
    if load.sign == "strict":
        config["message_id"] = "from_seqno"
    publisher = scene.start(scene.cast.ours, "publisher", config)
    subscriber = scene.start(scene.cast.ours, "subscriber", config, listen=("none",))
    scene.join(TOPIC, (publisher, subscriber))
    scene.dial(subscriber, publisher)
    scene.await_mesh(TOPIC, [(publisher, subscriber)])
    return Pair(publisher, subscriber, load)


def _scaled(pair: Pair) -> int:
    """How many messages make a run of the wanted length."""
    count = 8 * pair.load.window
    for _ in range(TRIALS_MAX):
        sent, _ = pair.run(count)
        seconds = sent["wall_ns"] / 1e9
        if seconds >= TRIAL_SECONDS:
            break
        count = round(count * min(8.0, 1.5 * TRIAL_SECONDS / max(seconds, 1e-3)))
    return max(8 * pair.load.window, round(rate(sent) * SECONDS_WANTED))
