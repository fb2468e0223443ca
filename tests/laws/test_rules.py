"""Laws over the schema and the drivers' tables: every violation at once."""

from __future__ import annotations

from typing import Any

import pytest

from domcaps.drivers.predicates import AllOf, AnyOf, ByRelease, Not, Predicate, When
from domcaps.drivers.qemu.facts import QemuFacts
from domcaps.drivers.qemu.rules.table import QEMU
from domcaps.drivers.table import Listed, Taken, merged, taken, unruled
from domcaps.release import NEWEST
from domcaps.schema.declare import Block, Declaration, Kind, Word, walk
from domcaps.schema.devices import Disk
from domcaps.schema.document import DomainCapabilities


def declared() -> list[tuple[type[Block], Declaration]]:
    found: list[tuple[type[Block], Declaration]] = []
    walk(DomainCapabilities, lambda block, declaration: found.append((block, declaration)))
    return found


def test_every_member_of_the_schema_has_a_row_in_qemus_table() -> None:
    assert unruled(DomainCapabilities, QEMU) == []


def test_every_row_of_qemus_table_is_keyed_by_a_member_of_the_schema() -> None:
    members = {getattr(block, declaration.field) for block, declaration in declared()}
    assert [key for key in QEMU if key not in members] == []


def test_an_enums_rows_name_only_words_of_that_enum() -> None:
    by_member = {getattr(block, declaration.field): declaration for block, declaration in declared()}
    wrong = [
        f"{by_member[key].name}: {word!r} is a {type(word).__name__}"
        for key, row in QEMU.items()
        if isinstance(row, Listed)
        for word in row.words
        if type(word) is not by_member[key].words
    ]
    assert wrong == []


def test_one_member_cannot_have_two_rows() -> None:
    row: Taken[QemuFacts] = taken(lambda _: None, "nothing")
    with pytest.raises(ValueError, match="two rows"):
        merged({Disk.bus: row}, {Disk.bus: row})


def test_every_condition_can_say_itself() -> None:
    silent: list[str] = []

    def hear(rule: Predicate[Any], where: str) -> None:
        match rule:
            case AllOf() | AnyOf():
                for part in rule.parts:
                    hear(part, where)
            case Not():
                hear(rule.part, where)
            case ByRelease():
                hear(rule.older, where)
                hear(rule.newer, where)
            case When():
                hear(rule.condition, where)
                hear(rule.then, where)
            case _:
                if not (type(rule).__doc__ or "").strip():
                    silent.append(f"{where}: {type(rule).__name__}")

    for key, row in QEMU.items():
        for rule in row.words.values() if isinstance(row, Listed) else [row] if isinstance(row, Predicate) else []:
            hear(rule, str(key))
    assert silent == []


def test_releases_stand_in_the_order_of_time() -> None:
    wrong = [
        f"{block.__name__}.{declaration.field}"
        for block, declaration in declared()
        if declaration.since > NEWEST or (declaration.until is not None and declaration.until <= declaration.since)
    ]
    assert wrong == []


def test_nothing_is_older_than_the_block_that_holds_it() -> None:
    wrong = [
        f"{declaration.block.__name__}.{inner.name} {inner.since} < {declaration.since}"
        for _, declaration in declared()
        if declaration.block is not None
        for inner in declaration.block.declarations.values()
        if inner.since < declaration.since and inner.kind not in {Kind.ATTRIBUTE, Kind.CONTENT}
    ]
    assert wrong == []


def test_every_word_of_an_enum_is_spelled_once() -> None:
    enums: set[type[Word]] = {declaration.words for _, declaration in declared() if declaration.words is not None}
    aliased = [
        f"{words.__name__}.{name}" for words in enums for name, word in words.__members__.items() if word.name != name
    ]
    assert aliased == []


def test_every_enum_and_device_says_what_it_governs_or_that_it_governs_nothing() -> None:
    silent = [
        f"{block.__name__}.{declaration.field}"
        for block, declaration in declared()
        if declaration.kind is Kind.ENUM and not declaration.place
    ]
    assert silent == []
