"""The algebra of documents, over every recorded document: `common` is a meet, `within` its order, `diff` their tale.

Pairs and triples are a sample that is the same on every run. `DOMCAPS_PAIRS=3000` takes a larger one (a minute and a
half), `DOMCAPS_PAIRS=all` every pair (an hour).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable
from functools import cache
from itertools import combinations

import pytest

from domcaps.analysis.common import common
from domcaps.analysis.diff import Severity, diff, within
from domcaps.formats.json_format import from_json, to_json
from domcaps.formats.read import read, read_documents
from domcaps.formats.xml_writer import to_xml
from domcaps.schema.document import DomainCapabilities
from tests.conftest import ROOT

SHARED = ROOT.parent / "shared"
FOLDERS = ("vectors", "vectors-others")
ASKED = os.environ.get("DOMCAPS_PAIRS", "80")
SAMPLE = 5000 if ASKED == "all" else int(ASKED)
SHOWN = 5

pytestmark = pytest.mark.skipif(not (SHARED / "vectors").is_dir(), reason="no ../shared/vectors beside this checkout")

Named = tuple[str, DomainCapabilities]


@cache
def documents() -> tuple[Named, ...]:
    """Every recorded document that differs from the others."""
    found: dict[DomainCapabilities, str] = {}
    for folder in FOLDERS:
        for path in sorted((SHARED / folder).rglob("*.xml")):
            for document in read_documents(path.read_bytes(), path.name):
                found.setdefault(document, path.name)
    return tuple((name, document) for document, name in found.items())


@cache
def pairs() -> tuple[tuple[Named, Named], ...]:
    """Pairs of documents, two of three for the same architecture."""
    if ASKED == "all":
        return tuple(combinations(documents(), 2))
    return tuple((a, b) for a, b, _ in triples(SAMPLE))


@cache
def triples(count: int) -> tuple[tuple[Named, Named, Named], ...]:
    draw = random.Random(12.8)  # noqa: S311 - a sample, no secret
    found = []
    for number in range(count):
        first = draw.choice(documents())
        alike = [one for one in documents() if one[1].arch == first[1].arch]
        among = documents() if number % 3 == 0 or len(alike) < 3 else alike
        found.append((first, draw.choice(among), draw.choice(among)))
    return tuple(found)


def violations(cases: Iterable[tuple[Named, ...]], law: Callable[..., bool]) -> str:
    """The cases that break a law, the first of them by name."""
    broken = [" and ".join(name for name, _ in case) for case in cases if not law(*(document for _, document in case))]
    return f"{len(broken)} broken, such as: {'; '.join(broken[:SHOWN])}" if broken else ""


def test_what_a_document_has_in_common_with_itself_is_itself() -> None:
    found = violations(((one,) for one in documents()), lambda a: common(a, a) == a == common(a))
    assert not found, found


def test_common_does_not_depend_on_the_order_of_two() -> None:
    found = violations(pairs(), lambda a, b: common(a, b) == common(b, a))
    assert not found, found


def test_common_does_not_depend_on_how_three_are_grouped() -> None:
    found = violations(
        triples(SAMPLE), lambda a, b, c: common(common(a, b), c) == common(a, common(b, c)) == common(a, b, c)
    )
    assert not found, found


def test_common_with_one_of_its_inputs_is_itself() -> None:
    found = violations(pairs(), lambda a, b: common(common(a, b), a) == common(a, b))
    assert not found, found


def test_every_input_offers_at_least_what_is_common() -> None:
    found = violations(pairs(), lambda a, b: within(common(a, b), a) and within(common(a, b), b))
    assert not found, found


def test_who_offers_less_than_another_is_what_both_offer() -> None:
    def law(a: DomainCapabilities, b: DomainCapabilities) -> bool:
        return not within(a, b) or (within(a, common(a, b)) and within(common(a, b), a))

    found = violations(pairs(), law)
    assert not found, found


def test_only_equal_documents_do_not_differ() -> None:
    found = violations(pairs(), lambda a, b: (diff(a, b) == ()) == (a == b))
    found += violations(((one,) for one in documents()), lambda a: diff(a, a) == ())
    assert not found, found


def test_a_guest_of_the_common_document_loses_nothing_on_a_host() -> None:
    found = violations(pairs(), lambda a, b: all(c.severity is not Severity.LOSS for c in diff(common(a, b), a)))
    assert not found, found


def test_what_is_lost_one_way_is_gained_the_other() -> None:
    turned = {Severity.LOSS: Severity.GAIN, Severity.GAIN: Severity.LOSS, Severity.CHANGE: Severity.CHANGE}

    def law(a: DomainCapabilities, b: DomainCapabilities) -> bool:
        there = {c.path: (c.before, c.after, c.severity) for c in diff(a, b) if not c.path.endswith("/blockers")}
        back = {c.path: (c.after, c.before, turned[c.severity]) for c in diff(b, a) if not c.path.endswith("/blockers")}
        return there == back

    found = violations(pairs(), law)
    assert not found, found


def test_a_common_document_is_written_and_read_back_whole() -> None:
    def law(a: DomainCapabilities, b: DomainCapabilities) -> bool:
        found = common(a, b)
        return read(to_xml(found).encode()) == found == from_json(to_json(found))

    found = violations(pairs(), law)
    assert not found, found
