# SPDX-License-Identifier: Apache-2.0
"""Which case is played with whom."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Iterable, Sequence

from .case import Case
from .implementations import Implementation
from .scene import Cast, Direction


@dataclass(frozen=True)
class Run:
    """One case with one cast."""

    case: Case
    cast: Cast

    @property
    def column(self) -> str:
        """Where its outcome stands in the table: implementation and direction."""
        if self.cast.direction is Direction.together:
            return self.cast.direction.value
        return f"{self.cast.peer.name} {self.cast.direction.value}".strip()

    @property
    def limit(self) -> float:
        return self.case.limit(self.cast.long)

    def who(self) -> Iterable[Implementation]:
        """Everyone that must be usable for it."""
        if self.cast.direction is Direction.together:
            return self.cast.everyone
        if self.cast.direction is Direction.alone:
            return (self.cast.peer,)
        return (self.cast.ours, self.cast.peer)


@dataclass(frozen=True)
class Company:
    """The implementations that take part."""

    ours: Implementation
    peers: tuple[Implementation, ...]
    long: bool = False


def plan(cases: Sequence[Case], company: Company) -> list[Run]:
    return [
        Run(case, cast)
        for case in cases
        for direction in case.directions
        for cast in _casts(direction, company)
    ]


def choose(cases: Sequence[Case], pattern: str | None) -> list[Case]:
    """The cases whose name has the pattern in it, or matches it as a shell would."""
    if pattern is None:
        return list(cases)
    return [case for case in cases if pattern in case.name or fnmatchcase(case.name, pattern)]


def _casts(direction: Direction, company: Company) -> list[Cast]:
    ours, everyone = company.ours, (company.ours, *company.peers)
    if direction is Direction.together:
        present = tuple(one for one in everyone if not one.missing)
        return [Cast(ours, ours, direction, present, company.long)]
    looked_at = everyone if direction is Direction.alone else company.peers
    return [Cast(ours, peer, direction, everyone, company.long) for peer in looked_at]
