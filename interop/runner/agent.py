# SPDX-License-Identifier: Apache-2.0
"""One agent process: commands out, replies and events in, an end in bounded time.

An agent speaks JSON lines. A thread per agent reads its standard output, so nothing it prints
can block it; its standard error goes to a file. Every wait has a deadline.
"""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, TypeVar

T = TypeVar("T")

# The contract: an agent is gone this long after `quit` or the end of its input.
QUIT_SECONDS_MAX = 5.0
# Node takes about a second to start on a busy machine; this is for the slowest one under load.
START_SECONDS_MAX = 30.0
COMMAND_SECONDS = 20.0


class AgentError(Exception):
    """Something an agent did, or did not do, that the driver cannot go on with."""


class StartFailed(AgentError):
    """The process ended, or kept silent, before its `ready` line."""

    def __init__(self, text: str, status: int | None = None, error: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.error = error


class CommandFailed(AgentError):
    """A reply with `ok` false; `error` is the agent's own text."""

    def __init__(self, text: str, error: str) -> None:
        super().__init__(text)
        self.error = error

    @property
    def unsupported(self) -> bool:
        return self.error.startswith("unsupported: ")


class TimedOut(AgentError):
    """A deadline passed while something was awaited."""


class Ended(AgentError):
    """The process ended while something was awaited of it."""


@dataclass(frozen=True)
class Launch:
    """How to start an agent. `label` names it in what the driver prints."""

    program: Path
    label: str
    implementation: str = ""
    listen: tuple[str, ...] = ()
    seed: int | None = None
    config: dict[str, Any] | None = None
    log: Path | None = None

    def arguments(self) -> list[str]:
        line = [str(self.program)]
        for address in self.listen:
            line += ["--listen", address]
        if self.seed is not None:
            line += ["--key-seed", str(self.seed)]
        if self.config:
            line += ["--config", json.dumps(self.config, separators=(",", ":"))]
        return line


@dataclass(frozen=True)
class Message:
    """One `message` event: what the agent delivered to its application."""

    topic: str
    data: bytes
    sender: str | None
    via: str | None
    message_id: str | None

    @staticmethod
    def of(event: dict[str, Any]) -> "Message":
        return Message(
            topic=event["topic"],
            data=base64.b64decode(event["data"], validate=True),
            sender=event.get("from"),
            via=event.get("via"),
            message_id=event.get("message_id"),
        )


@dataclass
class Pending:
    """A command under way; `result` waits for its reply."""

    agent: "Agent"
    operation: str
    reply: dict[str, Any] | None = field(default=None)

    def outcome(self, timeout: float = COMMAND_SECONDS) -> dict[str, Any]:
        """The reply, whatever it says."""
        return self.agent.wait(lambda: self.reply, f"the reply to {self.operation}", timeout)

    def result(self, timeout: float = COMMAND_SECONDS) -> dict[str, Any]:
        """The reply of a command that must succeed."""
        reply = self.outcome(timeout)
        if reply.get("ok") is not True:
            error = str(reply.get("error", "no error text"))
            raise CommandFailed(f"{self.agent.label}: {self.operation}: {error}", error)
        return reply


class Agent:
    """A running agent. `messages` and `events` only grow; read them inside or after `wait`."""

    def __init__(self, launch: Launch) -> None:
        self.label = launch.label
        self.launch = launch
        self.ready: dict[str, Any] = {}
        self.messages: list[Message] = []
        self.events: list[dict[str, Any]] = []
        self.unasked: list[dict[str, Any]] = []  # replies to no command of ours
        self.violations: list[str] = []  # lines that break the contract
        self._pending: dict[int, Pending] = {}
        self._last_id = 0
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._at_end = False
        self._process = self._spawn()
        os.set_blocking(self._process.stdin.fileno(), False)
        self._reader = threading.Thread(target=self._read, name=f"read {self.label}", daemon=True)
        self._reader.start()

    @classmethod
    def start(cls, launch: Launch, timeout: float = START_SECONDS_MAX) -> "Agent":
        """Starts a process and returns once it is ready; StartFailed otherwise."""
        agent = cls(launch)
        agent.await_ready(timeout)
        return agent

    # What it is.

    @property
    def peer_id(self) -> str:
        return self.ready["peer_id"]

    @property
    def address(self) -> str:
        """The first multiaddr it listens on, its peer id included."""
        return self.ready["addrs"][0]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status, None while it runs."""
        return self._process.poll()

    # Talking to it.

    def send(self, operation: str, **arguments: Any) -> Pending:
        """Sends a command and does not wait for its reply."""
        with self._changed:
            self._last_id += 1
            number = self._last_id
            pending = self._pending[number] = Pending(self, operation)
        self.write_line(json.dumps({"id": number, "op": operation, **arguments}))
        return pending

    def command(
        self, operation: str, timeout: float = COMMAND_SECONDS, **arguments: Any
    ) -> dict[str, Any]:
        """Sends a command that must succeed and returns its reply."""
        return self.send(operation, **arguments).result(timeout)

    def publish(self, topic: str, data: bytes) -> Pending:
        return self.send("publish", topic=topic, data=base64.b64encode(data).decode())

    def write_line(self, line: str, timeout: float = COMMAND_SECONDS) -> None:
        """Writes one raw line to its standard input."""
        deadline = time.monotonic() + timeout
        rest = memoryview(line.encode() + b"\n")
        with self._writing:
            if self._process.stdin.closed:
                raise Ended(f"{self.label} has no input any more")
            descriptor = self._process.stdin.fileno()
            while rest:
                left = deadline - time.monotonic()
                if left <= 0 or not _writable(descriptor, left):
                    raise TimedOut(f"{self.label} does not read its input")
                try:
                    rest = rest[os.write(descriptor, rest) :]
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    raise Ended(f"{self.label} ended with {self._status_text()}") from None

    def wait(self, condition: Callable[[], T], what: str, timeout: float = COMMAND_SECONDS) -> T:
        """Waits until `condition`, looked at after each line it prints, is true."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                value = condition()
                if value:
                    return value
                if self._at_end:
                    raise Ended(f"{self.label} ended with {self._status_text()}, awaiting {what}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimedOut(f"{self.label}: no {what} within {timeout:.0f} s")
                self._changed.wait(left)

    def await_event(
        self, name: str, timeout: float = COMMAND_SECONDS, since: int = 0, **fields: Any
    ) -> dict[str, Any]:
        """The first event of that name and those fields from index `since` of `events` on."""

        def found() -> dict[str, Any] | None:
            for event in self.events[since:]:
                if event["event"] == name and all(event.get(k) == v for k, v in fields.items()):
                    return event
            return None

        return self.wait(found, f"event {name}", timeout)

    def await_ready(self, timeout: float = START_SECONDS_MAX) -> None:
        try:
            self.ready = self.await_event("ready", timeout)
        except Ended as ended:
            status = self._join(QUIT_SECONDS_MAX)
            failed = [e for e in self.events if e["event"] == "failed"]
            error = str(failed[0].get("error", "")) if failed else ""
            raise StartFailed(
                f"{self.label} did not start: {error or ended}", status, error
            ) from None
        except TimedOut as late:
            self.kill()
            raise StartFailed(str(late)) from None

    # Ending it.

    def close_input(self) -> None:
        with self._writing:
            self._process.stdin.close()

    def quit(self, timeout: float = QUIT_SECONDS_MAX) -> int | None:
        """Asks it to end; its exit status, or None when it had to be killed."""
        try:
            self.send("quit")
        except (Ended, TimedOut):
            pass  # already gone, or deaf: the status says so
        return self.join(timeout)

    def join(self, timeout: float = QUIT_SECONDS_MAX) -> int | None:
        """Waits for its end; its exit status, or None when it had to be killed."""
        status = self._join(timeout)
        self.kill()
        return status

    def kill(self) -> None:
        """Ends it at once. Harmless when it has ended."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join(QUIT_SECONDS_MAX)
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                pipe.close()
            except OSError:
                pass

    # Inside.

    def _spawn(self) -> subprocess.Popen:
        log = self.launch.log
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
        errors = open(log, "wb") if log is not None else open(os.devnull, "wb")
        with errors:
            try:
                return subprocess.Popen(
                    self.launch.arguments(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                )
            except OSError as error:
                raise StartFailed(f"{self.label}: {self.launch.program}: {error}") from None

    def _join(self, timeout: float) -> int | None:
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def _status_text(self) -> str:
        status = self._join(1.0)
        return "no exit status" if status is None else f"exit status {status}"

    def _read(self) -> None:
        for line in self._process.stdout:
            with self._changed:
                self._take(line)
                self._changed.notify_all()
        with self._changed:
            self._at_end = True
            self._changed.notify_all()

    def _take(self, line: bytes) -> None:
        try:
            value = json.loads(line)
            if "reply" in value:
                self._take_reply(value)
            elif value["event"] == "message":
                self.messages.append(Message.of(value))
            else:
                self.events.append(value)
        except (ValueError, KeyError, TypeError) as error:
            self.violations.append(f"{type(error).__name__} in line {line[:200]!r}")

    def _take_reply(self, reply: dict[str, Any]) -> None:
        number = reply["reply"]
        pending = self._pending.pop(number, None) if isinstance(number, int) else None
        if pending is None:
            self.unasked.append(reply)
        else:
            pending.reply = reply


def _writable(descriptor: int, seconds: float) -> bool:
    """By poll: select ends at descriptor 1023, and a driver may hold hundreds of agents."""
    poller = select.poll()
    poller.register(descriptor, select.POLLOUT)
    return bool(poller.poll(seconds * 1000))


def resident_kb(pid: int) -> int:
    """Resident size of a process, in KiB as the kernel counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AgentError(f"process {pid} has no resident size")
