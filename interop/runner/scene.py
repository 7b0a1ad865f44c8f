# SPDX-License-Identifier: Apache-2.0
"""What a case plays on: the agents it starts, and one deadline for all it waits for."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence, TypeVar

from .agent import Agent, AgentError, CommandFailed, Launch, Message, Pending, StartFailed
from .implementations import OURS, Implementation

T = TypeVar("T")

# An agent that refuses a configuration key its library lacks ends with this.
UNSUPPORTED_STATUS = 3
POLL_SECONDS = 0.05
# Three heartbeats: time in which a mesh forms, and in which a forbidden copy would show.
MESH_SECONDS = 20.0
LEAK_SECONDS = 3.0


class CaseFailed(Exception):
    """What a case saw is wrong; the text says what."""


class NotApplicable(Exception):
    """An implementation other than ours cannot do what the case is about; the text names it."""


class Direction(Enum):
    """Who dials. `alone`: one implementation is looked at; `together`: all of them."""

    ours_dials = "→"
    peer_dials = "←"
    alone = ""
    together = "all"


BOTH = (Direction.ours_dials, Direction.peer_dials)


@dataclass(frozen=True)
class Cast:
    """Who plays: `peer` is the implementation looked at, `everyone` those of a mixed network."""

    ours: Implementation
    peer: Implementation
    direction: Direction
    everyone: tuple[Implementation, ...] = ()
    long: bool = False


@dataclass
class Scene:
    """Owns every agent a case starts; leaving it ends them, and an end in disorder is a failure."""

    cast: Cast
    log_directory: Path
    seconds: float
    agents: list[Agent] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.seconds

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: Any) -> None:
        disorder = [text for agent in self.agents for text in self.violations(agent)]
        disorder += self.end_all()
        if kind is None and disorder:
            raise CaseFailed("; ".join(disorder))

    # Agents.

    def start(
        self,
        implementation: Implementation,
        label: str,
        config: dict[str, Any] | None = None,
        **how: Any,
    ) -> Agent:
        """Starts an agent; what a peer's library cannot do makes the case not applicable."""
        launch = Launch(
            program=implementation.program,
            label=f"{label} ({implementation.name})",
            implementation=implementation.name,
            config=config,
            log=self.log_directory / f"{len(self.agents):02}-{label}-{implementation.name}.log",
            **how,
        )
        try:
            agent = Agent(launch)
            self.agents.append(agent)
            agent.await_ready(self.left())
            self.versions[implementation.name] = "{name} {version}".format_map(agent.ready)
            return agent
        except StartFailed as failed:
            unsupported = failed.error.startswith("unsupported: ")
            if unsupported and failed.status == UNSUPPORTED_STATUS:
                if implementation.name != OURS:
                    raise NotApplicable(f"{implementation.name}: {failed.error}") from None
            raise

    def pair(self, config: dict[str, Any] | None = None) -> tuple[Agent, Agent]:
        """Ours and theirs, alike configured, not yet connected."""
        cast = self.cast
        return self.start(cast.ours, "ours", config), self.start(cast.peer, "peer", config)

    def end(self, agent: Agent) -> None:
        """Ends one agent in order; it no longer belongs to the scene."""
        self.agents.remove(agent)
        status = agent.quit()
        disorder = self.violations(agent)
        if status != 0:
            disorder.append(f"{agent.label} ended with {status}, not 0")
        if disorder:
            raise CaseFailed("; ".join(disorder))

    def end_all(self) -> list[str]:
        """Ends every agent side by side; what was not in order about it."""
        started = [agent for agent in self.agents if agent.ready]
        silent = [agent for agent in self.agents if not agent.ready]
        for agent in silent:
            agent.kill()
        for agent in started:
            try:
                agent.send("quit")
            except AgentError:
                pass  # its status says what became of it
        disorder = []
        for agent in started:
            status = agent.join()
            if status != 0:
                said = "was killed 5 s after quit" if status is None else f"ended with {status}"
                disorder.append(f"{agent.label} {said}")
        self.agents.clear()
        return disorder

    @staticmethod
    def violations(agent: Agent) -> list[str]:
        return [f"{agent.label}: {text}" for text in agent.violations]

    # Waiting.

    def left(self, seconds: float = float("inf")) -> float:
        """The smaller of `seconds` and what the scene still has."""
        return max(0.0, min(seconds, self.deadline - time.monotonic()))

    def poll(self, condition: Callable[[], T], what: str, seconds: float | None = None) -> T:
        """Asks again and again until `condition` is true."""
        seconds = MESH_SECONDS if seconds is None else seconds
        deadline = time.monotonic() + self.left(seconds)
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() >= deadline:
                raise CaseFailed(f"no {what} within {seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def ask(self, agent: Agent, operation: str, **arguments: Any) -> dict[str, Any]:
        """A command that must succeed, or that the peer's library cannot do."""
        return self.finish(agent.send(operation, **arguments))

    def finish(self, pending: Pending, seconds: float | None = None) -> dict[str, Any]:
        try:
            return pending.result(self.left(MESH_SECONDS if seconds is None else seconds))
        except CommandFailed as failed:
            if failed.unsupported and pending.agent.launch.implementation != OURS:
                raise NotApplicable(str(failed)) from None
            raise

    # The network.

    def link(self, ours: Agent, theirs: Agent) -> None:
        """Connects the two, dialled by whom the cast says."""
        if self.cast.direction is Direction.peer_dials:
            self.dial(theirs, ours)
        else:
            self.dial(ours, theirs)

    def dial(self, dialer: Agent, listener: Agent) -> None:
        reply = self.ask(dialer, "connect", addr=listener.address)
        require(
            reply.get("peer_id") == listener.peer_id,
            f"{dialer.label}: connect says {reply.get('peer_id')}, not {listener.peer_id}",
        )
        for one, other in ((dialer, listener), (listener, dialer)):
            self.poll(
                lambda one=one, other=other: other.peer_id in self.peers(one),
                f"{other.label} among the peers of {one.label}",
            )

    def peers(self, agent: Agent, topic: str | None = None) -> dict[str, dict[str, Any]]:
        """Connected peers, or those known to be subscribed to a topic, by their id."""
        arguments = {} if topic is None else {"topic": topic}
        reply = self.ask(agent, "peers", **arguments)
        return {entry["peer_id"]: entry for entry in reply["peers"]}

    def mesh(self, agent: Agent, topic: str) -> set[str]:
        return set(self.ask(agent, "mesh", topic=topic)["peers"])

    def join(self, topic: str, agents: Iterable[Agent]) -> None:
        for pending in [agent.send("subscribe", topic=topic) for agent in agents]:
            self.finish(pending)

    def await_mesh(self, topic: str, links: Iterable[tuple[Agent, Agent]]) -> None:
        """Waits until both ends of every link have each other in the mesh of the topic."""
        for a, b in links:
            for one, other in ((a, b), (b, a)):
                self.poll(
                    lambda one=one, other=other: other.peer_id in self.mesh(one, topic),
                    f"{other.label} in the mesh of {one.label}",
                )

    def publish(self, agent: Agent, topic: str, data: bytes) -> str | None:
        """Publishes and returns the message id, where the library tells it."""
        return self.finish(agent.publish(topic, data)).get("message_id")

    def receive(self, agent: Agent, topic: str, data: bytes) -> Message:
        """Waits for one message with that data."""

        def found() -> Message | None:
            return next((m for m in of_topic(agent, topic) if m.data == data), None)

        what = f"message of {len(data)} B on {topic}"
        return agent.wait(found, what, self.left(MESH_SECONDS))

    def expect_silence(self, what: str, leaked: Callable[[], bool]) -> None:
        """Fails as soon as what must not happen does; watches for three heartbeats."""
        deadline = time.monotonic() + self.left(LEAK_SECONDS)
        while time.monotonic() < deadline:
            require(not leaked(), what)
            time.sleep(POLL_SECONDS)


def require(holds: bool, text: str) -> None:
    if not holds:
        raise CaseFailed(text)


def of_topic(agent: Agent, topic: str) -> list[Message]:
    return [message for message in list(agent.messages) if message.topic == topic]


def require_exactly(agent: Agent, topic: str, expected: Sequence[bytes]) -> None:
    """Each of `expected` was delivered once on the topic, and nothing else was."""
    got = Counter(message.data for message in of_topic(agent, topic))
    wanted = Counter(expected)
    missing = sum((wanted - got).values())
    extra = sum((got - wanted).values())
    require(
        missing == 0 and extra == 0,
        f"{agent.label}: of {len(expected)} messages on {topic} {missing} are missing, "
        f"{extra} too many",
    )
