"""A guest as it would be with the nearest supported alternatives: a new text, never the old one changed.

Rule kept here: each round makes the edits of all findings and judges the result anew, so that what one change brings
about is seen to; a change that leads to a text that is no definition is not made.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domcaps.analysis.findings import Edit, Finding, Report, Severity
from domcaps.analysis.guests.check import Against, check
from domcaps.analysis.guests.edits import apply
from domcaps.analysis.guests.guest import Guest

ROUNDS = 12


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a guest."""

    data: bytes
    """The new text, in the encoding of the old one."""
    made: tuple[Finding, ...]
    """What was mended, round by round."""
    reports: tuple[Report, ...]
    """What is left, one report a host."""


def fix(guest: Guest, hosts: Sequence[Against]) -> Fixed:
    """The guest with the alternatives of all that is unsupported on any of some hosts; raises as `check`."""
    made: list[Finding] = []
    seen = {guest.data}
    for _ in range(ROUNDS):
        reports = tuple(check(guest, host) for host in hosts)
        mendable = [finding for report in reports for finding in report.findings if _is_mendable(finding)]
        data = apply(guest.data, _together(mendable))
        changed = Guest(data, guest.name, like=guest)
        if data in seen or changed.fault is not None:
            break
        seen.add(data)
        made += dict.fromkeys(finding for finding in mendable if finding not in made)
        guest = changed
    return Fixed(data=written(guest), made=tuple(made), reports=reports)


def _is_mendable(finding: Finding) -> bool:
    return finding.severity is Severity.UNSUPPORTED and bool(finding.edits)


def _together(findings: Sequence[Finding]) -> list[Edit]:
    """Edits of findings that do not get in each other's way: of two about the same bytes the first is made."""
    taken: list[Edit] = []
    for finding in findings:
        if not any(_touch(edit, other) and edit != other for edit in finding.edits for other in taken):
            taken += finding.edits
    return taken


def _touch(one: Edit, other: Edit) -> bool:
    if one.start == other.start:
        return True
    return one.start < other.end and other.start < one.end


def written(guest: Guest) -> bytes:
    """A guest's text in its own encoding."""
    if guest.encoding in {"utf-8", "utf8"}:
        return guest.data
    return guest.data.decode("utf-8").encode(guest.encoding, "xmlcharrefreplace")
