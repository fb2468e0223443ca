"""Machine types: their kinds by name, and which one an emulator's list makes the default.

Names are compared after alias resolution, byte by byte; a kind asks for an architecture, too. Facts: libvirt's QEMU
driver, releases 1.2.7 to 12.9.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from domcaps.release import Release, release

_X86 = frozenset({"x86_64", "i686"})
_ARM = frozenset({"armv6l", "armv7l", "aarch64"})


class Machine(msgspec.Struct, frozen=True, rename="kebab"):
    """An entry of `query-machines` (QEMU's qapi/machine.json)."""

    name: str
    alias: str | None = None
    is_default: bool = False
    cpu_max: int = 0
    deprecated: bool = False


class MachineKind(Enum):
    """A family of machine types: architectures, exact names, prefixes."""

    I440FX = ("an i440fx PC", _X86, ("pc",), ("pc-0.", "pc-1.", "pc-i440fx-", "rhel"))
    Q35 = ("a q35 PC", _X86, ("q35",), ("pc-q35-",))
    XENFV = ("a xenfv PC", _X86, ("xenfv",), ("xenfv-",))
    ISAPC = ("an ISA PC", frozenset[str](), ("isapc",), ())
    S390_CCW = ("an s390 CCW machine", frozenset({"s390", "s390x"}), (), ("s390-ccw",))
    PSERIES = ("a pSeries machine", frozenset({"ppc64", "ppc64le"}), ("pseries",), ("pseries-",))
    ARM_VIRT = ("an Arm virt machine", _ARM, ("virt",), ("virt-",))
    BUILTIN_IDE = ("a board with IDE built in", frozenset[str](), ("malta", "sun4u", "g3beige"), ())

    @property
    def title(self) -> str:
        """What to call it."""
        return str(self.value[0])

    def holds(self, machine: str, arch: str) -> bool:
        """Whether a machine of an architecture is of this kind; an empty set of architectures admits all."""
        _, arches, names, prefixes = self.value
        return (not arches or arch in arches) and (machine in names or machine.startswith(prefixes))


def is_old_s390_ccw(machine: str) -> bool:
    """Machine types before QEMU's CPU models for s390x."""
    return machine in {f"s390-ccw-virtio-2.{minor}" for minor in (4, 5, 6, 7)}


PREFERRED: dict[str, str] = {
    "alpha": "clipper",
    "armv6l": "integratorcp",
    "armv7l": "virt",
    "armv7b": "virt",
    "aarch64": "virt",
    "cris": "axis-dev88",
    "i686": "pc",
    "x86_64": "pc",
    "lm32": "lm32-evr",
    "loongarch64": "virt",
    "m68k": "mcf5208evb",
    "microblaze": "petalogix-s3adsp1800",
    "microblazeel": "petalogix-s3adsp1800",
    "mips": "malta",
    "mipsel": "malta",
    "mips64": "malta",
    "mips64el": "malta",
    "openrisc": "or1k-sim",
    "ppc": "g3beige",
    "ppcle": "g3beige",
    "ppc64": "pseries",
    "ppc64le": "pseries",
    "ppcemb": "bamboo",
    "riscv32": "virt",
    "riscv64": "virt",
    "s390x": "s390-ccw-virtio",
    "sh4": "shix",
    "sh4eb": "shix",
    "sparc": "SS-5",
    "sparc64": "sun4u",
    "unicore32": "puv3",
    "xtensa": "sim",
    "xtensaeb": "sim",
}
"""The machine that libvirt prefers for an emulator of an architecture."""

VIRT_PREFERRED_SINCE = release("9.3")
"""Before this release Arm and RISC-V had other preferences (libvirt's release notes of 9.3.0)."""

PREFERS_MACHINES = release("4.7")
"""Before this release libvirt took the machine that QEMU calls the default (libvirt's history)."""

PREFERRED_BEFORE: dict[str, str] = {
    "armv7l": "integratorcp",
    "armv7b": "integratorcp",
    "aarch64": "integratorcp",
    "riscv32": "spike_v1.10",
    "riscv64": "spike_v1.10",
}


def in_libvirts_order(machines: tuple[Machine, ...], target: str, which: Release) -> tuple[Machine, ...]:
    """An accelerator's machines as libvirt lists them: without `none`, the default first.

    Args:
        machines: QEMU's reply, in its order.
        target: libvirt's name of the emulator's architecture.
        which: the libvirt release that is imitated.
    """
    real = [machine for machine in machines if machine.name != "none"]
    default = _default(real, target, which)
    if default is None:
        return tuple(real)
    return (default, *(machine for machine in real if machine is not default))


def _default(machines: list[Machine], target: str, which: Release) -> Machine | None:
    preferred = PREFERRED.get(target) if which >= PREFERS_MACHINES else None
    if preferred and which < VIRT_PREFERRED_SINCE:
        preferred = PREFERRED_BEFORE.get(target, preferred)
    # Of several that carry the preferred name the last wins.
    for machine in reversed(machines):
        if preferred and preferred in {machine.name, machine.alias}:
            return machine
    return next((machine for machine in machines if machine.is_default), None)


def canonical(machines: tuple[Machine, ...], name: str) -> str:
    """The name behind an alias; a name that is no alias is its own."""
    return next((machine.name for machine in machines if machine.alias == name), name)
