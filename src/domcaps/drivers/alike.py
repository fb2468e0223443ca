"""Rows for parts of the document that a driver treats all alike: never stated, most of the time."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from domcaps.drivers.predicates import Predicate
from domcaps.drivers.table import Table
from domcaps.schema.declare import Block


def alike(block: type[Block], row: Predicate[Any]) -> Table[Any]:
    """The same row for every member of a block and of all the blocks below it."""
    rows: dict[Hashable, Predicate[Any]] = {}
    for declaration in block.declarations.values():
        rows[getattr(block, declaration.field)] = row
        if declaration.block is not None:
            rows |= alike(declaration.block, row)  # type: ignore[arg-type] # the rows of `alike` are predicates
    rows.pop(getattr(block, "supported", None), None)
    return rows
