# SPDX-License-Identifier: Apache-2.0
"""What only a scripted peer sees: a program of our own cores watches an agent on the wire.

The program names its cases with `--list`, one a line, each with the agent's config behind it if
it needs one. Run with a case and a multiaddr, it prints `{"do":{"op":…}}` for every command it
wants the agent to be given and reads the reply from its input; its last word is
`{"case":…,"ok":true|false,"detail":…}`.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from functools import partial
from pathlib import Path
from typing import Any

from ..agent import Agent
from ..case import Case
from ..scene import CaseFailed, Direction, NotApplicable, Scene

LIST_SECONDS_MAX = 10.0
SECONDS = 120.0
ALONE = (Direction.alone,)


def cases(program: Path) -> list[Case]:
    """One case for each the program lists; a failing one when it is not there or cannot."""
    try:
        listed = subprocess.run(
            [str(program), "--list"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIST_SECONDS_MAX,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return [Case("wire", "a scripted peer watches the wire", partial(_absent, error), ALONE)]
    return [_case(program, line) for line in listed.splitlines() if line.strip()]


def _absent(error: Exception, scene: Scene) -> None:
    raise CaseFailed(f"no scripted peer: {error}")


def _case(program: Path, line: str) -> Case:
    name, _, rest = line.strip().partition(" ")
    config = json.loads(rest) if rest.strip() else None
    title = name.replace("_", " ")
    play = partial(_watch, program, name, config)
    return Case(f"wire_{name}", f"{title}, on the wire", play, ALONE, seconds=SECONDS)


def _watch(program: Path, name: str, config: dict[str, Any] | None, scene: Scene) -> None:
    agent = scene.start(scene.cast.peer, "agent", config)
    log = scene.log_directory / "wirepeer.log"
    with open(log, "wb") as errors:
        process = subprocess.Popen(
            [str(program), name, agent.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        _Script(scene, agent, process).play()
    finally:
        process.kill()
        process.wait()


class _Script:
    """Passes what the program wants done to the agent, and the replies back."""

    def __init__(self, scene: Scene, agent: Agent, process: subprocess.Popen) -> None:
        self.scene = scene
        self.agent = agent
        self.process = process
        self.lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def play(self) -> None:
        while True:
            line = self._next_line()
            if "do" in line:
                self._do(line["do"])
            elif "ok" in line:
                self._conclude(line)
                return

    def _do(self, command: dict[str, Any]) -> None:
        arguments = {k: v for k, v in command.items() if k not in ("op", "id")}
        reply = self.agent.send(command["op"], **arguments).outcome(self.scene.left(20))
        self.process.stdin.write(json.dumps(reply).encode() + b"\n")
        self.process.stdin.flush()

    def _conclude(self, line: dict[str, Any]) -> None:
        detail = str(line.get("detail", ""))
        if line["ok"] is True:
            self.scene.notes.append(detail)
            return
        if detail.startswith("unsupported: "):
            raise NotApplicable(f"{self.agent.launch.implementation}: {detail}")
        raise CaseFailed(detail or "the scripted peer gives no reason")

    def _next_line(self) -> dict[str, Any]:
        try:
            line = self.lines.get(timeout=self.scene.left(SECONDS))
        except queue.Empty:
            raise CaseFailed("the scripted peer came to no conclusion") from None
        if not line:
            status = self.process.wait()
            raise CaseFailed(f"the scripted peer ended with {status} and no conclusion")
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise CaseFailed(f"the scripted peer prints {line[:200]!r}")
        return value

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(b"")
