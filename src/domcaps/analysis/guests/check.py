"""Whether a guest can run on a host: `check`, a pure function of a definition and of facts or documents.

What it judges by: the schema's walk (`walk` with its rows in `check_rules`), the parts that are more than a list
of values (CPU, firmware, numbers), and conditions that hold between values. Findings are data; a definition that is no
definition is a finding, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from domcaps.analysis.findings import (
    Finding,
    Place,
    Report,
    Severity,
    Stage,
    Subject,
    in_order,
    verdict_of,
)
from domcaps.analysis.guests import conditions, cpu, firmware, numbers, walk
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.documents import Documents, doubted, settle_otherwise
from domcaps.analysis.guests.ground import Ground
from domcaps.analysis.guests.guest import Guest
from domcaps.analysis.guests.host import Host
from domcaps.analysis.guests.identity import Wanted, settle
from domcaps.cpu.model import CpuMap
from domcaps.derive import Source
from domcaps.release import NEWEST, Release
from domcaps.schema.document import DomainCapabilities

PARTS = (walk, numbers, cpu, firmware, conditions)
"""Each has `findings(case)`."""


class Against:
    """What guests are held against: a host's facts, or documents; made once for many guests."""

    def __init__(
        self,
        what: Source | DomainCapabilities | Sequence[DomainCapabilities],
        *,
        release: Release = NEWEST,
        cpu_map: CpuMap | None = None,
        name: str = "",
        wanted: Wanted | None = None,
    ) -> None:
        """Take a source of facts, a document, or several documents, of which the one that fits is chosen.

        Args:
            what: it.
            release: the libvirt release by whose rules guests are judged.
            cpu_map: the CPU models and features to use; `None`: our own data for the release.
            name: the host's, for reports.
            wanted: what takes the place of what guests say.
        """
        self.name = name
        self.wanted = wanted or Wanted()
        self.host: Host | None = None
        self.documents: Documents | None = None
        if isinstance(what, DomainCapabilities):
            self.documents = Documents([what], release, cpu_map)
        elif isinstance(what, Sequence):
            self.documents = Documents(what, release, cpu_map)
        else:
            self.host = Host(what, release, cpu_map)

    def settle(self, guest: Guest) -> tuple[Ground | None, tuple[Finding, ...]]:
        """The ground for a guest, and what of it is not as the guest wants it."""
        if self.documents is not None:
            return self.documents.settle(guest)
        if self.host is None:
            return None, ()
        if not self.host.is_qemu:
            return settle_otherwise(guest, self.host, self.wanted)
        settled = settle(guest, self.host, self.wanted)
        return (self.host.ground(settled.subject) if settled.subject else None), settled.findings


def check(
    guest: bytes | str | Guest,
    against: Source | DomainCapabilities | Sequence[DomainCapabilities] | Against,
    *,
    receive: bool = False,
    name: str = "",
) -> Report:
    """What of a guest's definition cannot be had.

    Args:
        guest: libvirt's domain XML.
        against: a source of facts, a document, several documents, or an `Against` that was made of them.
        receive: the guest runs elsewhere and is to come here: its live XML, of which only what it uses counts.
        name: the guest's file, for the report.

    Returns:
        The report; for a text that is no definition, one with that as its finding.

    Raises:
        ProbeError: the host or its emulator does not answer.
        RequestError: libvirt of that release refuses every question to this host (a broken firmware descriptor).
    """
    if isinstance(guest, str):
        guest = guest.encode()
    definition = guest if isinstance(guest, Guest) else Guest(guest, name)
    ground_of = against if isinstance(against, Against) else Against(against)
    called = definition.name or definition.title
    if definition.fault is not None:
        findings: tuple[Finding, ...] = (_no_guest(definition),)
        return Report(guest=called, host=ground_of.name, verdict=verdict_of(findings), findings=findings)
    ground, mismatches = ground_of.settle(definition)
    found = [*mismatches]
    if ground is not None and not any(finding.code == "arch-mismatch" for finding in mismatches):
        judged = judge(Case(definition, ground, receive=receive))
        found += (doubted(finding, mismatches, ground) for finding in judged)
    if receive:
        found = [_unchangeable(finding) for finding in found]
    findings = in_order(found)
    return Report(
        guest=called,
        host=ground_of.name,
        against=_subject(ground),
        verdict=verdict_of(findings),
        findings=findings,
    )


def _unchangeable(finding: Finding) -> Finding:
    """A finding about a guest that runs: nothing that it uses can be another thing, but for the emulator's path."""
    if finding.code == "emulator-missing":
        return finding
    return msgspec.structs.replace(finding, alternative="", edits=())


def judge(case: Case) -> Iterator[Finding]:
    """All findings about a guest on a ground."""
    for part in PARTS if case.ground.is_qemu else (walk, numbers):
        yield from part.findings(case)


def _subject(ground: Ground | None) -> Subject:
    if ground is None:
        return Subject()
    return Subject(emulator=ground.emulator, arch=ground.arch, virt_type=ground.virt_type, machine=ground.machine)


def _no_guest(guest: Guest) -> Finding:
    fault = guest.fault
    line, column = (fault.line, fault.column) if fault else (1, 1)
    return Finding(
        code="definition-unreadable",
        severity=Severity.UNSUPPORTED,
        stage=Stage.DEFINE,
        message=f"this is no definition of a guest: {fault}",
        place=Place(xpath="/", line=line, column=column),
    )
