"""The capabilities document (libvirt's "Driver capabilities XML format"), as far as its readers need it.

Pure code over values. What stands there: the host's architecture and CPU, and for each kind of guest its emulator,
machines, virt types and features. What does not: NUMA, caches, migration, security models, the host's UUID. libvirt
describes the host's CPU by its own CPUID; here it is what the emulator's host-model says, and left out without one.
"""

from __future__ import annotations

import msgspec

from domcaps.cpu.model import GuestCpu, Policy

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})

WORD_SIZES = {
    "armv6l": 32,
    "armv7l": 32,
    "armv7b": 32,
    "cris": 32,
    "i686": 32,
    "lm32": 32,
    "m68k": 32,
    "microblaze": 32,
    "microblazeel": 32,
    "mips": 32,
    "mipsel": 32,
    "openrisc": 32,
    "parisc": 32,
    "ppc": 32,
    "ppcle": 32,
    "ppcemb": 32,
    "riscv32": 32,
    "s390": 32,
    "sh4": 32,
    "sparc": 32,
    "unicore32": 32,
    "xtensa": 32,
    "xtensaeb": 32,
}
"""Bits of a machine word by architecture, where libvirt does not say 64 (of sh4eb it does)."""


class GuestMachine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that a guest can have."""

    name: str
    alias: str | None = None
    max_cpus: int = 0
    deprecated: bool = False


class GuestKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of guest: one `<guest>` element."""

    os_type: str
    arch: str
    emulator: str
    virt_types: tuple[str, ...]
    loader: str | None = None
    machines: tuple[GuestMachine, ...] = ()
    features: tuple[str, ...] = ()
    """Elements below `<features>`, each without its angle brackets."""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The host: its architecture and, where the emulator tells, its CPU."""

    arch: str
    cpu: GuestCpu | None = None


def to_capabilities(host: Host, guests: tuple[GuestKind, ...]) -> str:
    """The document, laid out as libvirt lays it out."""
    lines = ["<capabilities>", "", "  <host>", "    <cpu>", f"      <arch>{_escape(host.arch)}</arch>"]
    if host.cpu is not None:
        lines.append(f"      <model>{_escape(host.cpu.model)}</model>")
        if host.cpu.vendor is not None:
            lines.append(f"      <vendor>{_escape(host.cpu.vendor)}</vendor>")
        has = (feature.name for feature in host.cpu.features if feature.policy is not Policy.DISABLE)
        lines += [f"      <feature name='{_escape(name)}'/>" for name in has]
    lines += ["    </cpu>", "  </host>", ""]
    for guest in guests:
        lines += [*_guest(guest), ""]
    return "\n".join([*lines, "</capabilities>", ""])


def _guest(guest: GuestKind) -> list[str]:
    lines = ["  <guest>", f"    <os_type>{guest.os_type}</os_type>", f"    <arch name='{guest.arch}'>"]
    lines.append(f"      <wordsize>{WORD_SIZES.get(guest.arch, 64)}</wordsize>")
    lines.append(f"      <emulator>{_escape(guest.emulator)}</emulator>")
    if guest.loader is not None:
        lines.append(f"      <loader>{_escape(guest.loader)}</loader>")
    for machine in guest.machines:
        lines += _machine(machine)
    lines += [f"      <domain type='{virt_type}'/>" for virt_type in guest.virt_types]
    lines.append("    </arch>")
    if guest.features:
        lines += ["    <features>", *(f"      <{feature}/>" for feature in guest.features), "    </features>"]
    return [*lines, "  </guest>"]


def _machine(machine: GuestMachine) -> list[str]:
    facts = f" maxCpus='{machine.max_cpus}'" if machine.max_cpus else ""
    facts += " deprecated='yes'" if machine.deprecated else ""
    name = _escape(machine.name)
    lines = [f"      <machine{facts}>{name}</machine>"]
    if machine.alias:
        lines.append(f"      <machine canonical='{name}'{facts}>{_escape(machine.alias)}</machine>")
    return lines


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
