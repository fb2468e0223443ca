"""The folders of QEMU's firmware descriptors and how they rank (QEMU's docs/interop/firmware.json, at its end).

Rules: of two files with one name, that in the stronger folder holds; the order of the files is that of their names,
as bytes, whatever the folder. In a snapshot the rank is recognised from the path: whatever is neither the share nor
the etc folder is a user's.
"""

from __future__ import annotations

from collections.abc import Iterable

SHARE = "/usr/share/qemu/firmware"
ETC = "/etc/qemu/firmware"

STRENGTH = {SHARE: 0, ETC: 1}
USER_STRENGTH = 2


def name_of(path: str) -> str:
    """The file's name: what masks and what sorts."""
    return path.rpartition("/")[2]


def in_order(paths: Iterable[str]) -> list[str]:
    """The paths that hold, each masked one left out, in libvirt's order. Empty files are still among them."""
    strongest: dict[str, str] = {}
    for path in sorted(paths, key=_strength):
        strongest[name_of(path)] = path
    return [strongest[name] for name in sorted(strongest, key=_as_bytes)]


def _strength(path: str) -> int:
    return STRENGTH.get(path.rpartition("/")[0], USER_STRENGTH)


def _as_bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
