# SPDX-License-Identifier: Apache-2.0
"""The command line of `interop/gossipsub/run`."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import unittest
from dataclasses import dataclass
from pathlib import Path

from . import stage
from .report import Log, judge
from .scenarios import FULL, SCENARIOS, SHORT, Times, in_parts

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
OUTPUT = ROOT / "build" / "interop" / "gossipsub"
OURS = "ours"
PROGRAMS = {
    OURS: ROOT / "build" / "bin" / "grapevine-interop",
    "go": ROOT / "build" / "interop" / "go-gossipsub",
    "rust": ROOT / "build" / "interop" / "rust-gossipsub",
}
# rust-libp2p has no partial messages in what it releases.
WITHOUT_PARTS = ("rust",)
UNAVAILABLE = 77
NODES = 24
SHORT_NODES = 12
SHORT_SCENARIOS = ("subnet-blob-msg", "partial-messages")


@dataclass(frozen=True)
class Show:
    """A scenario with a cast: implementations in turn."""

    scenario: str
    cast: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.scenario} ({'+'.join(self.cast)})"


def main() -> int:
    """Exit status: 0 all reached all, 1 not so (or skipped where nothing may be), 2 usage."""
    options = _parse()
    if options.self_test:
        return _self_test()
    unknown = [n for n in options.impl if n not in PROGRAMS]
    unknown += [n for n in options.scenario if n not in SCENARIOS]
    if unknown:
        print(f"gossipsub-interop: there is no {unknown[0]}", file=sys.stderr)
        return 2
    shows = _shows(options)
    if options.list:
        print("\n".join(map(str, shows)))
        return 0
    why_not = stage.possible()
    if why_not:
        print(f"gossipsub-interop: 0 passed, 0 failed, {len(shows)} skipped: {why_not}")
        return 1 if options.require_all else 0
    if not options.no_build:
        _build(sorted({name for show in shows for name in show.cast}))
        sys.argv.append("--no-build")
    stage.enter([str(HERE / "run"), *sys.argv[1:]])
    return _play_all(shows, options)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="interop/gossipsub/run",
        description="Plays gossipsub-interop's scenarios with our node and others (as root).",
    )
    add = parser.add_argument
    add("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}; all without any")
    add("--nodes", type=int, help=f"default {NODES}, with --short {SHORT_NODES}")
    add("--impl", type=lambda text: text.split(","), default=["go", "rust"], metavar="LIST")
    add("--mixed-only", action="store_true", help="no runs of our nodes among themselves")
    add("--short", action="store_true", help="two scenarios in less than a minute")
    add("--seed", type=int, default=1, help="of topologies and publishers")
    add("--ours", type=Path, default=PROGRAMS[OURS], help="another program in the place of ours")
    add("--no-build", action="store_true", help="take the peers' programs as they are")
    add("--require-all", action="store_true", help="what is skipped has failed")
    add("--list", action="store_true", help="say what would be played")
    add("--self-test", action="store_true", help="test this runner itself")
    return parser.parse_args()


def _shows(options: argparse.Namespace) -> list[Show]:
    """Ours alone, then with each other one; short: ours with the first other."""
    names = options.scenario or (SHORT_SCENARIOS if options.short else tuple(SCENARIOS))
    shows = []
    for name in names:
        others = [n for n in options.impl if n != OURS]
        others = [n for n in others if not (in_parts(name) and n in WITHOUT_PARTS)]
        casts = [(OURS, other) for other in others]
        if not options.mixed_only:
            casts.insert(0, (OURS,))
        if options.short:
            casts = casts[-1:] if len(others) < 2 else casts[-2:-1]
        shows += [Show(name, cast) for cast in casts]
    return shows


def _build(names: list[str]) -> None:
    for name in names:
        script = HERE / name / "build"
        if not script.exists():
            continue
        print(f"building the {name} node", flush=True)
        done = subprocess.run([script])
        if done.returncode not in (0, UNAVAILABLE):
            sys.exit(f"gossipsub-interop: the {name} node does not build")


def _play_all(shows: list[Show], options: argparse.Namespace) -> int:
    shutil.rmtree(OUTPUT, ignore_errors=True)
    programs = {**PROGRAMS, OURS: options.ours.resolve()}
    passed = failed = skipped = 0
    for show in shows:
        missing = [name for name in show.cast if not programs[name].exists()]
        if missing:
            skipped += 1
            print(f"skip {show}: no {programs[missing[0]].name}", flush=True)
            continue
        faults, figures = _play(show, programs, options)
        passed, failed = passed + (not faults), failed + bool(faults)
        print(f"{'FAIL' if faults else 'ok'}   {show}: {figures}", flush=True)
        for fault in faults[:10]:
            print(f"     {fault}", flush=True)
    print(f"\ngossipsub-interop: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or (skipped and options.require_all) else 0


def _play(show: Show, programs: dict[str, Path], options: argparse.Namespace):
    nodes = options.nodes or (SHORT_NODES if options.short else NODES)
    times: Times = SHORT if options.short else FULL
    play = SCENARIOS[show.scenario](nodes, times, random.Random(options.seed))
    folder = OUTPUT / f"{show.scenario}-{'-'.join(show.cast)}"
    with stage.Stage(folder, nodes) as there:
        params = folder / "params.json"
        params.write_text(json.dumps({"script": play.script}))
        for node in range(nodes):
            program = programs[show.cast[node % len(show.cast)]]
            there.add([str(program), "--params", str(params)])
        there.start()
        statuses = there.wait(play.seconds)
        logs = [Log.read(host.output) for host in there.hosts]
    report = judge(play, logs, statuses)
    return report.faults, report.figures


def _self_test() -> int:
    suite = unittest.defaultTestLoader.discover(
        str(Path(__file__).resolve().parent / "tests"), top_level_dir=str(HERE)
    )
    return 0 if unittest.TextTestRunner().run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
