"""Documents that guests are held against: which of them fits, and what does not fit.

There are documents alone where there are no facts; drivers other than QEMU's have one for each kind of machine.

Rules kept here: a document about another machine cannot answer, and that is a finding; a document knows no aliases, so
an alias of the same kind of machine counts as its machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domcaps.analysis.findings import Finding, Severity, Stage, Subject
from domcaps.analysis.guests import edits
from domcaps.analysis.guests.ground import Ground
from domcaps.analysis.guests.guest import Guest, Node
from domcaps.analysis.guests.host import Host
from domcaps.analysis.guests.identity import Wanted
from domcaps.analysis.guests.machine_names import kind_of, version_of
from domcaps.cpu.model import CpuMap
from domcaps.errors import RequestError
from domcaps.release import Release
from domcaps.schema.document import DomainCapabilities


class Documents:
    """Documents, each about one emulator, architecture, virt type and machine."""

    def __init__(
        self, documents: Sequence[DomainCapabilities], release: Release, cpu_map: CpuMap | None = None
    ) -> None:
        self.grounds = tuple(Ground(document, release=release, cpu_map=cpu_map) for document in documents)

    def settle(self, guest: Guest) -> tuple[Ground, tuple[Finding, ...]]:
        """The document that fits a guest best, and what of it does not fit."""
        judged = [(ground, _mismatches(guest, ground)) for ground in self.grounds]
        return min(judged, key=lambda pair: sum(_weight(finding) for finding in pair[1]))


def settle_otherwise(guest: Guest, host: Host, wanted: Wanted) -> tuple[Ground, tuple[Finding, ...]]:
    """The ground for a guest on a host whose driver is not QEMU's; raises as `Host.ground`."""
    kind = guest.first("os/type")
    arch = wanted.arch or (kind.get("arch") if kind is not None else None)
    machine = wanted.machine or (kind.get("machine") if kind is not None else None)
    tried = (Subject(arch=arch or "", machine=machine or ""), Subject(arch=arch or ""), Subject())
    for subject in tried[:-1]:
        try:
            ground = host.ground(subject)
        except RequestError:
            continue
        return ground, _mismatches(guest, ground)
    ground = host.ground(tried[-1])
    return ground, _mismatches(guest, ground)


_OF_VIRT_TYPE = ("cpu/", "vcpu", "features/hyperv", "features/sev", "features/tdx")
"""What of a document differs between virt types of the same emulator."""


def doubted(finding: Finding, mismatches: Sequence[Finding], ground: Ground) -> Finding:
    """A finding as it counts where the document is about something else: what that decides is not known of the guest.

    A machine of the same kind in another version offers the same.
    """
    off = {mismatch.code: mismatch for mismatch in mismatches}
    machine = off.get("machine-mismatch")
    other_kind = machine is not None and kind_of(machine.asks, ground.arch) != kind_of(ground.machine, ground.arch)
    other_type = "virt-type-mismatch" in off and finding.path.startswith(_OF_VIRT_TYPE)
    if finding.severity is not Severity.UNSUPPORTED or not (other_kind or other_type):
        return finding
    about = ground.machine if other_kind else ground.virt_type
    return msgspec.structs.replace(
        finding,
        code=finding.code.replace("-unsupported", "-unknown"),
        severity=Severity.UNKNOWN,
        stage=None,
        reason=f"{finding.reason}, which is about {about}",
        edits=(),
    )


class _Part(msgspec.Struct, frozen=True):
    """One part of what a document is about."""

    name: str
    called: str
    path: str
    attribute: str
    weight: int
    """How far a document is off that differs in it."""


_PARTS = (
    _Part("arch", "architecture", "arch", "arch", 100),
    _Part("virt-type", "virt type", "domain", "type", 10),
    _Part("machine", "machine type", "machine", "machine", 3),
)
_WEIGHTS = {f"{part.name}-mismatch": part.weight for part in _PARTS}


def _weight(finding: Finding) -> int:
    return _WEIGHTS.get(finding.code, 1)


def _mismatches(guest: Guest, ground: Ground) -> tuple[Finding, ...]:
    found = []
    for part in _PARTS:
        node = guest.root if part.attribute == "type" else guest.first("os/type")
        has = str(getattr(ground.document, part.path) or "")
        asks = node.get(part.attribute) if node is not None else None
        if node is None or not asks or not has or asks == has:
            continue
        if part.name != "machine" or not _may_be(asks, has, ground.arch):
            found.append(_mismatch(guest, ground, part, node, has))
    emulator = guest.first("devices/emulator")
    if emulator is not None and ground.emulator and emulator.text not in {"", ground.emulator}:
        found.append(_other_emulator(guest, ground, emulator))
    return tuple(found)


def _may_be(asked: str, has: str, arch: str) -> bool:
    """Whether a name without a version may be an alias of a document's machine."""
    return version_of(asked) is None and kind_of(asked, arch) == kind_of(has, arch)


def _mismatch(guest: Guest, ground: Ground, part: _Part, node: Node, has: str) -> Finding:
    asks = node.get(part.attribute) or ""
    derived = ground.ruled is not None
    reason = f"its driver offers '{has}'"
    if not derived:
        reason = "a document answers for one emulator, architecture, virt type and machine alone"
    return Finding(
        code=f"{part.name}-{'unsupported' if derived else 'mismatch'}",
        severity=Severity.UNSUPPORTED if derived else Severity.UNKNOWN,
        stage=Stage.DEFINE if derived else None,
        message=f"the {part.called} '{asks}' cannot be had on this host"
        if derived
        else f"the document is about the {part.called} '{has}', not '{asks}'",
        place=guest.place(node, part.attribute),
        path=part.path,
        asks=asks,
        offered=(has,),
        reason=reason,
        remedy="" if derived else f"a snapshot of the host (domcaps capture), or its document for '{asks}'",
        alternative=f"{part.attribute}='{has}' in <{node.name}>" if part.name == "machine" else "",
        edits=(edits.set_attribute(guest, node, part.attribute, has),) if part.name == "machine" else (),
    )


def _other_emulator(guest: Guest, ground: Ground, node: Node) -> Finding:
    return Finding(
        code="emulator-mismatch",
        severity=Severity.NOTE,
        message=f"the document is about the emulator {ground.emulator}, not {node.text}",
        place=guest.place(node, text=True),
        path="path",
        asks=node.text,
        offered=(ground.emulator,),
        reason="another emulator may offer other things",
    )
