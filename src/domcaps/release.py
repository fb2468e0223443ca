"""libvirt releases, ordered."""

from __future__ import annotations

import re
from functools import lru_cache

from domcaps.errors import InputError

_SPELLING = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")


class Release(tuple[int, int, int]):
    """A libvirt release: compares as its three numbers do, prints as libvirt spells it (`9.0.0`)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Release:
        """Read `9.0.0` or `9.0`.

        Raises:
            InputError: the text is no release.
        """
        match = _SPELLING.fullmatch(text.strip())
        if not match:
            raise InputError(f"'{text}' is not a libvirt release such as {NEWEST}")
        return cls((int(match[1]), int(match[2]), int(match[3] or 0)))

    def __str__(self) -> str:
        return "{}.{}.{}".format(*self)

    def __repr__(self) -> str:
        return f"Release({self})"


@lru_cache(maxsize=256)
def release(text: str) -> Release:
    """The release of a spelling that stands in our own tables (`"9.0"`)."""
    return Release.parse(text)


FIRST = Release((1, 2, 7))
"""The first release that has domain capabilities."""

NEWEST = Release((12, 9, 0))
"""The newest release that the schema knows: what is written unless another one is asked for."""
