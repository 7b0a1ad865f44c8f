# SPDX-License-Identifier: Apache-2.0
"""Real nodes for the end-to-end tests: started, read line by line, asked by curl, and always ended.

Nothing here sleeps to let something happen: every wait is for a line, an exit or a file, with a deadline."""
import csv
import json
import os
import pathlib
import random
import re
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("GRAPEVINE_BIN", ROOT / "build" / "bin"))
PATIENCE = float(os.environ.get("GRAPEVINE_E2E_SECONDS", "30"))
ADDRESS = re.compile(r"this multiaddr is :  (/ip4/127\.0\.0\.1/tcp/(\d+)/p2p/(\w+))")


def demo_ids():
    """The peer id of every -s N, as the demo's own author would get it."""
    with open(ROOT / "tests" / "unit" / "node" / "demo-seq-keys.csv", newline="") as table:
        return {int(row["s"]): row["peer_id"] for row in csv.DictReader(table)}


def free_port():
    """A port nobody listens on, outside the range that the kernel hands out to others."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_until(condition, what):
    """Looks again and again until `condition()`; fails the test when it stays false."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not in time: {what}")
        time.sleep(0.005)


class Reader(threading.Thread):
    """Keeps everything that comes out of a pipe."""

    def __init__(self, pipe):
        super().__init__(daemon=True)
        self.pipe = pipe
        self.content = b""
        self.changed = threading.Condition()
        self.ended = False
        self.start()

    def run(self):
        while chunk := self.read():
            with self.changed:
                self.content += chunk
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def read(self):
        try:
            return os.read(self.pipe, 65536)
        except OSError:  # a terminal whose other side is gone
            return b""

    def wait_for(self, found, what):
        """Waits until `found(content)` is true and gives it."""
        result = None

        def look():
            nonlocal result
            result = found(self.content)
            return result or self.ended

        with self.changed:
            self.changed.wait_for(look, PATIENCE)
            if not result:
                raise AssertionError(f"{what} did not come; there is: {self.content!r}")
        return result


class Node:
    """One process of the program."""

    def __init__(self, *arguments, program="grapevine", home, stdout=None, stderr=None, descriptors=None,
                 file_size=None):
        environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": ""}
        limits = [(resource.RLIMIT_NOFILE, descriptors), (resource.RLIMIT_FSIZE, file_size)]

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the size fails instead
            for which, value in limits:
                if value:
                    resource.setrlimit(which, (value, value))

        # As a person types it: from the folder of the programs.
        self.process = subprocess.Popen([f"./{program}", *map(str, arguments)], cwd=BIN, env=environment,
                                        stdin=subprocess.DEVNULL, stdout=stdout or subprocess.PIPE,
                                        stderr=stderr or subprocess.PIPE, preexec_fn=limit)
        self.err = Reader(self.process.stderr.fileno()) if stderr is None else None
        self.out = Reader(self.process.stdout.fileno()) if stdout is None else None

    def wait_for_address(self):
        found = self.out.wait_for(lambda content: ADDRESS.search(content.decode(errors="replace")), "the address")
        self.address, self.p2p_port, self.peer_id = found[1], found[2], found[3]
        return self

    def wait_for_port(self):
        """The HTTP port of a node started with -hp 0."""
        found = self.err.wait_for(lambda content: re.search(rb"http on http://[^\s]*:(\d+)\s", content), "the HTTP port")
        self.port = int(found[1])
        return self

    def wait_for_line(self, line, times=1):
        whole = line.encode() if isinstance(line, str) else line
        self.out.wait_for(lambda content: content.split(b"\n").count(whole) >= times, f"the line {whole!r}")

    def lines(self):
        return self.out.content.decode(errors="replace").splitlines()

    def curl(self, target, *arguments):
        return curl(f"http://127.0.0.1:{self.port}{target}", *arguments)

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self):
        """The exit code; the output is complete then."""
        code = self.process.wait(PATIENCE)
        for reader in (self.out, self.err):
            if reader:
                reader.join(PATIENCE)
        return code

    def stop(self):
        self.signal()
        return self.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


class Reply:
    """What curl got: exit code, status, headers by lower-case name, body."""

    def __init__(self, done):
        self.exit = done.returncode
        head, _, self.body = done.stdout.partition(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head, _, self.body = self.body.partition(b"\r\n\r\n")
        first, *rest = head.decode(errors="replace").split("\r\n")
        self.status = int(first.split()[1]) if first.startswith("HTTP/") else None
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}

    def problem(self):
        assert self.headers["content-type"] == "application/problem+json", self.headers
        return json.loads(self.body)


def curl(url, *arguments):
    """Real curl, as the seed page types it, with the headers shown. --globoff: addresses may have brackets."""
    return Reply(subprocess.run(["curl", "--silent", "--include", "--globoff", "--noproxy", "*", *arguments, url],
                                capture_output=True, timeout=PATIENCE, check=False))


def full_pipe(case):
    """The writing end of a pipe that takes not a byte more, as if its reader had been stopped."""
    reading, writing = os.pipe()
    case.addCleanup(os.close, reading)
    case.addCleanup(os.close, writing)
    os.set_blocking(writing, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(writing, b"x" * size)
        except BlockingIOError:
            continue
    os.set_blocking(writing, True)
    return writing


class Case(unittest.TestCase):
    """Ends every process it started and removes every file."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="grapevine-e2e-")
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)

    def launch(self, *arguments, **options):
        """A process, however it goes on."""
        node = Node(*arguments, home=options.pop("home", self.home), **options)
        self.addCleanup(node.kill)
        return node

    def start(self, *arguments, **options):
        """A node on a free HTTP port that has said its address and its port."""
        return self.launch("-hp", "0", *arguments, **options).wait_for_address().wait_for_port()

    def join(self, first, *others):
        for other in others:
            reply = first.curl(f"/addPeers?dest={other.address}")
            self.assertEqual((reply.status, reply.body), (200, b""))
