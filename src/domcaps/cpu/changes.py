"""CPU data of a release as its difference from that of a neighbour: what left, what is other, what came and where.

Pure code. The order of a map decides answers, so an entry that moved has left one place and come to another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

FIRST = ""
"""The name before the first: what comes to the start stands after it."""


class Changes(msgspec.Struct, Generic[T], frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """From one ordered table of rows by name to another."""

    gone: list[str] = []
    other: dict[str, T] = {}
    """Rows that changed and stayed where they are."""
    new: dict[str, dict[str, T]] = {}
    """The name of what stays to the rows that come after it."""


def changed(table: Mapping[str, T], changes: Changes[T]) -> dict[str, T]:
    """The table after the changes."""
    rows = dict(changes.new.get(FIRST, {}))
    gone = frozenset(changes.gone)
    for name, row in table.items():
        if name not in gone:
            rows[name] = changes.other.get(name, row)
            rows.update(changes.new.get(name, {}))
    return rows


def changes_between(before: Mapping[str, T], after: Mapping[str, T]) -> Changes[T]:
    """What `changed` needs to make the one of the other."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - start-up: only the tool that writes the data compares

    stays = {
        name
        for match in SequenceMatcher(None, list(before), list(after), autojunk=False).get_matching_blocks()
        for name in list(before)[match.a : match.a + match.size]
    }
    new: dict[str, dict[str, T]] = {}
    last = FIRST
    for name, row in after.items():
        if name in stays:
            last = name
        else:
            new.setdefault(last, {})[name] = row
    return Changes(
        gone=[name for name in before if name not in stays],
        other={name: after[name] for name, row in before.items() if name in stays and after[name] != row},
        new=new,
    )
