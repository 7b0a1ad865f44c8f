# SPDX-License-Identifier: Apache-2.0
"""The command line of `bench/quick/run`."""

from __future__ import annotations

import argparse
import sys
import unittest
from datetime import date
from pathlib import Path
from typing import Sequence

from runner import implementations
from runner.__main__ import commit
from runner.implementations import OURS, PEERS, ROOT, Implementation

from . import idle, limits, report, throughput

NAMES = (OURS, *PEERS)
IDLE = "idle"
LOGS = ROOT / "build" / "bench" / "logs"
RAW = ROOT / "build" / "bench" / "quick.json"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
LIMITS = ROOT / "build" / "bin" / "bench_limits"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 1 when a run of ours is void, something is missing, or 2 for usage."""
    options = _parse(arguments)
    if options.self_test:
        return _self_test()
    names = options.impl.split(",")
    if set(names) - set(NAMES):
        print(f"bench: --impl takes {', '.join(NAMES)}", file=sys.stderr)
        return 2
    if options.only not in (None, IDLE) and not _loads(options):
        print(f"bench: no load has {options.only!r} in its name", file=sys.stderr)
        return 2
    company = [_implementation(name, options) for name in names]
    usable = [one for one in company if one.usable]
    for one in company:
        if not one.usable:
            print(f"bench: without {one.name}: {one.broken or one.missing}", flush=True)
    if not usable:
        return 1
    session = _measure(usable, options)
    print(f"\n{report.summary(session)}", flush=True)
    _keep(session, options.write_docs)
    return 0 if _sound(session) and not any(one.broken for one in company) else 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/quick/run", description="Publisher to subscriber, side by side."
    )
    add = parser.add_argument
    add("--repetitions", type=int, default=3, help="of every run (default 3)")
    add("--impl", default="ours,go,rust", metavar="LIST", help="of ours, go, rust, js")
    add("--only", metavar="TEXT", help="loads with this in their name, as '1 KiB'; or idle")
    add("--peers", type=int, default=300, help="idle ones, of the memory measurement")
    add("--settle", type=float, default=10.0, metavar="S", help="seconds before memory is read")
    add("--crowd", choices=NAMES, help="who the idle peers are (default: the first of --impl)")
    add("--ours", type=Path, metavar="PATH", help="another agent in the place of ours")
    add("--no-build", action="store_true", help="take the peers' agents as they are")
    add("--write-docs", action="store_true", help="write docs/benchmarks.md and the raw samples")
    add("--self-test", action="store_true", help="test this driver itself")
    return parser.parse_args(arguments)


def _implementation(name: str, options: argparse.Namespace) -> Implementation:
    if name == OURS:
        return implementations.own(options.ours)
    return implementations.peer(name, build=not options.no_build)


def _measure(company: list[Implementation], options: argparse.Namespace) -> report.Session:
    loads = _loads(options)
    samples: list[throughput.Sample] = []
    told: list[dict[str, float]] = []
    for repetition in range(1, options.repetitions + 1):
        for load in loads:
            for one in company:
                samples.append(throughput.measure(one, load, repetition, LOGS))
                print(_progress(samples[-1]), flush=True)
        told.append(limits.measure(LIMITS))
    footprints = []
    if options.only in (None, IDLE):
        names = {one.name: one for one in company}
        crowd = names.get(options.crowd, company[0])
        footprints = idle.measure(company, crowd, options.peers, LOGS, options.settle)
    return report.Session(
        date=date.today().isoformat(),
        commit=commit(),
        machine=report.machine(),
        repetitions=options.repetitions,
        samples=samples,
        limits=told,
        footprints=footprints,
    )


def _loads(options: argparse.Namespace) -> list[throughput.Load]:
    return [load for load in throughput.LOADS if (options.only or "") in load.name]


def _progress(sample: throughput.Sample) -> str:
    head = f"{sample.repetition}  {sample.load:18} {sample.implementation:5}"
    if sample.void:
        return f"{head} void: {sample.void}"
    return (
        f"{head} {report.figure(sample.rate):>9} msg/s  {report.figure(sample.publisher_us):>6}/"
        f"{report.figure(sample.subscriber_us)} µs  ({sample.seconds:.1f} s)"
    )


def _keep(session: report.Session, in_documents: bool) -> None:
    files = {RAW: report.raw(session)}
    if in_documents:
        raw = ROOT / "docs" / "bench" / f"quick-{session.date}.json"
        notes = report.notes_in(DOCUMENT.read_text() if DOCUMENT.is_file() else "")
        files |= {raw: report.raw(session), DOCUMENT: report.document(session, notes)}
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"wrote {path.relative_to(ROOT)}")


def _sound(session: report.Session) -> bool:
    """Nothing of ours is void, and every other has a valid run of each load."""
    groups = {(sample.load, sample.implementation) for sample in session.samples}
    ours_void = any(s.void for s in session.samples if s.implementation == OURS)
    return (
        not ours_void
        and all(session.valid(*group) for group in groups)
        and not any(footprint.void for footprint in session.footprints)
    )


def _self_test() -> int:
    here = Path(__file__).resolve().parent
    suite = unittest.defaultTestLoader.discover(str(here), "test_*.py", str(here.parent))
    return 0 if unittest.TextTestRunner().run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
