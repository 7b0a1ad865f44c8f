# SPDX-License-Identifier: Apache-2.0
"""What a case is: a name, a sentence, and a play on a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from .scene import BOTH, Direction, Scene


@dataclass(frozen=True)
class Case:
    """`seconds` bounds a run (`long_seconds` with --long); `exclusive` wants the whole machine."""

    name: str
    title: str
    play: Callable[[Scene], None]
    directions: tuple[Direction, ...] = BOTH
    seconds: float = 60.0
    long_seconds: float = 0.0
    exclusive: bool = False

    def limit(self, long: bool) -> float:
        return max(self.seconds, self.long_seconds) if long else self.seconds
