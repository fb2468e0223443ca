"""Reports as SARIF 2.1.0 (OASIS, sarif-v2.1.0-os), which code review and CI show beside the guest's lines.

One run a host; findings are results, their codes the rules; an alternative that has edits is a fix. Byte offsets are
given only for texts in UTF-8, where they are those of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domcaps.analysis.findings import Finding, Report, Severity
from domcaps.analysis.guests.guest import Guest

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"

LEVELS = {
    Severity.UNSUPPORTED: "error",
    Severity.UNKNOWN: "warning",
    Severity.DEPRECATED: "warning",
    Severity.NOTE: "note",
}

Json = dict[str, Any]


def sarif(reports: Sequence[Report], guests: Mapping[str, Guest], version: str) -> Json:
    """The log of some reports.

    Args:
        reports: they.
        guests: report's guest to its definition.
        version: of domcaps.
    """
    hosts = dict.fromkeys(report.host for report in reports)
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [_run(host, [r for r in reports if r.host == host], guests, version) for host in hosts],
    }


def _run(host: str, reports: Sequence[Report], guests: Mapping[str, Guest], version: str) -> Json:
    codes = list(dict.fromkeys(finding.code for report in reports for finding in report.findings))
    run: Json = {
        "tool": {
            "driver": {
                "name": "domcaps",
                "version": version,
                "rules": [{"id": code, "shortDescription": {"text": code.replace("-", " ")}} for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(report, finding, codes.index(finding.code), guests.get(report.guest))
            for report in reports
            for finding in report.findings
        ],
    }
    if host:
        run["automationDetails"] = {"id": f"check/{host}"}
    return run


def _result(report: Report, finding: Finding, rule: int, guest: Guest | None) -> Json:
    place = finding.place
    artifact = {"uri": _uri(report.guest)}
    region: Json = {
        "startLine": place.line,
        "startColumn": place.column,
        "endColumn": place.column + place.length,
    }
    if guest is not None and (line := guest.line(place.line)):
        region["snippet"] = {"text": line}
    result: Json = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": _text(finding)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": artifact, "region": region},
                "logicalLocations": [{"fullyQualifiedName": place.xpath}],
            }
        ],
        "properties": _properties(report, finding),
    }
    if finding.edits and guest is not None and guest.encoding == "utf-8":
        result["fixes"] = [_fix(finding, artifact)]
    return result


def _text(finding: Finding) -> str:
    parts = [finding.message, finding.reason and f"because {finding.reason}"]
    sentence = ", ".join(part for part in parts if part)
    return f"{sentence}. Instead: {finding.alternative}." if finding.alternative else f"{sentence}."


def _properties(report: Report, finding: Finding) -> Json:
    said: Json = {
        "severity": finding.severity,
        "stage": finding.stage,
        "path": finding.path,
        "asks": finding.asks,
        "chosen": finding.chosen,
        "offered": list(finding.offered) if finding.offered is not None else None,
        "remedy": finding.remedy,
        "since": finding.since,
        "libvirt": finding.libvirt,
        "machine": report.against.machine,
    }
    return {name: value for name, value in said.items() if value or value == []}


def _fix(finding: Finding, artifact: Json) -> Json:
    return {
        "description": {"text": finding.alternative or "the nearest that there is"},
        "artifactChanges": [
            {
                "artifactLocation": artifact,
                "replacements": [
                    {
                        "deletedRegion": {"byteOffset": edit.start, "byteLength": edit.end - edit.start},
                        "insertedContent": {"text": edit.text},
                    }
                    for edit in finding.edits
                ],
            }
        ],
    }


def _uri(name: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - start-up: only this format needs it

    return f"file://{quote(name)}" if name.startswith("/") else quote(name)
