"""The kinds of guests that each driver can run, from its facts: what `getCapabilities` lists."""

from __future__ import annotations

import re

from domcaps.derive import Source
from domcaps.drivers.bhyve import choose as bhyve
from domcaps.drivers.qemu import choose
from domcaps.drivers.qemu.facts import EmulatorFacts
from domcaps.drivers.test.facts import ARCH, VIRT_TYPE
from domcaps.drivers.xen import choose as xen
from domcaps.drivers.xen.facts import XenHost
from domcaps.drivers.xen.rules import MAX_VCPUS
from domcaps.errors import ProbeError, RequestError
from domcaps.host.arch import ARCHES, X86
from domcaps.libvirt.capabilities import GuestKind, GuestMachine
from domcaps.release import FIRST, Release, release

_ALL = ("cpuselection", "deviceboot", "disksnapshot default='on' toggle='no'")
_EXTERNAL_SNAPSHOT = release("9.9")
"""Since when libvirt says that it deletes and reverts snapshots in files of their own (its release notes)."""
_PAE = ("pae", "nonpae")
_ACPI = "acpi default='on' toggle='yes'"
_APIC = "apic default='on' toggle='no'"

_HAVE_ACPI = {**dict.fromkeys((*X86, "aarch64"), FIRST), "loongarch64": release("10.2")}
"""Architectures whose guests may have ACPI, and since when libvirt says so: its notes of 10.2 have loongarch64."""

_XEN_KIND = re.compile(r"(xen|hvm)-\d+\.\d+-(aarch64|armv7l|x86_32|x86_64)(p?)")
_XEN_ARCHES = {"x86_32": "i686"}


def qemu_guests(source: Source, which: Release) -> tuple[GuestKind, ...]:
    """A kind for each architecture that an emulator here serves; one that does not answer is passed over."""
    kinds: list[GuestKind] = []
    answered: dict[str, EmulatorFacts | None] = {}
    for arch, since in ARCHES.items():
        if since and which < since:
            continue
        try:
            path = choose.find_emulator(source.arch, arch, source.find)
        except RequestError:
            continue
        if path not in answered:
            answered[path] = _answers(source, path)
        emulator = answered[path]
        kind = _qemu_kind(emulator, arch, which) if emulator else None
        if kind is not None:
            kinds.append(kind)
    return tuple(kinds)


def _answers(source: Source, path: str) -> EmulatorFacts | None:
    try:
        return source.emulator(path)
    except ProbeError:
        return None


def _qemu_kind(emulator: EmulatorFacts, arch: str, which: Release) -> GuestKind | None:
    try:
        target = choose.target_of(emulator, which)
    except RequestError:
        return None
    best, *rest = emulator.virt_types
    machines = emulator.machines_listed(best, target, which)
    features = [*_PAE] if arch == "i686" else []
    features += [_ACPI] if arch in _HAVE_ACPI and which >= _HAVE_ACPI[arch] else []
    features += [_APIC] if arch in X86 else []
    return GuestKind(
        os_type="hvm",
        arch=arch,
        emulator=emulator.path,
        virt_types=(*rest, best),
        machines=tuple(
            GuestMachine(name=m.name, alias=m.alias, max_cpus=m.cpu_max, deprecated=m.deprecated) for m in machines
        ),
        features=(*features, *_ALL, *(("externalSnapshot",) if which >= _EXTERNAL_SNAPSHOT else ())),
    )


def xen_guests(host: XenHost) -> tuple[GuestKind, ...]:
    """A kind for each of Xen's own (`hvm-3.0-x86_64`), and the one in a hardware container beside the first."""
    loader = next((image for image in host.firmware if image.endswith("hvmloader")), None)
    seen: dict[tuple[str, str], GuestKind] = {}
    for word in host.capabilities or ():
        match = _XEN_KIND.fullmatch(word)
        if match is None:
            continue
        arch, full = _XEN_ARCHES.get(match[2], match[2]), match[1] == "hvm"
        pae = ("pae",) if match[3] and arch == "i686" else ()
        os_type, machine = ("hvm", "xenfv") if full else ("xen", "xenpv")
        kind = _xen_kind(os_type, arch, machine, loader=loader if full else None, features=pae)
        seen.setdefault((os_type, arch), kind)
        if full and arch == "x86_64":
            seen.setdefault(("xenpvh", arch), _xen_kind("xenpvh", arch, "xenpvh"))
    return tuple(seen.values())


def _xen_kind(
    os_type: str, arch: str, machine: str, *, loader: str | None = None, features: tuple[str, ...] = ()
) -> GuestKind:
    return GuestKind(
        os_type=os_type,
        arch=arch,
        emulator=xen.EMULATOR,
        loader=loader,
        virt_types=(xen.VIRT_TYPE,),
        machines=(GuestMachine(name=machine, max_cpus=MAX_VCPUS[machine]),),
        features=features,
    )


def bhyve_guests() -> tuple[GuestKind, ...]:
    """The one kind of bhyve."""
    return (GuestKind(os_type="hvm", arch="x86_64", emulator="bhyve", virt_types=(bhyve.VIRT_TYPE,)),)


def guests_of_test_driver() -> tuple[GuestKind, ...]:
    """The two kinds of libvirt's test driver."""
    return tuple(
        GuestKind(os_type=os_type, arch=ARCH, emulator="/usr/bin/test-hv", virt_types=(VIRT_TYPE,), features=_PAE)
        for os_type in ("hvm", "xen")
    )
