# SPDX-License-Identifier: Apache-2.0
"""A network of its own: a bridge in a namespace nobody else sees, and a host for each node."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

INSIDE = "GRAPEVINE_INTEROP_STAGE"
BRIDGE = "interop"
NETWORK = "10.77"
END_SECONDS = 15.0
READY_SECONDS = 10.0

# Waits until the host has its link, then becomes the node. $1 number, $2 address, the rest: what.
_NODE = """
read -r _ && hostname "node$1" && ip link set lo up && ip link set eth0 up &&
ip addr add "$2/16" dev eth0 && shift 2 && exec "$@" </dev/null
"""


def possible() -> str | None:
    """None when namespaces can be made here, else why not."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = f"ip link add {BRIDGE} type bridge && ip link add link0 type veth peer name eth0"
    try:
        done = subprocess.run(
            ["unshare", "--net", "--mount", "--uts", "sh", "-c", probe],
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as missing:
        return f"there is no {missing.filename}"
    return None if done.returncode == 0 else done.stderr.strip() or "namespaces are refused"


def enter(arguments: list[str]) -> None:
    """Runs this program again in namespaces of its own, unless it is there already."""
    if os.environ.get(INSIDE):
        return
    line = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child"]
    line += ["--mount-proc", sys.executable, *arguments]
    os.execvpe(line[0], line, {**os.environ, INSIDE: "1"})


def address(node: int) -> str:
    return f"{NETWORK}.{1 + node // 250}.{1 + node % 250}"


def _run(*line: str) -> None:
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(line)}: {done.stderr.strip()}")


@dataclass
class Host:
    """A node's process, in a network namespace with one link to the bridge."""

    number: int
    process: subprocess.Popen
    output: Path


class Stage:
    """Hosts on a bridge, and the names they find each other by. All ends with this process."""

    def __init__(self, folder: Path, nodes: int) -> None:
        self.folder = folder
        self.hosts: list[Host] = []
        folder.mkdir(parents=True, exist_ok=True)
        names = folder / "hosts"
        lines = [f"{address(node)} node{node}\n" for node in range(nodes)]
        names.write_text("127.0.0.1 localhost\n" + "".join(lines))
        _run("mount", "--bind", str(names), "/etc/hosts")
        _run("ip", "link", "add", BRIDGE, "type", "bridge")
        _run("ip", "link", "set", BRIDGE, "up")

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        for host in self.hosts:
            if host.process.poll() is None:
                host.process.kill()
            host.process.wait()
        _run("ip", "link", "del", BRIDGE)
        _run("umount", "/etc/hosts")

    def add(self, program: list[str]) -> None:
        """A host with a program that waits for `start`."""
        number = len(self.hosts)
        output = self.folder / f"node{number}.stdout"
        with open(output, "wb") as out, open(self.folder / f"node{number}.stderr", "wb") as errors:
            process = subprocess.Popen(
                ["unshare", "--net", "--uts", "sh", "-c", _NODE, "node"]
                + [str(number), address(number), *program],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=errors,
            )
        self.hosts.append(Host(number, process, output))
        self._plug(number, process.pid)

    def _plug(self, number: int, pid: int) -> None:
        ours = os.readlink("/proc/self/ns/net")
        until = time.monotonic() + READY_SECONDS
        while os.readlink(f"/proc/{pid}/ns/net") == ours:
            if time.monotonic() > until:
                raise RuntimeError(f"node{number} has no namespace of its own")
            time.sleep(0.005)
        link = f"link{number}"
        _run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        _run("ip", "link", "set", link, "master", BRIDGE, "up")

    def start(self) -> None:
        """All at once, as near as may be."""
        for host in self.hosts:
            host.process.stdin.write(b"\n")
            host.process.stdin.close()

    def wait(self, seconds: float) -> dict[int, int | None]:
        """Exit statuses by node; None: it had to be killed."""
        deadline = time.monotonic() + seconds + END_SECONDS
        statuses: dict[int, int | None] = {}
        for host in self.hosts:
            try:
                left = max(0.0, deadline - time.monotonic())
                statuses[host.number] = host.process.wait(left)
            except subprocess.TimeoutExpired:
                host.process.kill()
                statuses[host.number] = None
        return statuses
