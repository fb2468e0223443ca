"""What names of machine types tell: kind, version, and which other machine comes nearest to one that is not there.

Rules kept here: a machine of another kind is never near; of a kind the next newer version is nearer than any older one,
for a guest that knows a version runs on its successors; a distribution's name counts as the version of QEMU that the
distribution shipped.
"""

from __future__ import annotations

import re
from functools import lru_cache

from domcaps.drivers.qemu.machines import MachineKind

UBUNTU: dict[str, tuple[int, int]] = {
    "trusty": (2, 0),
    "xenial": (2, 5),
    "bionic": (2, 11),
    "cosmic": (2, 12),
    "disco": (3, 1),
    "eoan": (4, 0),
    "focal": (4, 2),
    "groovy": (5, 0),
    "hirsute": (5, 2),
    "impish": (6, 0),
    "jammy": (6, 2),
    "kinetic": (7, 0),
    "lunar": (7, 2),
    "mantic": (8, 0),
    "noble": (8, 2),
    "oracular": (9, 0),
    "plucky": (9, 2),
}
"""Ubuntu's machine types (`pc-i440fx-jammy`, `virt-focal`) and the version of QEMU in that release of Ubuntu."""

RHEL: dict[int, tuple[int, int]] = {6: (1, 0), 7: (2, 0), 8: (2, 12), 9: (6, 0), 10: (9, 1)}
"""Red Hat's machine types (`pc-q35-rhel9.4.0`) by major release: the version of QEMU that it began with."""

_VERSION = re.compile(r"-(\d+)\.(\d+)(?:\.(\d+))?$")
_DISTRIBUTION = re.compile(r"-([a-z]+)(?:-[a-z0-9]+)?$")
_RHEL = re.compile(r"-?rhel(\d+)(?:\.\d+)*$")


@lru_cache(maxsize=1024)
def version_of(machine: str) -> tuple[int, int] | None:
    """The version of QEMU that a machine's name stands for; `None` where it tells none."""
    red_hat = _RHEL.search(machine)
    if red_hat:
        return RHEL.get(int(red_hat[1]))
    found = _VERSION.search(machine)
    if found:
        return int(found[1]), int(found[2])
    named = _DISTRIBUTION.search(machine)
    return UBUNTU.get(named[1]) if named else None


@lru_cache(maxsize=1024)
def kind_of(machine: str, arch: str) -> str:
    """What two machines have in common that differ in their version alone."""
    known = next((kind for kind in MachineKind if kind.holds(machine, arch)), None)
    if known is not None:
        return known.name
    stem = _RHEL.sub("", machine)
    stem = _VERSION.sub("", stem)
    named = _DISTRIBUTION.search(stem)
    return stem[: named.start()] if named and named[1] in UBUNTU else stem


@lru_cache(maxsize=256)
def of_kind(machine: str, names: tuple[str, ...], arch: str) -> tuple[str, ...]:
    """The machines of the same kind, the newest first."""
    kind = kind_of(machine, arch)
    same = [name for name in names if kind_of(name, arch) == kind]
    return tuple(sorted(same, key=lambda name: version_of(name) or (0, 0), reverse=True))


@lru_cache(maxsize=256)
def nearest_machine(machine: str, names: tuple[str, ...], arch: str) -> str | None:
    """The machine that comes nearest to one that is not there; `None` when none is of its kind."""
    kind = kind_of(machine, arch)
    same = [name for name in names if kind_of(name, arch) == kind]
    if not same:
        return None
    wanted = version_of(machine)
    dated = sorted((version, name) for name in same if (version := version_of(name)) is not None)
    if wanted is None or not dated:
        return dated[-1][1] if dated else same[0]
    newer = [name for version, name in dated if version >= wanted]
    return newer[0] if newer else dated[-1][1]
