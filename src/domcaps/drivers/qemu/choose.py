"""Which emulator, architecture, virt type and machine a question is about, and what libvirt refuses.

Checks are made in libvirt's order, and a refusal has libvirt's words (QEMU driver, releases 7.0 to 12.9).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from domcaps.drivers.qemu.facts import HARDWARE, EmulatorFacts
from domcaps.drivers.qemu.machines import canonical
from domcaps.drivers.qemu.names import emulator_names, runs_natively
from domcaps.errors import RequestError
from domcaps.host.arch import ARCHES, FROM_QEMU
from domcaps.release import Release, release

VIRT_TYPES = (
    "none",
    "qemu",
    "kqemu",
    "kvm",
    "xen",
    "lxc",
    "uml",
    "openvz",
    "test",
    "vmware",
    "hyperv",
    "vbox",
    "phyp",
    "parallels",
    "bhyve",
    "vz",
    "hvf",
)
"""libvirt's virt types."""

MINIMUM_QEMU = (
    (release("12.4"), (7, 2, 0)),
    (release("11.2"), (6, 2, 0)),
    (release("10.6"), (5, 2, 0)),
    (release("8.7"), (4, 2, 0)),
    (release("8.3"), (3, 1, 0)),
    (release("7.4"), (2, 11, 0)),
    (release("1.2.7"), (1, 5, 0)),
)
"""The oldest QEMU that a libvirt release takes, newest release first."""

_FAMILIES = (
    frozenset({"x86_64", "i686"}),
    frozenset({"ppc", "ppcle", "ppc64", "ppc64le", "ppcemb"}),
    frozenset({"armv6l", "armv7l", "armv7b", "aarch64"}),
    frozenset({"s390", "s390x"}),
)

_SERVES_BESIDES_ITSELF = {"x86_64": "i686", "aarch64": "armv7l", "armv7l": "armv6l", "ppc64": "ppc64le"}


USED_SINCE = {"hyperv": release("11.10"), "hvf": release("8.1")}
"""The virt types of QEMU that came after KVM, each with the first release that starts QEMU so (libvirt's NEWS)."""

NAMES_ACCELERATOR = release("8.1")
"""Before it, libvirt minds an accelerator that is not there only when it is KVM, and has other words for it."""

CHECKS_EVERYTHING = release("9.0")
"""Before it, libvirt does not ask whether the emulator serves the architecture and the virt type."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a question is about, every default filled in."""

    target: str
    """libvirt's name of the emulator's architecture."""
    arch: str
    virt_type: str
    machine: str
    """Canonical; empty where the emulator has no machine."""
    max_vcpus: int
    native: bool


def check_words(*, virt_type: str | None, arch: str | None, which: Release) -> None:
    """Refuse words that libvirt does not know.

    Raises:
        RequestError: one of them.
    """
    hvf_is_unknown = virt_type == "hvf" and which < USED_SINCE["hvf"]
    if virt_type and (virt_type not in VIRT_TYPES or hvf_is_unknown):
        raise RequestError(f"unknown virttype: {virt_type}", kind="invalid argument")
    if arch:
        since = ARCHES.get(arch)
        if arch not in ARCHES or (since and which < since):
            raise RequestError(f"unknown architecture: {arch}", kind="invalid argument")


def find_emulator(host: str, guest: str, find: Callable[[str], str | None]) -> str:
    """The emulator for guests of an architecture where no path was given.

    Args:
        host: libvirt's name of the host's architecture.
        guest: of the guest's.
        find: gives the path of a program in PATH, or of one at an absolute path, if it is there.

    Raises:
        RequestError: none is there.
    """
    for name in emulator_names(host, guest):
        path = find(name)
        if path:
            return path
    raise RequestError(f"unable to find any emulator to serve '{guest}' architecture", kind="unsupported configuration")


def target_of(emulator: EmulatorFacts, which: Release) -> str:
    """libvirt's name of an emulator's architecture.

    Raises:
        RequestError: libvirt does not know it, or does not take so old a QEMU.
    """
    failed = f"Failed to probe capabilities for {emulator.path}: "
    minimum = next(version for since, version in MINIMUM_QEMU if which >= since or since == MINIMUM_QEMU[-1][0])
    version = emulator.version
    if version is not None and version < minimum:
        wanted, found = (".".join(map(str, numbers)) for numbers in (minimum, version))
        raise RequestError(
            f"{failed}unsupported configuration: QEMU version >= {wanted} is required, but {found} found",
            kind="internal error",
        )
    target = FROM_QEMU.get(emulator.target or "", emulator.target or "")
    since = ARCHES.get(target)
    if target not in ARCHES or (since and which < since):
        raise RequestError(f"{failed}internal error: Unknown QEMU arch {emulator.target}", kind="internal error")
    return target


def choose(  # noqa: PLR0913 - a question has that many parts
    emulator: EmulatorFacts,
    *,
    host_arch: str,
    arch: str | None,
    virt_type: str | None,
    machine: str | None,
    which: Release,
) -> Choice:
    """Fill in what a question leaves open, and refuse what the emulator cannot serve.

    Raises:
        RequestError: libvirt's refusal.
    """
    path = emulator.path
    target = target_of(emulator, which)
    guest = arch or host_arch
    _check_arch(target, guest)
    offered = tuple(name for name in emulator.virt_types if _is_used(name, which)) or ("qemu",)
    chosen = virt_type if virt_type and virt_type != "none" else offered[0]
    if offered[0] == "qemu":
        _check_accelerator(chosen, path, which)
    machines = emulator.machines_listed(chosen, target, which)
    name = canonical(machines, machine) if machine else machines[0].name if machines else ""
    found = next((entry for entry in machines if entry.name == name), None)
    if machine and found is None:
        raise RequestError(f"the machine '{name}' is not supported by emulator '{path}'", kind="invalid argument")
    if guest not in arches_served(target) and which >= CHECKS_EVERYTHING:
        raise RequestError(f"Emulator '{path}' does not support arch '{guest}'", kind="invalid argument")
    if chosen not in offered and which >= CHECKS_EVERYTHING:
        raise RequestError(f"Emulator '{path}' does not support virt type '{chosen}'", kind="invalid argument")
    return Choice(
        target=target,
        arch=guest,
        virt_type=chosen,
        machine=name,
        max_vcpus=found.cpu_max if found else 0,
        native=runs_natively(host_arch, target),
    )


def arches_served(target: str) -> tuple[str, ...]:
    """The guest architectures that an emulator serves, its own first."""
    besides = _SERVES_BESIDES_ITSELF.get(target)
    return (target, besides) if besides else (target,)


def _check_arch(target: str, guest: str) -> None:
    if target != guest and not any(target in family and guest in family for family in _FAMILIES):
        raise RequestError(
            f"architecture from emulator '{target}' doesn't match given architecture '{guest}'",
            kind="invalid argument",
        )


def _is_used(virt_type: str, which: Release) -> bool:
    return virt_type not in USED_SINCE or which >= USED_SINCE[virt_type]


def _check_accelerator(virt_type: str, path: str, which: Release) -> None:
    """Refuse what needs an accelerator, of an emulator that has none."""
    if virt_type == "qemu" or (virt_type != "kvm" and which < NAMES_ACCELERATOR):
        return
    if which < NAMES_ACCELERATOR:
        raise RequestError(f"KVM is not supported by '{path}' on this host", kind="invalid argument")
    needed = next((accelerator for accelerator, name in HARDWARE.items() if name == virt_type), "tcg")
    named = needed if _is_used(virt_type, which) else "tcg"
    raise RequestError(f"the accel '{named}' is not supported by '{path}' on this host", kind="invalid argument")
