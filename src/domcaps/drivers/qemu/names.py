"""Which emulator libvirt looks for, by name. Nothing heavy is imported, so that QEMU can be started first."""

from __future__ import annotations

_TO_SUFFIX = {"i686": "i386", "armv6l": "arm", "armv7l": "arm", "openrisc": "or32"}
"""libvirt's name of an architecture to the end of its emulator's, where the two differ."""

_RUNS_BESIDES_ITSELF = {
    "x86_64": frozenset({"i686"}),
    "aarch64": frozenset({"armv7l"}),
    "ppc64": frozenset({"ppc64le"}),
    "ppc64le": frozenset({"ppc64"}),
}

_POWER = frozenset({"ppc64", "ppc64le"})
"""One emulator serves both, and is called by the first."""

LIBEXEC = "/usr/libexec/qemu-kvm"
"""Where Fedora's and Red Hat's only emulator is."""


def runs_natively(host: str, guest: str) -> bool:
    """Whether a host's CPU runs guests of an architecture (libvirt's names)."""
    return host == guest or guest in _RUNS_BESIDES_ITSELF.get(host, ())


def emulator_names(host: str, guest: str) -> tuple[str, ...]:
    """The emulators that libvirt looks for in PATH (the last: at that path), in its order."""
    names = []
    if host == "aarch64" and guest == "armv7l":
        names.append("qemu-system-aarch64")
    names.append(f"qemu-system-{_TO_SUFFIX.get(guest, guest)}")
    stand_in = host if runs_natively(host, guest) else guest
    if stand_in in _POWER:
        stand_in = "ppc64"
    names.append(f"qemu-system-{_TO_SUFFIX.get(stand_in, stand_in)}")
    if runs_natively(host, guest):
        names.append(LIBEXEC)
    return tuple(dict.fromkeys(names))
