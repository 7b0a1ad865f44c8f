# SPDX-License-Identifier: Apache-2.0
"""The implementations there are, and whether this machine can run them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "build" / "interop"
OURS = "ours"
PEERS = ("go", "rust", "js")

# interop/NAME/build ends with this where its tool chain is missing.
TOOLS_MISSING = 77
BUILD_SECONDS_MAX = 1800.0


@dataclass(frozen=True)
class Implementation:
    """`missing` says why it cannot run here, `broken` why it should and does not."""

    name: str
    program: Path
    missing: str = ""
    broken: str = ""

    @property
    def usable(self) -> bool:
        return not self.missing and not self.broken


def own(program: Path | None = None) -> Implementation:
    """The agent under test; it is never missing, only broken."""
    program = program or ROOT / "build" / "bin" / "grapevine-agent"
    broken = "" if program.is_file() else f"{program} is not there: build it first"
    return Implementation(OURS, program.resolve(), broken=broken)


def peer(name: str, build: bool = True, root: Path = ROOT) -> Implementation:
    """The agent of a real peer, brought up to date by interop/NAME/build unless told not to."""
    program = root / "build" / "interop" / f"{name}-agent"
    script = root / "interop" / name / "build"
    missing, broken = _build(name, script) if build else ("", "")
    if not missing and not broken and not program.is_file():
        broken = f"{program} is not there after its build" if build else ""
        missing = "" if build else f"{program} was not built"
    return Implementation(name, program, missing, broken)


def _build(name: str, script: Path) -> tuple[str, str]:
    if not script.is_file():
        return f"interop/{name} has no build", ""
    print(f"building the {name} agent", flush=True)
    try:
        done = subprocess.run(
            [str(script)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=BUILD_SECONDS_MAX,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return "", f"interop/{name}/build took more than {BUILD_SECONDS_MAX:.0f} s"
    except OSError as error:
        return "", f"interop/{name}/build: {error}"
    last = (done.stdout.strip().splitlines() or ["no output"])[-1]
    if done.returncode == TOOLS_MISSING:
        return last, ""
    if done.returncode != 0:
        return "", f"interop/{name}/build ended with {done.returncode}: {last}"
    return "", ""
