"""What an analysis finds, as data: a place in a guest's definition, what is asked there, and what to do about it.

Rules kept here: a finding is complete in itself (whoever prints it looks nothing up); its code never changes once
published; not stated is `UNKNOWN`, never `UNSUPPORTED`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How bad a finding is; the worst first."""

    UNSUPPORTED = "unsupported"
    """The guest asks for what cannot be had."""
    UNKNOWN = "unknown"
    """Nothing says whether it can be had."""
    DEPRECATED = "deprecated"
    """It works, and the hypervisor advises against it."""
    NOTE = "note"
    """It works as far as can be told; something about it is worth knowing."""


class Stage(StrEnum):
    """When libvirt or the emulator refuses what is unsupported."""

    DEFINE = "define"
    """The definition itself is refused."""
    START = "start"
    """The definition is taken, and the guest does not start."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a guest's definition: of an attribute its value, else the element's tag."""

    xpath: str
    """From the root, with positions where there are several: `/domain/devices/disk[2]/target/@bus`."""
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    length: int = 1
    """Characters that are meant, on that line."""


class Edit(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A change of a text: the bytes (of UTF-8) from `start` to before `end` become `text`."""

    start: int
    end: int
    text: str


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing about a guest that somebody should know."""

    code: str
    """Stable, in words: `disk-bus-unsupported`."""
    severity: Severity
    stage: Stage | None = None
    """When it is refused; `None` unless it is unsupported."""
    message: str
    """What is the matter, in one clause."""
    place: Place
    path: str = ""
    """The place in the domain capabilities document that decides: `devices/disk/bus`; empty when none does."""
    asks: str = ""
    """The value that the guest asks for."""
    chosen: bool = False
    """The guest does not say it: libvirt chooses it."""
    offered: tuple[str, ...] | None = None
    """What there is instead; `None` where there is no list of it."""
    reason: str = ""
    """Why not, as a clause: the rule's own reason where the facts are known."""
    remedy: str = ""
    """What would make the host offer it."""
    since: str = ""
    """The libvirt release since when a document can list it."""
    alternative: str = ""
    """What the guest could ask for instead, as a clause."""
    libvirt: str = ""
    """libvirt's own words for it, where it would say something."""
    edits: tuple[Edit, ...] = ()
    """The changes of the guest's text that make the alternative of it."""


class Verdict(StrEnum):
    """What all findings about a guest come to; the worst first."""

    REFUSED = "refused"
    """libvirt does not take the definition."""
    FAILS = "fails"
    """libvirt takes it, and the guest does not start."""
    UNKNOWN = "unknown"
    """This document cannot tell: it is about something else."""
    RUNS = "runs"
    """Nothing stands against it."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest was held against."""

    emulator: str = ""
    arch: str = ""
    virt_type: str = ""
    machine: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found about one guest on one host."""

    guest: str
    """The file's name, or the guest's own where it has none."""
    host: str = ""
    """The host's name: that of its file; empty for this host."""
    against: Subject = Subject()
    verdict: Verdict
    findings: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        """Whether nothing is unsupported."""
        return self.verdict in {Verdict.RUNS, Verdict.UNKNOWN}


MISMATCHES = frozenset({"machine-mismatch", "arch-mismatch", "virt-type-mismatch"})
"""The codes that say that a fixed document is about something else than the guest."""


def verdict_of(findings: tuple[Finding, ...]) -> Verdict:
    """What findings come to."""
    stages = {finding.stage for finding in findings if finding.severity is Severity.UNSUPPORTED}
    if Stage.DEFINE in stages:
        return Verdict.REFUSED
    if stages:
        return Verdict.FAILS
    return Verdict.UNKNOWN if any(finding.code in MISMATCHES for finding in findings) else Verdict.RUNS


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Findings by severity and stage, the worst first, then by place; each once, and no note where it is worse."""
    severities, stages = list(Severity), [*Stage, None]
    bad = {finding.place.xpath for finding in findings if finding.severity is Severity.UNSUPPORTED}
    return tuple(
        sorted(
            dict.fromkeys(f for f in findings if f.severity is not Severity.NOTE or f.place.xpath not in bad),
            key=lambda f: (severities.index(f.severity), stages.index(f.stage), f.place.line, f.place.column, f.code),
        )
    )
