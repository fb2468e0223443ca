"""Count how `domcaps check` judges guests against real libvirt's verdicts.

    python tools/guest_verdicts.py ../shared/guests [-v]

The folder has `verdicts.json`, `snapshot.json.gz` and the definitions. Of the guests that libvirt accepts none may be
called unsupported at definition (findings about the start are counted apart); of those that it refuses for what a
document states all are to be named, with libvirt's words or at the place that its message is about. Exit status 1 when
either does not hold.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from domcaps.analysis.findings import Finding, Report, Severity, Stage
from domcaps.analysis.guests.check import Against, check
from domcaps.derive import SnapshotSource
from domcaps.snapshot import read_snapshot

PLACES: tuple[tuple[str, str], ...] = (
    (r"does not support machine type", r"/domain/os/type/@machine"),
    (r"does not support (arch|virt type)|No emulator found", r"/domain(/@type|/os/type/@arch|/devices/emulator)"),
    (r"support video model", r"/domain/devices/(video|graphics)(\[\d+\])?(/model(\[\d+\])?/@type)?"),
    (r"graphics are not supported", r"/domain/devices/graphics(\[\d+\])?/@type"),
    (r"launch security is not supported", r"/domain/launchSecurity/@type"),
    (r"Unable to find '\w+' firmware", r"/domain/os(/.*)?"),
    (r"Filesystem driver type|virtiofs is not", r"/domain/devices/filesystem(\[\d+\])?(/driver/@type)?"),
    (r"'gic' feature", r"/domain/features/gic(/@version)?"),
    (r"floppy", r"/domain/devices/disk(\[\d+\])?(/@device|/target(/@bus)?)?"),
    (r"sgx epc", r"/domain/devices/memory(\[\d+\])?.*"),
    (r"panic", r"/domain/devices/panic(\[\d+\])?(/@model)?"),
    (r"TPM", r"/domain/devices/tpm(\[\d+\])?.*"),
    (r"lun|SCSI emulation", r"/domain/devices/disk(\[\d+\])?.*"),
)
"""What libvirt's message is about, and where a finding that names it stands."""


class Expected(msgspec.Struct, kw_only=True):
    """A guest and real libvirt's verdict."""

    guest: str
    arch: str
    verdict: str
    message: str = ""
    stated: bool = False


def is_named(expected: Expected, report: Report) -> bool:
    """Whether a finding at definition stands at the place that libvirt's message is about."""
    place = next((place for said, place in PLACES if re.search(said, expected.message)), r"/domain.*")
    return any(re.fullmatch(place, finding.place.xpath) for finding in refused(report))


def refused(report: Report) -> list[Finding]:
    """What is unsupported at definition."""
    return [
        finding
        for finding in report.findings
        if finding.severity is Severity.UNSUPPORTED and finding.stage is Stage.DEFINE
    ]


def main() -> int:
    """Count, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("-v", "--verbose", action="store_true", help="every guest that is judged otherwise")
    args = parser.parse_args()
    expected = msgspec.json.decode((args.folder / "verdicts.json").read_bytes(), type=list[Expected])
    host = Against(SnapshotSource(read_snapshot((args.folder / "snapshot.json.gz").read_bytes())))
    counts: Counter[str] = Counter()
    begin = time.perf_counter()
    for entry in expected:
        report = check((args.folder / entry.guest).read_bytes(), host, name=entry.guest)
        count(entry, report, counts, verbose=args.verbose)
    spent = time.perf_counter() - begin
    print(
        f"accepted by libvirt: {counts['accepted']}; called unsupported at definition: {counts['false']}; "
        f"at start: {counts['start']}\n"
        f"refused for what a document states: {counts['stated']}; named: {counts['named']}; "
        f"in libvirt's own words: {counts['words']}\n"
        f"refused for something else: {counts['other']}; of these something is named: {counts['other named']}\n"
        f"{len(expected)} guests in {spent:.2f} s"
    )
    return 0 if not counts["false"] and counts["stated"] == counts["named"] else 1


def count(expected: Expected, report: Report, counts: Counter[str], *, verbose: bool) -> None:
    """Add one guest."""
    found = refused(report)
    said = [f"{finding.code} at {finding.place.xpath}" for finding in found]
    if expected.verdict == "accepted":
        counts["accepted"] += 1
        counts["false"] += bool(found)
        counts["start"] += any(finding.stage is Stage.START for finding in report.findings)
        if found and verbose:
            print(f"FALSE {expected.guest}: {said}")
        return
    if expected.stated:
        named = is_named(expected, report)
        counts["stated"] += 1
        counts["named"] += named
        counts["words"] += any(f.libvirt and f.libvirt in expected.message for f in found)
        if not named and verbose:
            print(f"NOT NAMED {expected.guest}: {expected.message} but {said}")
        return
    counts["other"] += 1
    counts["other named"] += bool(found)
    if verbose:
        print(f"other {expected.guest}: {expected.message} / {said}")


if __name__ == "__main__":
    sys.exit(main())
