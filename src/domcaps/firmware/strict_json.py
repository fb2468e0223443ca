"""JSON as strict as libvirt's reader of a release: YAJL until 10.7, json-c since 10.8 (libvirt's NEWS).

Both refuse comments, trailing commas, single quotes, a byte order mark and a second value after the first; both stop
reading at a NUL. They differ in what stands in the constants.
"""

from __future__ import annotations

import msgspec

from domcaps.release import Release, release

JSON_C = release("10.8")
"""Before it: a key may not stand twice in an object, and NaN is no number. Since: the last one holds, NaN is one."""

ASCII_ONLY = (release("11.3"), release("11.4"))
"""In [from, until) text that is not ASCII (outside of `\\u` escapes) is refused. Seen of Debian 13's 11.3, whose json-c
0.18 fails on it; 9.0 and 12.8 take it."""


class NotJsonError(ValueError):
    """The text is no JSON for that release."""


def decode_json(text: str, asked: Release) -> object:
    """The value of a text, as libvirt of that release reads it.

    Raises:
        NotJsonError: it would not read it.
    """
    text = text.partition("\0")[0]
    if ASCII_ONLY[0] <= asked < ASCII_ONLY[1] and not text.isascii():
        raise NotJsonError
    if asked < JSON_C:
        return _plain_decode(text, strict=True)
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _plain_decode(text, strict=False)


def _plain_decode(text: str, *, strict: bool) -> object:
    import json  # noqa: PLC0415 - start-up: only old releases and broken files need the slower, adjustable reader

    try:
        if strict:
            return json.loads(text, parse_constant=_no_number, object_pairs_hook=_unique)
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise NotJsonError from fault


def _no_number(word: str) -> object:
    raise NotJsonError(word)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        raise NotJsonError
    return tree
