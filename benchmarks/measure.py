"""How the benchmarks measure: sides in turn, ratios turn by turn, medians; and the rows that they become."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PLAIN = ROOT / ".venv-plain/bin"
"""domcaps and what it needs to run, nothing else: what users have. Our own tools beside it slow its imports."""
PYTHON = str(PLAIN / "python") if PLAIN.is_dir() else sys.executable
DOMCAPS = [str(PLAIN / "domcaps")] if PLAIN.is_dir() else [sys.executable, "-m", "domcaps"]
EMULATOR = shutil.which(f"qemu-system-{os.uname().machine}") or ""
NO_EMULATOR = "no emulator of this host's architecture in PATH"

Side = Callable[[], object]


class Row(NamedTuple):
    """A line of the table."""

    what: str
    measured: str
    at_most: str = "–"
    figures: dict[str, float] | None = None
    met: bool | None = None


class Times(NamedTuple):
    """What one side took, turn by turn, in seconds."""

    turns: list[float]

    @property
    def median(self) -> float:
        """What it usually took."""
        return statistics.median(self.turns)

    def over(self, other: Times) -> float:
        """The median of the ratios of the turns: what disturbs the machine disturbs both sides of a turn."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.turns, other.turns, strict=True))


def in_turn(runs: int, *sides: Side) -> list[Times]:
    """The times of each side, the sides in turn, after one round that is not counted."""
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(runs + 1):
        for side, times in zip(sides, taken, strict=True):
            began = time.perf_counter()
            side()
            if number:
                times.append(time.perf_counter() - began)
    return [Times(times) for times in taken]


def command(*words: str, **environment: str) -> Side:
    """A whole process, its output thrown away."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> None:
        subprocess.run(words, check=True, capture_output=True, env={**kept, **environment})

    return run


def ratio(what: str, ours: Times, theirs: Times, limit: float | None, *, of: str) -> Row:
    """A row that compares two sides."""
    found = ours.over(theirs)
    shown = f"{found:.2f} × ({spelled(ours.median)} against {spelled(theirs.median)} of {of})"
    figures = {"ratio": found, "ours": ours.median, "theirs": theirs.median}
    if limit is None:
        return Row(what, shown, figures=figures)
    return Row(what, shown, f"{limit:g} ×", figures, found <= limit)


def duration(what: str, taken: Times, limit: float) -> Row:
    """A row that holds a time against seconds."""
    return Row(what, spelled(taken.median), spelled(limit), {"seconds": taken.median}, taken.median <= limit)


def absent(what: str, at_most: str, why: str) -> Row:
    """A row for what could not be measured."""
    return Row(what, f"not measured: {why}", at_most)


def spelled(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"
