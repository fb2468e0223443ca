"""From rows to a document, with a table of three rows in place of a driver's."""

from __future__ import annotations

import msgspec
import pytest

from domcaps.drivers.predicates import Predicate, always, never, stated_if, unstated
from domcaps.drivers.table import Row, Table, build, listed, taken, unruled
from domcaps.release import Release, release
from domcaps.schema import words as w
from domcaps.schema.declare import Block, Codec, Word, child, enum, text, yes_no


class Given(msgspec.Struct, frozen=True):
    """Facts that are nothing but a release."""

    release: Release = release("12.8")


class Boat(Block):
    """An element to build."""

    supported: bool | None = yes_no()
    firmware: tuple[str, ...] | None = enum("firmware", w.Firmware, "5.3", "boat/@firmware")
    video: tuple[str, ...] | None = enum("video", w.VideoModel, "6.0", "boat/video")
    length: int | None = text("length", Codec.NUMBER, "8.0")


class Harbour(Block):
    """What holds it."""

    boat: Boat | None = child("boat", Boat, "5.0")


def table(boat: Row[Given] | None = None, **rows: Row[Given]) -> Table[Given]:
    whole: dict[object, Row[Given]] = {
        Harbour.boat: boat or always("afloat"),
        Boat.firmware: listed({w.Firmware.EFI: always("yes"), w.Firmware.BIOS: always("yes")}),
        Boat.video: listed({w.VideoModel.NONE: always("yes"), w.VideoModel.VGA: never("no")}),
        Boat.length: taken(lambda _: 12, "the yardstick"),
    }
    whole.update({getattr(Boat, name): row for name, row in rows.items()})
    return whole


def test_values_stand_in_the_schemas_order_whatever_the_rows_order() -> None:
    built = build(Harbour, table(), Given())
    assert built.boat == Boat(supported=True, firmware=("bios", "efi"), video=("none",), length=12)


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ("5.2", {"supported": True}),
        ("5.3", {"supported": True, "firmware": ("bios", "efi")}),
        ("6.0", {"supported": True, "firmware": ("bios", "efi"), "video": ("none",)}),
    ],
)
def test_nothing_younger_than_the_release_is_built(asked: str, fields: dict[str, object]) -> None:
    built = build(Harbour, table(), Given(release(asked)))
    assert msgspec.structs.asdict(built.boat or Boat()) == {**msgspec.structs.asdict(Boat()), **fields}


def test_a_no_stands_alone_and_not_stated_is_absent() -> None:
    assert build(Harbour, table(boat=never("sunk")), Given()).boat == Boat(supported=False)
    assert build(Harbour, table(boat=unstated("not looked at")), Given()).boat is None
    assert build(Harbour, table(boat=stated_if(never("inland"), always("afloat"))), Given()).boat is None


def test_an_empty_enum_is_written_or_left_out_as_its_row_says() -> None:
    none: dict[Word, Predicate[Given]] = {w.VideoModel.VGA: never("no")}
    assert build(Harbour, table(video=listed(none)), Given()).boat == Boat(
        supported=True, firmware=("bios", "efi"), video=(), length=12
    )
    left_out = build(Harbour, table(video=listed(none, even_if_empty=False)), Given()).boat
    assert left_out is not None
    assert left_out.video is None


def test_members_without_rows_and_words_without_rules_are_told() -> None:
    rows = dict(table())
    del rows[Boat.length]
    missing = unruled(Harbour, rows)
    assert "Boat.length" in missing
    assert "Boat.video 'cirrus'" in missing
    assert "Boat.firmware 'efi'" not in missing
