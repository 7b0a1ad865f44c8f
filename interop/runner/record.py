# SPDX-License-Identifier: Apache-2.0
"""The outcomes of a run as a file, and that file as docs/interop.md."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Sequence

from .execute import Outcome, Result
from .table import count_line, markdown, not_applicable, tables


@dataclass(frozen=True)
class Record:
    """A whole run: when, with what, how it went. `complete`: no case was left out."""

    date: str
    commit: str
    complete: bool
    long: bool
    seconds: float
    results: list[Result]


def write(path: Path, record: Record) -> None:
    value = asdict(record)
    for entry, result in zip(value["results"], record.results):
        entry["outcome"] = result.outcome.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read(path: Path) -> Record:
    value: dict[str, Any] = json.loads(path.read_text())
    results = [
        Result(**{**entry, "outcome": Outcome[entry["outcome"]]}) for entry in value.pop("results")
    ]
    return Record(results=results, **value)


def document(record: Record) -> str:
    """The page people read."""
    parts = [
        "# Interoperability",
        "What `./x interop` found when it put this implementation together with real peers, built\n"
        "from their released versions. Every case runs real processes over TCP on one machine; "
        "the\ncases are in `interop/runner/cases`. `n/a`: a peer's library cannot be asked to.",
        f"Run of {record.date} at commit {record.commit}, {record.seconds / 60:.0f} minutes, "
        f"the mixed mesh in its {'long' if record.long else 'short'} form: "
        f"**{count_line(record.results)}**.",
        _versions(record.results),
        tables(record.results),
        not_applicable(record.results),
        _measured(record.results),
        "Repeat it with `interop/run --long`, then `interop/run --write-docs`.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _versions(results: Sequence[Result]) -> str:
    found: dict[str, str] = {}
    for result in results:
        found.update(result.versions)
    rows = [["implementation", "version"], *([name, text] for name, text in found.items())]
    return markdown(rows)


def _measured(results: Sequence[Result]) -> str:
    lines = [
        f"- {result.case}: {result.detail}"
        for result in results
        if result.column == "all" and result.outcome is Outcome.passed
    ]
    return "\n".join(lines)
