# SPDX-License-Identifier: Apache-2.0
"""The command line of `interop/soak`: the runs that take minutes."""

from __future__ import annotations

import argparse
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import Sequence

from . import churn, implementations, record
from .__main__ import commit, conclude
from .case import Case
from .cases import mixed_mesh
from .execute import play_all
from .implementations import OUTPUT, PEERS
from .plan import Company, plan
from .scene import Direction
from .table import progress

RESULTS = OUTPUT / "soak.json"
LOGS = OUTPUT / "soak-logs"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    ours = implementations.own(options.ours)
    peers = tuple(implementations.peer(name, not options.no_build) for name in PEERS)
    company = Company(ours, peers, long=True)
    # js dials through the event loop of one thread: it would only make the churn longer.
    dialers = Company(ours, peers[:2], long=True)
    runs = plan([churn.case(options.connections)], dialers) + plan([_mesh(options)], company)
    began = time.monotonic()
    results = play_all(runs, LOGS, 1, lambda result: print(progress(result), flush=True))
    whole = record.Record(
        date=date.today().isoformat(),
        commit=commit(),
        complete=options.ours is None,
        long=True,
        seconds=round(time.monotonic() - began, 1),
        results=results,
    )
    record.write(RESULTS, whole)
    return conclude("soak", results, options.require_all)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="interop/soak", description="Churn against our agent, then the mixed mesh."
    )
    add = parser.add_argument
    add("--seconds", type=float, default=mixed_mesh.LONG_SECONDS, help="of the mesh's traffic")
    add("--connections", type=int, default=10_000, help="of the churn")
    add("--ours", type=Path, metavar="PATH", help="another agent in the place of ours")
    add("--no-build", action="store_true", help="take the peers' agents as they are")
    add("--require-all", action="store_true", help="a skipped run is a failure (as CI=true)")
    return parser.parse_args(arguments)


def _mesh(options: argparse.Namespace) -> Case:
    return Case(
        "mixed_mesh",
        f"4 nodes of each implementation, {options.seconds:.0f} s at 20 msg/s",
        partial(mixed_mesh.play, seconds=options.seconds),
        (Direction.together,),
        seconds=options.seconds + 120.0,
        exclusive=True,
    )
