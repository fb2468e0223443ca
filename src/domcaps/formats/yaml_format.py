"""A document as YAML, for a person to read: the keys and values of the JSON, in YAML's block style.

Written here rather than by PyYAML: two kinds of collection and three of scalar need no library, and a text that any
YAML version could take for something else (`yes`, `1.2`, `null`) is quoted, which PyYAML does for YAML 1.1 only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from domcaps.schema.document import DomainCapabilities

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./+-]+)*")
_TAKEN = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def to_yaml(document: DomainCapabilities) -> str:
    """Write a document as YAML: an empty one is `{}`."""
    found = msgspec.to_builtins(document)
    return "".join(f"{line}\n" for line in _lines(found)) if found else "{}\n"


def _lines(value: object) -> Iterator[str]:
    """The lines of a mapping or a list that is not empty."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _entry(f"{_scalar(key)}:", inner, "  ")
    elif isinstance(value, list | tuple):
        for inner in value:
            if isinstance(inner, dict) and inner:
                first, *rest = _lines(inner)
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)
            else:
                yield from _entry("-", inner, "  ")


def _entry(start: str, inner: object, indent: str) -> Iterator[str]:
    if isinstance(inner, dict | list | tuple) and inner:
        yield start
        yield from (f"{indent}{line}" for line in _lines(inner))
    else:
        yield f"{start} {_scalar(inner)}"


def _scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _TAKEN:
        return value
    if isinstance(value, dict):
        return "{}"
    # JSON's scalars are YAML's, and so is an empty list
    text = msgspec.json.encode(value).decode()
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)
