# SPDX-License-Identifier: Apache-2.0
"""The command line of `interop/run`."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import unittest
from datetime import date
from pathlib import Path
from typing import Sequence

from . import cases, implementations, record
from .execute import Outcome, Result, play_all
from .implementations import OUTPUT, PEERS, ROOT
from .plan import Company, Run, choose, plan
from .table import count_line, not_applicable, progress, tables

RESULTS = OUTPUT / "results.json"
LOGS = OUTPUT / "logs"
DOCUMENT = ROOT / "docs" / "interop.md"
WIRE_PEER = ROOT / "build" / "bin" / "grapevine-wirepeer"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 all is well, 1 a case failed (or was skipped where none may), 2 usage."""
    options = _parse(arguments)
    if options.self_test:
        return _self_test()
    if options.write_docs:
        return _write_document()
    try:
        runs = _runs(options)
    except ValueError as error:
        print(f"interop: {error}", file=sys.stderr)
        return 2
    if options.list:
        for run in runs:
            print(f"{run.case.name:28} {run.column}")
        return 0
    return conclude("interop", _play(runs, options), options.require_all)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="interop/run", description="Puts our node together with go, rust and js peers."
    )
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", help="one peer (go, rust, js) or one case by name")
    add("--only", metavar="PATTERN", help="cases whose name has this in it, or matches it")
    add("--impl", metavar="LIST", help="peers to take, as in go,rust")
    add("--long", action="store_true", help="the mixed mesh for 5 minutes")
    add("--require-all", action="store_true", help="a skipped case is a failure (as CI=true)")
    add("--ours", type=Path, metavar="PATH", help="another agent in the place of ours")
    add("--jobs", type=int, default=2, help="cases played at a time (default 2)")
    add("--no-build", action="store_true", help="take the peers' agents as they are")
    add("--list", action="store_true", help="say what would be played")
    add("--write-docs", action="store_true", help="write docs/interop.md from the last results")
    add("--self-test", action="store_true", help="test this runner itself")
    return parser.parse_args(arguments)


def _runs(options: argparse.Namespace) -> list[Run]:
    peers = options.impl.split(",") if options.impl else list(PEERS)
    pattern = options.only
    if options.name in PEERS:
        peers = [options.name]
    elif options.name is not None:
        pattern = options.name
    unknown = [name for name in peers if name not in PEERS]
    if unknown:
        raise ValueError(f"unknown implementation {unknown[0]}; there are {', '.join(PEERS)}")
    chosen = choose(cases.all_cases(WIRE_PEER), pattern)
    if not chosen:
        raise ValueError(f"no case matches {pattern}")
    build = not (options.no_build or options.list)
    company = Company(
        implementations.own(options.ours),
        tuple(implementations.peer(name, build) for name in peers),
        options.long,
    )
    return plan(chosen, company)


def _play(runs: list[Run], options: argparse.Namespace) -> list[Result]:
    shutil.rmtree(LOGS, ignore_errors=True)
    began = time.monotonic()
    try:
        results = play_all(runs, LOGS, options.jobs, lambda r: print(progress(r), flush=True))
    except KeyboardInterrupt:
        print("interop: interrupted", file=sys.stderr, flush=True)
        os._exit(130)  # the agents end with their input
    whole = record.Record(
        date=date.today().isoformat(),
        commit=commit(),
        complete=not (options.only or options.impl or options.name or options.ours),
        long=options.long,
        seconds=round(time.monotonic() - began, 1),
        results=results,
    )
    record.write(RESULTS, whole)
    return results


def conclude(word: str, results: Sequence[Result], require_all: bool) -> int:
    """Prints the tables and, last, the count behind that word; the exit status."""
    print(f"\n{tables(results)}")
    for part in (not_applicable(results), _troubles(results)):
        if part:
            print(f"\n{part}")
    print(f"\n{word}: {count_line(results)}", flush=True)
    outcomes = {result.outcome for result in results}
    required = require_all or os.environ.get("CI") == "true"
    bad = Outcome.failed in outcomes or (required and Outcome.skipped in outcomes)
    return 1 if bad else 0


def _troubles(results: Sequence[Result]) -> str:
    wanted = (Outcome.failed, Outcome.skipped)
    lines = [
        f"- {result.outcome.value}: {result.case} {result.column}: {result.detail}"
        for result in results
        if result.outcome in wanted
    ]
    return "\n".join(["Not well:", "", *lines]) if lines else ""


def _write_document() -> int:
    if not RESULTS.is_file():
        print("interop: no results yet; run `interop/run --long` first", file=sys.stderr)
        return 1
    last = record.read(RESULTS)
    if not last.complete:
        print("interop: the last run left cases out; run it whole first", file=sys.stderr)
        return 1
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(record.document(last))
    print(f"wrote {DOCUMENT.relative_to(ROOT)}")
    return 0


def _self_test() -> int:
    here = Path(__file__).resolve().parent
    suite = unittest.defaultTestLoader.discover(str(here / "tests"), top_level_dir=str(here.parent))
    return 0 if unittest.TextTestRunner().run(suite).wasSuccessful() else 1


def commit() -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
