"""Guest architectures as the CPU engine groups them: rows only, and the look-up over them. Names are libvirt's."""

from __future__ import annotations

from enum import StrEnum


class Family(StrEnum):
    """Architectures whose CPU models follow the same rules."""

    X86 = "x86"
    PPC64 = "ppc64"
    ARM = "arm"
    S390 = "s390"
    RISCV64 = "riscv64"
    LOONGARCH64 = "loongarch64"


_FAMILIES = {
    "i686": Family.X86,
    "x86_64": Family.X86,
    "ppc64": Family.PPC64,
    "ppc64le": Family.PPC64,
    "armv6l": Family.ARM,
    "armv7b": Family.ARM,
    "armv7l": Family.ARM,
    "aarch64": Family.ARM,
    "s390x": Family.S390,
    "riscv64": Family.RISCV64,
    "loongarch64": Family.LOONGARCH64,
}


def family_of(arch: str) -> Family | None:
    """The family of an architecture, `None` for one whose CPU models libvirt does not list."""
    return _FAMILIES.get(arch)
