"""Many guests on many hosts: a table of verdicts, what stands behind it, and the hosts that can run all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from domcaps.analysis.findings import MISMATCHES, Finding, Report, Severity, Stage, Verdict


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that keeps guests from running, wherever it does."""

    finding: Finding
    """As it is found first."""
    guests: tuple[str, ...]
    hosts: tuple[str, ...]
    whys: dict[str, tuple[str, ...]]
    """Why, and on which hosts for that reason."""


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """Guests × hosts."""

    guests: tuple[str, ...]
    hosts: tuple[str, ...]
    verdicts: dict[str, dict[str, Verdict]]
    """Guest to host to verdict."""
    reasons: tuple[Reason, ...]
    """What is unsupported, or cannot be told, that of most guests first."""
    for_all: tuple[str, ...]
    """The hosts on which every guest runs."""


def matrix(reports: Sequence[Report]) -> Matrix:
    """The table of reports, one for each guest and host; names are unique."""
    verdicts: dict[str, dict[str, Verdict]] = {}
    for report in reports:
        verdicts.setdefault(report.guest, {})[report.host] = report.verdict
    hosts = tuple(dict.fromkeys(report.host for report in reports))
    return Matrix(
        guests=tuple(verdicts),
        hosts=hosts,
        verdicts=verdicts,
        reasons=tuple(_reasons(reports)),
        for_all=tuple(host for host in hosts if all(row.get(host) is Verdict.RUNS for row in verdicts.values())),
    )


def labels(names: Sequence[str]) -> dict[str, str]:
    """Names without the folder that all of them are in."""
    shared = names[0].rpartition("/")[0] if names else ""
    while shared and not all(name.startswith(f"{shared}/") for name in names):
        shared = shared.rpartition("/")[0]
    return {name: name.removeprefix(f"{shared}/") if shared else name for name in names}


def _labelled(report: Report, guests: dict[str, str], hosts: dict[str, str]) -> Report:
    return msgspec.structs.replace(report, guest=guests[report.guest], host=hosts[report.host])


def shortened(reports: Sequence[Report]) -> list[Report]:
    """Reports with the short names of guests and hosts."""
    guests = labels(list(dict.fromkeys(report.guest for report in reports)))
    hosts = labels(list(dict.fromkeys(report.host for report in reports)))
    return [_labelled(report, guests, hosts) for report in reports]


def _reasons(reports: Iterable[Report]) -> list[Reason]:
    grouped: dict[tuple[str, str, str], _Group] = {}
    for report in reports:
        for finding in report.findings:
            if finding.severity is Severity.UNSUPPORTED:
                key = (finding.code, finding.asks, str(finding.stage))
            elif finding.code in MISMATCHES:
                key = (finding.code, "", "")
            else:
                continue
            grouped.setdefault(key, _Group(finding)).add(report, finding)
    found = [group.reason for group in grouped.values()]
    return sorted(
        found, key=lambda r: (r.finding.stage is not Stage.DEFINE, -len(r.guests) * len(r.hosts), r.finding.code)
    )


class _Group:
    """Findings that are one thing."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        self.guests: dict[str, None] = {}
        self.whys: dict[str, dict[str, None]] = {}

    def add(self, report: Report, finding: Finding) -> None:
        self.guests[report.guest] = None
        self.whys.setdefault(finding.reason, {})[report.host] = None

    @property
    def reason(self) -> Reason:
        hosts = dict.fromkeys(host for hosts in self.whys.values() for host in hosts)
        return Reason(
            finding=self.finding,
            guests=tuple(self.guests),
            hosts=tuple(hosts),
            whys={why: tuple(on) for why, on in self.whys.items()},
        )
