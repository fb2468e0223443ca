"""A definition as a tree that knows where everything stands, and changes of its text."""

from __future__ import annotations

import pytest

from domcaps.analysis.findings import Edit
from domcaps.analysis.guests import edits
from domcaps.analysis.guests.guest import Guest, Node
from domcaps.analysis.guests.places import route

TEXT = """<domain type='kvm'>
  <name>\N{LATIN SMALL LETTER A WITH DIAERESIS}</name><vcpu current="1">
    3
  </vcpu>
  <devices>
    <disk a='b>' /><disk device = "x"><target dev='vda'/></disk>
\t<rng/>
  </devices>
</domain>
"""


def read(text: str = TEXT) -> Guest:
    return Guest(text.encode())


def first(guest: Guest, path: str) -> Node:
    node = guest.first(path)
    assert node is not None
    return node


def changed(guest: Guest, *changes: Edit) -> str:
    return edits.apply(guest.data, changes).decode()


@pytest.mark.parametrize(
    ("path", "number", "attribute", "text", "place"),
    [
        ("vcpu", 0, "", True, (3, 5, 1, "/domain/vcpu")),
        ("vcpu", 0, "current", False, (2, 32, 1, "/domain/vcpu/@current")),
        ("devices/disk", 0, "a", False, (6, 14, 2, "/domain/devices/disk[1]/@a")),
        ("devices/disk", 1, "device", False, (6, 36, 1, "/domain/devices/disk[2]/@device")),
        ("devices/disk", 1, "", False, (6, 20, 5, "/domain/devices/disk[2]")),
        ("devices/disk", 1, "nosuch", False, (6, 20, 5, "/domain/devices/disk[2]/@nosuch")),
        ("devices/rng", 0, "", False, (7, 2, 4, "/domain/devices/rng")),
    ],
    ids=[
        "a text, without the space around it",
        "an attribute after characters of two bytes",
        "a value with an angle bracket",
        "an attribute with space around its sign",
        "an element by its tag",
        "an attribute that is not there, by its element",
        "an element after a tab",
    ],
)
def test_places_have_line_column_length_and_xpath(
    path: str, number: int, attribute: str, text: bool, place: tuple[int, int, int, str]
) -> None:
    guest = read()
    found = guest.place(guest.all(path)[number], attribute, text=text)
    assert (found.line, found.column, found.length, found.xpath) == place


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_texts_are_read_in_their_encoding(encoding: str) -> None:
    declared = encoding if encoding == "latin-1" else "utf-8"
    text = f"<?xml version='1.0' encoding='{declared}'?>\n{TEXT}" if encoding in {"latin-1", "utf-8"} else TEXT
    guest = Guest(text.encode(encoding))
    assert guest.fault is None
    assert guest.title == "\N{LATIN SMALL LETTER A WITH DIAERESIS}"


def test_a_fault_has_its_line() -> None:
    guest = read("<domain>\n  <a>\n</domain>")
    assert guest.fault is not None
    assert (guest.fault.line, str(guest.fault)) == (3, "not well-formed XML: mismatched tag")


class TestEdits:
    def test_an_attribute_is_replaced_where_it_stands(self) -> None:
        guest = read()
        change = edits.set_attribute(guest, guest.all("devices/disk")[1], "device", "y&'")
        assert """<disk device = "y&amp;&apos;">""" in changed(guest, change)

    def test_an_attribute_is_added_before_the_end_of_the_tag(self) -> None:
        guest = read()
        assert "<rng model='v'/>" in changed(
            guest, edits.set_attribute(guest, first(guest, "devices/rng"), "model", "v")
        )
        assert "<disk a='b>' c='d' />" in changed(
            guest, edits.set_attribute(guest, first(guest, "devices/disk"), "c", "d")
        )

    def test_an_attribute_goes_with_the_space_before_it(self) -> None:
        guest = read()
        assert "<disk />" in changed(guest, *edits.remove_attribute(guest, first(guest, "devices/disk"), "a"))
        assert tuple(edits.remove_attribute(guest, first(guest, "devices/rng"), "a")) == ()

    def test_an_element_goes_with_its_line_where_it_has_one(self) -> None:
        guest = read()
        assert "</disk>\n  </devices>" in changed(guest, edits.remove(guest, first(guest, "devices/rng")))
        assert "    <disk device =" in changed(guest, edits.remove(guest, first(guest, "devices/disk")))

    def test_a_child_is_added_on_a_line_of_its_own(self) -> None:
        guest = read()
        assert "\t<rng/>\n\t<a/>\n  </devices>" in changed(
            guest, edits.add_child(guest, first(guest, "devices"), "<a/>")
        )
        assert "<rng>\n\t  <a/>\n\t</rng>" in changed(
            guest, edits.add_child(guest, first(guest, "devices/rng"), "<a/>")
        )

    def test_what_is_missing_on_the_way_is_made(self) -> None:
        guest = read()
        change = edits.set_below(guest, first(guest, "devices"), ["video", "model"], "type", "vga")
        assert "<video><model type='vga'/></video>" in changed(guest, change)
        change = edits.set_below(guest, guest.all("devices/disk")[1], ["target"], "dev", "sda")
        assert "<target dev='sda'/>" in changed(guest, change)

    def test_a_text_is_replaced_without_the_space_around_it(self) -> None:
        guest = read()
        assert '<vcpu current="1">\n    2\n' in changed(guest, edits.set_text(guest, first(guest, "vcpu"), "2"))

    def test_of_edits_that_touch_only_the_first_is_made(self) -> None:
        assert (
            edits.apply(
                b"abcdef",
                [Edit(start=1, end=4, text="X"), Edit(start=2, end=3, text="Y"), Edit(start=4, end=5, text="")],
            )
            == b"aXf"
        )


@pytest.mark.parametrize(
    ("place", "path", "attribute"),
    [
        ("devices/disk/target/@bus", "devices/disk/target", "bus"),
        ("@type", "", "type"),
        ("features/hyperv/*", "features/hyperv/*", ""),
        ("devices/tpm/backend[@type='emulator']/@version", "devices/tpm/backend", "version"),
        ("cpu[@mode='custom']", "cpu", ""),
    ],
)
def test_places_of_the_schema_are_read(place: str, path: str, attribute: str) -> None:
    found = route(place)
    assert (found.path, found.attribute) == (path, attribute)


def test_what_is_no_place_of_the_schema_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="not a place"):
        route("devices/disk[1]/@bus")
