"""The first CPU of /proc/cpuinfo, as far as it decides something.

Rules: of a name that stands twice the first holds (the file repeats itself for each CPU); what is not there, or is
not what it should be, is `None`.
"""

from __future__ import annotations

import msgspec

from domcaps.host.arch import POWER, X86

VENDORS = {"GenuineIntel": "Intel", "AuthenticAMD": "AMD", "HygonGenuine": "Hygon"}
"""CPUID's vendor string (leaf 0, EBX EDX ECX) to libvirt's word (its CPU map, `x86_vendors.xml`)."""

POWER_VENDOR = "IBM"
"""libvirt's vendor of the models POWER6 to POWER11 (its CPU map, `ppc64_vendors.xml`)."""

ADDRESS_SIZES = X86 | {"sh4", "sh4eb", "loongarch64"}
"""The architectures whose /proc/cpuinfo tells the width of an address."""


class Cpuinfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says of its first CPU."""

    vendor: str | None
    """libvirt's word, x86 and POWER only."""
    model: str | None
    """`POWER9`: the name that the processor version register gives (POWER only)."""
    physical_address_bits: int | None
    flags: str | None
    """x86: the kernel's names of the CPU's features, separated by blanks, as they stand there."""
    microcode: int
    """x86: the revision; 0 where none is told."""
    signature: str
    """Vendor, name, family, model and stepping in one string: another CPU, another signature. Empty if not told."""


def read_cpuinfo(text: str, arch: str) -> Cpuinfo:
    """Understand the beginning of /proc/cpuinfo, of a host of that architecture (libvirt's name)."""
    said: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            said.setdefault(name.strip().lower(), value.strip())
    x86 = arch in X86
    power = _number(said.get("cpu", "").lower().removeprefix("power")) if arch in POWER else None
    named = ("vendor_id", "model name", "cpu family", "model", "stepping") if x86 else ("cpu", "model", "revision")
    return Cpuinfo(
        vendor=VENDORS.get(said.get("vendor_id", "")) if x86 else POWER_VENDOR if power else None,
        model=f"POWER{power}" if power else None,
        physical_address_bits=_number(said.get("address sizes", "")) if arch in ADDRESS_SIZES else None,
        flags=said.get("flags") if x86 else None,
        microcode=(_number(said.get("microcode", "")) or 0) if x86 else 0,
        signature=", ".join(said[name] for name in named if said.get(name)),
    )


def _number(text: str) -> int | None:
    """The number that a text begins with, decimal or `0x…`."""
    base, rest, digits = (16, text[2:], "0123456789abcdef") if text[:2].lower() == "0x" else (10, text, "0123456789")
    length = next((at for at, letter in enumerate(rest.lower()) if letter not in digits), len(rest))
    return int(rest[:length], base) if length else None
