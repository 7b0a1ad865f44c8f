# SPDX-License-Identifier: Apache-2.0
"""What this machine can do at all: crypto and loopback, told by a program of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

SECONDS_MAX = 120.0


def measure(program: Path) -> dict[str, float]:
    """Every number the program tells, by its name; empty when there is no such program."""
    try:
        done = subprocess.run(
            [str(program), "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS_MAX,
            check=True,
        )
        told = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        print(f"no limits: {error}", flush=True)
        return {}
    return {
        name: value
        for name, value in told.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
