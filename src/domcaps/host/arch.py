"""libvirt's names of architectures, and how the kernel's and QEMU's spellings become them: rows only.

Rule: a name that has no row is spelled alike on both sides.
"""

from __future__ import annotations

from domcaps.release import Release, release

ARCHES: dict[str, Release | None] = {
    "alpha": None,
    "armv6l": None,
    "armv7l": None,
    "armv7b": None,
    "aarch64": None,
    "cris": None,
    "i686": None,
    "ia64": None,
    "lm32": None,
    "loongarch64": release("10.2"),
    "m68k": None,
    "microblaze": None,
    "microblazeel": None,
    "mips": None,
    "mipsel": None,
    "mips64": None,
    "mips64el": None,
    "openrisc": None,
    "parisc": None,
    "parisc64": None,
    "ppc": None,
    "ppcle": None,
    "ppc64": None,
    "ppc64le": None,
    "ppcemb": None,
    "riscv32": release("4.7"),
    "riscv64": release("4.7"),
    "s390": None,
    "s390x": None,
    "sh4": None,
    "sh4eb": None,
    "sparc": None,
    "sparc64": None,
    "unicore32": None,
    "x86_64": None,
    "xtensa": None,
    "xtensaeb": None,
}
"""libvirt's architectures, each with the release that brought it; `None`: it was there before domain capabilities."""

FROM_UNAME: dict[str, str] = {
    "i386": "i686",
    "i486": "i686",
    "i586": "i686",
    "amd64": "x86_64",
    "arm64": "aarch64",
}
"""`uname -m` to libvirt's name, where the two differ."""

FROM_QEMU: dict[str, str] = {
    "i386": "i686",
    "arm": "armv7l",
    "or32": "openrisc",
}
"""QEMU's target name (`query-target`, firmware descriptors) to libvirt's name, where the two differ."""

X86: frozenset[str] = frozenset({"i686", "x86_64"})

POWER: frozenset[str] = frozenset({"ppc64", "ppc64le"})

S390: frozenset[str] = frozenset({"s390", "s390x"})
