"""The table of `domcaps cpu models -f table`: which models are usable, and what blocks the rest, at a glance.

As wide as the terminal; in a pipe, where somebody searches it, a line for each model.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from domcaps.cli import talk
from domcaps.cpu.model import CustomModel

_WORDS = {"yes": "usable", "no": "blocked", "unknown": "unknown"}
_COLOURS = {"yes": "\x1b[32m", "no": "\x1b[2m"}
_HEADINGS = ("MODEL", "VENDOR", "USABLE", "BLOCKED BY", "")
_NARROWEST = 24
"""Columns that the last one has at least."""


def lines_of(models: Sequence[CustomModel]) -> Iterator[str]:
    """The table's lines, those of usable models first."""
    colour = talk.in_colour(sys.stdout)
    rows = [_HEADINGS]
    for model in sorted(models, key=lambda model: list(_WORDS).index(model.usable)):
        state = _WORDS[model.usable] + (", deprecated" if model.deprecated else "")
        rows.append((model.name, model.vendor, state, " ".join(model.blockers or ()), model.usable))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    room = max(_room() - sum(widths) - 2 * len(widths), _NARROWEST)
    for row in rows:
        left = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        shade = "\x1b[1m" if row is _HEADINGS else _COLOURS.get(row[4], "")
        for words in _wrapped(row[3], room):
            line = f"{left}  {words}".rstrip()
            yield f"{shade}{line}\x1b[0m" if colour and shade else line
            left = " " * len(left)


def _room() -> int:
    """Columns of the terminal; in a pipe as many as it takes."""
    if not sys.stdout.isatty():
        return sys.maxsize
    import shutil  # noqa: PLC0415 - start-up: only a terminal needs it

    return shutil.get_terminal_size().columns


def _wrapped(words: str, width: int) -> list[str]:
    import textwrap  # noqa: PLC0415 - start-up: only tables need it

    return textwrap.wrap(words, width, break_on_hyphens=False) or [""]
