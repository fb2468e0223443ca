"""A document as an older libvirt would have stated it: nothing younger than the release, nothing that it had dropped.

What a document holds beyond the schema is younger than it, and stays only where the newest release is asked for.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from domcaps.release import NEWEST, Release
from domcaps.schema.declare import Block, Declaration

_B = TypeVar("_B", bound=Block)


def as_of(block: _B, which: Release) -> _B:
    """A document, or a part of it, less what a release does not print."""
    changes: dict[str, Any] = {} if which >= NEWEST else {"kept": ()}
    for field, declaration in type(block).declarations.items():
        value = getattr(block, field)
        if value is not None:
            changes[field] = _as_of(value, declaration, which)
    return msgspec.structs.replace(block, **changes)


def _as_of(value: Any, declaration: Declaration, which: Release) -> Any:  # noqa: ANN401 - any field's value
    if not declaration.known_to(which):
        return () if declaration.block is not None and isinstance(value, tuple) else None
    if isinstance(value, Block):
        return as_of(value, which)
    if not isinstance(value, tuple):
        return value
    if declaration.block is not None:
        return tuple(as_of(item, which) for item in value)
    return tuple(word for word in value if word_known(declaration, word, which))


def word_known(declaration: Declaration, word: str, which: Release) -> bool:
    """Whether a release prints a word of an enum; one that the schema does not have is younger than the schema."""
    words = declaration.words
    if words is None:
        return True
    try:
        return words(word).known_to(which)
    except ValueError:
        return which >= NEWEST
