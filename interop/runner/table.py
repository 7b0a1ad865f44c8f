# SPDX-License-Identifier: Apache-2.0
"""The outcomes as Markdown: rows are cases, columns implementations and directions."""

from __future__ import annotations

from collections import Counter
from typing import Sequence

from .execute import Outcome, Result

KINDS = {
    "alone": "One agent looked at",
    "pairs": "Ours and a peer (→ ours dials, ← the peer dials)",
    "all": "All together",
}


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table whose source reads as well as its rendering; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def tables(results: Sequence[Result]) -> str:
    """One table for each kind of column that occurs."""
    parts = []
    for kind, heading in KINDS.items():
        chosen = [result for result in results if _kind(result) == kind]
        if chosen:
            parts.append(f"{heading}:\n\n{_table(chosen)}")
    return "\n\n".join(parts)


def not_applicable(results: Sequence[Result]) -> str:
    """By name, what an implementation cannot do; empty when there is nothing."""
    lines = [
        f"- {result.case} with {result.column}: {result.detail}"
        for result in results
        if result.outcome is Outcome.not_applicable
    ]
    return "\n".join(["Not applicable:", "", *lines]) if lines else ""


def count_line(results: Sequence[Result]) -> str:
    count = Counter(result.outcome for result in results)
    return (
        f"{count[Outcome.passed]} passed, {count[Outcome.failed]} failed, "
        f"{count[Outcome.skipped]} skipped"
    )


def progress(result: Result) -> str:
    line = f"{result.outcome.value:4}  {result.case:28} {result.column:7} {result.seconds:6.1f} s"
    return f"{line}  {result.detail}".rstrip()


def _kind(result: Result) -> str:
    if result.column.endswith(("→", "←")):
        return "pairs"
    return "all" if result.column == "all" else "alone"


def _table(results: Sequence[Result]) -> str:
    met = list(dict.fromkeys(result.column for result in results))
    columns = sorted(met, key=lambda column: _order(column, met))
    cells = {(result.case, result.column): result.outcome.value for result in results}
    titles = {result.case: result.title for result in results}
    body = [
        [case, *(cells.get((case, column), "") for column in columns), title]
        for case, title in titles.items()
    ]
    return markdown([["case", *columns, "what"], *body])


def _order(column: str, columns: list[str]) -> tuple[int, int]:
    """An implementation's two directions side by side, implementations as first met."""
    name = column.split(" ")[0]
    first = min(index for index, other in enumerate(columns) if other.split(" ")[0] == name)
    return first, columns.index(column)
