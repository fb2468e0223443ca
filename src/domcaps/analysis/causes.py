"""Why two hosts' documents differ: what of the hosts themselves differs, and the rule behind each difference.

Pure code over what snapshots and live hosts know beyond the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from domcaps.analysis.diff import Change
from domcaps.analysis.explain import Ruled, explain
from domcaps.cpu.model import CpuMap
from domcaps.drivers.qemu.facts import QemuFacts
from domcaps.errors import InputError
from domcaps.firmware.facts import FirmwareFacts
from domcaps.host.identity import HostIdentity
from domcaps.schema.document import DomainCapabilities

Fact = bool | int | str | None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A document and all that is known of where it comes from."""

    label: str
    """The file's name, or `this host`."""
    document: DomainCapabilities
    ruled: Ruled | None = None
    """`None`: there is nothing but the document."""
    identity: HostIdentity | None = None
    firmware: FirmwareFacts | None = None
    kvm_said: str = ""
    """What stands in the way of KVM there, where that is known."""

    @property
    def facts(self) -> QemuFacts | None:
        """What is known of a QEMU and its host."""
        return self.ruled[1] if self.ruled is not None and isinstance(self.ruled[1], QemuFacts) else None


class Cause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact in which two hosts differ."""

    fact: str
    """`QEMU version`, `kernel`, `firmware /usr/share/qemu/firmware/60-edk2.json`."""
    before: Fact = None
    """`None`: it is not there."""
    after: Fact = None


class _Package(msgspec.Struct, frozen=True):
    package: str = ""


def causes(a: Known, b: Known) -> tuple[Cause, ...]:
    """What of two hosts differs, the most telling first; empty unless more than a document is known of both.

    What is known of one of them alone is no difference.
    """
    if a.facts is None or b.facts is None:
        return ()
    before, after = dict(_facts(a)), dict(_facts(b))
    found = [
        Cause(fact=fact, before=value, after=after.get(fact))
        for fact, value in before.items()
        if value is not None and after.get(fact) not in {None, value}
    ]
    return (*found, *_firmware(a.firmware, b.firmware))


def reasoned(changes: Iterable[Change], a: Known, b: Known, cpu_map: CpuMap | None = None) -> tuple[Change, ...]:
    """The changes, each with the reason why the host that lacks it does, where its facts are known."""
    return tuple(_reasoned(change, a, b, cpu_map) for change in changes)


def _reasoned(change: Change, a: Known, b: Known, cpu_map: CpuMap | None) -> Change:
    reason = lack_of(change.path, b, cpu_map) or lack_of(change.path, a, cpu_map)
    return msgspec.structs.replace(change, reason=reason) if reason else change


def lack_of(path: str, known: Known, cpu_map: CpuMap | None = None) -> str:
    """Why a host does not offer what stands at a path; empty where it does, or nobody knows."""
    if known.ruled is None:
        return ""
    try:
        found = explain(path, known.document, known.ruled, cpu_map=cpu_map, kvm_said=known.kvm_said)
    except InputError:
        return ""  # what only the other side's document knows has no rule here
    return "" if found.offered or not (found.steps or found.model) else found.reason


def _facts(known: Known) -> Iterator[tuple[str, Fact]]:
    """What is known of a host and its emulator, by name."""
    facts = known.facts
    if facts is None:
        return
    emulator, host, identity = facts.emulator, facts.host, known.identity
    yield "QEMU version", ".".join(map(str, emulator.version)) if emulator.version else None
    yield "QEMU package", package_of(facts)
    yield "emulator", facts.path
    yield "virt type", facts.virt_type
    yield "machine", facts.machine
    yield "architecture of the host", host.arch
    yield "kvm usable", host.kvm.usable
    if identity is not None:
        yield "kernel", identity.kernel
        yield "CPU", identity.cpu
        yield "microcode", hex(identity.microcode) if identity.microcode else None
        yield "CPU flags of the kernel", identity.cpu_flags
        yield "nested virtualization", identity.nested
    yield "CPU model", host.cpu.model
    yield "CPU vendor", host.cpu.vendor
    yield "physical address bits", host.cpu.physical_address_bits
    asids = host.cpu.sev_asids
    yield "SEV address space identifiers", None if asids is None else f"{asids.min} to {asids.max}"
    yield "vCPUs of kvm", host.kvm.max_vcpus
    yield "protected guests", host.kvm.secure_guest
    yield "TDX of kvm", host.kvm.tdx
    for index, value in (host.kvm.msrs or {}).items():
        yield f"MSR {index} of kvm", value
    yield "VFIO", host.vfio
    yield "/dev/iommu", host.iommufd
    yield "swtpm", "none" if host.swtpm is None else f"TPM {' and '.join(host.swtpm) or 'of no version'}"
    yield "qemu-rdp", host.qemu_rdp


def package_of(facts: QemuFacts) -> str | None:
    """The package of the emulator, as its distribution names it; `None` where it is not told."""
    exchange = facts.emulator.first.find("query-version")
    if exchange is None or exchange.result is msgspec.UNSET:
        return None
    try:
        return msgspec.json.decode(exchange.result, type=_Package).package or None
    except msgspec.MsgspecError:
        return None


def _firmware(a: FirmwareFacts | None, b: FirmwareFacts | None) -> Iterator[Cause]:
    if a is None or b is None:
        return
    for path in sorted({**a.descriptors, **b.descriptors}):
        one, other = a.descriptors.get(path), b.descriptors.get(path)
        if one != other:
            before, after = (None if text is None else "there" for text in (one, other))
            yield Cause(
                fact=f"firmware descriptor {path}",
                before=before,
                after=after if before != after else "there, with another text",
            )
    for path in sorted({*a.images} ^ {*b.images}):
        gone = path in a.images
        yield Cause(fact=f"firmware image {path}", before="there" if gone else None, after=None if gone else "there")
