"""Descriptors made by hand: a good one, with whatever a test changes of it."""

from __future__ import annotations

import json
from typing import Any


def flash(code: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON of any shape, broken ones too
    """A split flash mapping of that image; a member given as `...` is left out."""
    good = {
        "device": "flash",
        "executable": {"filename": code, "format": "raw"},
        "nvram-template": {"filename": f"{code}.vars", "format": "raw"},
    }
    return _changed(good, members)


def text_of(**members: Any) -> str:  # noqa: ANN401 - JSON of any shape, broken ones too
    """The text of a descriptor: split flash for q35 without features; a member given as `...` is left out."""
    good = {
        "description": "UEFI",
        "interface-types": ["uefi"],
        "mapping": flash("/code.fd"),
        "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}],
        "features": [],
        "tags": [],
    }
    return json.dumps(_changed(good, members))


def _changed(good: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    changed = good | {name.replace("_", "-"): value for name, value in members.items()}
    return {name: value for name, value in changed.items() if value is not ...}
