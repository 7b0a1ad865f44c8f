# SPDX-License-Identifier: Apache-2.0
"""Plays runs, at most a few at a time, each in bounded time."""

from __future__ import annotations

import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Callable, Sequence

from .agent import AgentError
from .plan import Run
from .scene import CaseFailed, NotApplicable, Scene


class Outcome(Enum):
    passed = "ok"
    failed = "FAIL"
    skipped = "skip"
    not_applicable = "n/a"


@dataclass(frozen=True)
class Result:
    """How one run went. `detail` says why it did not pass, or what it measured."""

    case: str
    title: str
    column: str
    outcome: Outcome
    detail: str = ""
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)


def play(run: Run, logs: Path) -> Result:
    """Plays one run. Nothing a case does comes out as an exception."""
    began = time.monotonic()
    outcome, detail, versions = _played(run, logs)
    return Result(
        case=run.case.name,
        title=run.case.title,
        column=run.column,
        outcome=outcome,
        detail=detail,
        seconds=round(time.monotonic() - began, 2),
        versions=versions,
    )


def play_all(
    runs: Sequence[Run], logs: Path, jobs: int, tell: Callable[[Result], None]
) -> list[Result]:
    """Plays them all, exclusive ones last and one by one; results in the order of the runs."""
    results: dict[int, Result] = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = {
            pool.submit(play, run, logs): index
            for index, run in enumerate(runs)
            if not run.case.exclusive
        }
        for future in as_completed(futures):
            tell(future.result())
            results[futures[future]] = future.result()
    for index, run in enumerate(runs):
        if run.case.exclusive:
            results[index] = play(run, logs)
            tell(results[index])
    return [results[index] for index in range(len(runs))]


def _played(run: Run, logs: Path) -> tuple[Outcome, str, dict[str, str]]:
    for one in run.who():
        if one.broken:
            return Outcome.failed, one.broken, {}
        if one.missing:
            return Outcome.skipped, f"{one.name}: {one.missing}", {}
    where = logs / f"{run.case.name}-{run.column}".replace(" ", "-")
    scene = Scene(run.cast, _plain(where), run.limit)
    try:
        with scene:
            run.case.play(scene)
    except NotApplicable as reason:
        return Outcome.not_applicable, str(reason), scene.versions
    except (CaseFailed, AgentError) as reason:
        return Outcome.failed, f"{reason} (logs: {scene.log_directory})", scene.versions
    except Exception:  # a case that breaks is a failure to report, not the end of the others
        return Outcome.failed, traceback.format_exc(limit=-3), scene.versions
    return Outcome.passed, ", ".join(dict.fromkeys(scene.notes)), scene.versions


def _plain(path: Path) -> Path:
    """The same path in ASCII: arrows are for people."""
    return Path(str(path).replace("→", "out").replace("←", "in"))
