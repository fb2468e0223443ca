"""Guest architectures as the CPU engine groups them, and which host runs which guest natively.

Rows only, and the two look-ups over them. Names are libvirt's.
"""

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

_NATIVE_BESIDES_ITSELF = {
    "x86_64": frozenset({"i686"}),
    "aarch64": frozenset({"armv7l"}),
    "ppc64": frozenset({"ppc64le"}),
    "ppc64le": frozenset({"ppc64"}),
}

_S390_MACHINES_WITHOUT_MODELS = frozenset(f"s390-ccw-virtio-2.{minor}" for minor in range(4, 8))


def family_of(arch: str) -> Family | None:
    """The family of an architecture, `None` for one whose CPU models libvirt does not list."""
    return _FAMILIES.get(arch)


def is_native(host_arch: str, emulator_arch: str) -> bool:
    """Whether the host's CPU can be the CPU of a guest of that emulator's own architecture."""
    return host_arch == emulator_arch or emulator_arch in _NATIVE_BESIDES_ITSELF.get(host_arch, ())


def has_cpu_models(emulator_arch: str, machine: str, *, accelerated: bool) -> bool:
    """Whether maximum, host-model and custom mode can be had at all with a machine.

    QEMU's s390 machines 2.4 to 2.7 know no CPU models under KVM (QEMU's `hw/s390x`: CPU models came with 2.8).
    """
    return not (accelerated and emulator_arch == "s390x" and machine in _S390_MACHINES_WITHOUT_MODELS)
