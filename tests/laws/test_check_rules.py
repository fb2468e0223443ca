"""Laws of `check`: its tables hold together with the schema, and what it finds holds for every guest that there is."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module

import pytest

from domcaps.analysis.findings import Report, Severity, Stage
from domcaps.analysis.guests.check import Against, check
from domcaps.analysis.guests.condition_rows import CONDITIONS
from domcaps.analysis.guests.fix import fix
from domcaps.analysis.guests.guest import Guest
from domcaps.analysis.guests.places import all_governed, route
from domcaps.analysis.guests.rules import REMOVE, RULES, UNSAID
from domcaps.derive import SnapshotSource
from domcaps.errors import InputError
from domcaps.schema.declare import Block, Declaration, walk
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import find
from domcaps.snapshot import read_snapshot
from tests.conftest import ROOT

GUESTS = ROOT.parent / "shared" / "guests"

needs_guests = pytest.mark.skipif(not GUESTS.is_dir(), reason="no ../shared/guests beside this checkout")


def test_every_place_of_the_schema_can_be_walked() -> None:
    faults: list[str] = []

    def visit(block: type[Block], declaration: Declaration) -> None:
        try:
            if declaration.place:
                route(declaration.place)
        except ValueError as error:
            faults.append(f"{block.__name__}.{declaration.field}: {error}")

    walk(DomainCapabilities, visit)
    assert not faults, "\n".join(faults)


def test_every_rule_is_about_a_place_that_the_schema_governs() -> None:
    governed = {governed.member for governed in all_governed()}
    assert [str(member) for member in RULES if member not in governed] == []


def test_every_word_of_a_rule_is_one_of_its_enum() -> None:
    faults = []
    for governed in all_governed():
        words = {str(word) for word in governed.declaration.words or ()}
        rule = RULES.get(governed.member)
        if rule is None or not words:
            continue
        named = {*rule.nearest, *rule.said_of, *(word for near in rule.nearest.values() for word in near), *rule.newer}
        faults += [f"{governed.path}: {word}" for word in sorted(named - words - {"*", "", REMOVE, UNSAID})]
    assert not faults, "\n".join(faults)


def test_what_is_judged_elsewhere_names_a_module_that_judges() -> None:
    modules = {rule.elsewhere for rule in RULES.values() if rule.elsewhere}
    assert [name for name in modules if not hasattr(import_module(f"domcaps.analysis.guests.{name}"), "findings")] == []


def test_codes_are_stable_words() -> None:
    codes = [*(governed.code for governed in all_governed()), *(condition.code for condition in CONDITIONS)]
    assert [code for code in codes if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []
    conditions = [condition.code for condition in CONDITIONS]
    assert sorted(conditions) == sorted(set(conditions))


def test_conditions_name_what_governs_them() -> None:
    faults = []
    for condition in CONDITIONS:
        try:
            find(DomainCapabilities, condition.governs)
        except InputError as error:
            faults.append(f"{condition.code}: {error}")
    assert not faults, "\n".join(faults)


@cache
def reports() -> dict[str, tuple[Guest, Report, Against]]:
    host = Against(SnapshotSource(read_snapshot((GUESTS / "snapshot.json.gz").read_bytes())))
    found = {}
    for path in sorted(GUESTS.glob("xml/*.xml")):
        guest = Guest(path.read_bytes(), path.name)
        found[path.name] = (guest, check(guest, host), host)
    return found


@needs_guests
def test_findings_are_complete() -> None:
    faults = []
    for name, (guest, report, _) in reports().items():
        for finding in report.findings:
            refused = finding.severity is Severity.UNSUPPORTED
            checks = {
                "a stage exactly where it is unsupported": refused == (finding.stage is not None),
                "a reason": bool(finding.reason),
                "a line of the guest": bool(guest.line(finding.place.line)),
                "an XPath": finding.place.xpath.startswith("/domain"),
                "libvirt's words for what is refused": not refused or bool(finding.libvirt) or finding.path != "",
                "no chosen value that is written": not (finding.chosen and finding.place.xpath.endswith("/@bus")),
            }
            faults += [f"{name}: {finding.code} lacks {what}" for what, holds in checks.items() if not holds]
    assert not faults, "\n".join(faults)


@needs_guests
def test_places_point_at_what_is_asked() -> None:
    faults = []
    for name, (guest, report, _) in reports().items():
        for finding in report.findings:
            place = finding.place
            text = guest.line(place.line)[place.column - 1 : place.column - 1 + place.length]
            attribute = "/@" in place.xpath
            if attribute and not finding.chosen and finding.asks and text != finding.asks and not text.startswith("<"):
                faults.append(f"{name}: {finding.code} at '{text}' asks '{finding.asks}'")
    allowed = ("firmware-", "iothread-", "video-accel3d", "filesystem-", "disk-", "hyperv-", "loader-")
    assert [fault for fault in faults if not fault.split(": ")[1].startswith(allowed)] == []


@needs_guests
def test_a_fix_is_read_again_and_has_fewer_refusals() -> None:
    faults = []
    for name, (guest, report, host) in list(reports().items())[::5]:
        mendable = {f.code for f in report.findings if f.severity is Severity.UNSUPPORTED and f.edits}
        if mendable:
            left = fix(guest, [host])
            codes = {f.code for r in left.reports for f in r.findings if f.severity is Severity.UNSUPPORTED and f.edits}
            if Guest(left.data).fault or codes:
                faults.append(f"{name}: {sorted(codes)} left of {sorted(mendable)}")
    assert not faults, "\n".join(faults)


@needs_guests
def test_a_document_alone_refuses_nothing_that_the_facts_allow() -> None:
    faults = []
    for name, (guest, report, host) in reports().items():
        ground, mismatches = host.settle(guest)
        if ground is None or mismatches:
            continue
        alone = check(guest, ground.document)
        refused = {f.code for f in alone.findings if f.stage is Stage.DEFINE}
        known = {f.code for f in report.findings if f.stage is Stage.DEFINE}
        if refused and not known:
            faults.append(f"{name}: {sorted(refused)}")
    assert not faults, "\n".join(faults)
