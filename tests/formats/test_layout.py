"""The fast way reads what the general way reads, or nothing."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domcaps.errors import InputError
from domcaps.formats.xml_layout import match
from domcaps.formats.xml_reader import document
from domcaps.formats.xml_tree import parse
from domcaps.formats.xml_writer import to_xml
from tests.formats.sample import SAMPLE

LINES = SAMPLE.splitlines(keepends=True)
PIECES = sorted(set(re.findall(r"<[^>]*>|'[^']*'|[a-z]+|\s+", SAMPLE)))


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The sample with a few lines dropped, doubled or exchanged, and a few pieces replaced by others."""
    lines = list(LINES)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["drop", "double", "exchange"]))
        if how == "drop":
            del lines[place]
        elif how == "double":
            lines.insert(place, lines[place])
        else:
            other = draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
    text = "".join(lines)
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        text = text[:start] + draw(st.sampled_from(PIECES) | st.text(max_size=3)) + text[start + length :]
    return text


@given(mutated())
@settings(max_examples=300, deadline=None)
def test_both_ways_agree_on_mutated_documents(text: str) -> None:
    fast = match(text)
    if fast is None:
        return
    caps, end = fast
    assert msgspec.json.encode(caps) == msgspec.json.encode(document(parse(text[:end])))
    assert to_xml(caps) == text[:end]


NOT_FOR_IT = {
    "another order": SAMPLE.replace("  <domain>kvm</domain>\n", "").replace(
        "  <arch>", "  <domain>kvm</domain>\n  <arch>"
    ),
    "an unknown element": SAMPLE.replace("  <cpu>\n", "  <new/>\n  <cpu>\n"),
    "an entity": SAMPLE.replace("kvm", "k&amp;vm"),
    "double quotes": SAMPLE.replace("'", '"'),
    "a leading zero": SAMPLE.replace("4096", "04096"),
    "a blank around a text": SAMPLE.replace("<domain>kvm", "<domain> kvm"),
    "a blank behind a text": SAMPLE.replace("kvm</domain>", "kvm </domain>"),
    "another script": SAMPLE.replace("kvm", "kvm\u00e9"),
    "blockers of another model": SAMPLE.replace("<blockers model='Skylake-Server-v5'", "<blockers model='EPYC'"),
    "a name without its end": SAMPLE.replace("        <feature name='pku'/>\n", "").replace("avx512f'/>", "/>"),
    "a tab in a name": SAMPLE.replace("'avx512f'", "'avx\t512f'"),
    "something beside a name": SAMPLE.replace("<feature name='pku'/>", "<feature name='pku' a='b'/>"),
    "names without an end": SAMPLE.replace("      </blockers>\n", ""),
    "an element that is opened around nothing": SAMPLE.replace(
        "<tpm supported='no'/>", "<tpm supported='no'>\n    </tpm>"
    ),
    "a mode that is opened around nothing": SAMPLE.replace(
        "<mode name='maximum' supported='no'/>", "<mode name='maximum' supported='no'>\n    </mode>"
    ),
    "a line break missing": SAMPLE.replace("</os>\n", "</os>"),
    "an end too early": SAMPLE[:-2],
}


@pytest.mark.parametrize("text", NOT_FOR_IT.values(), ids=NOT_FOR_IT.keys())
def test_the_fast_way_leaves_alone(text: str) -> None:
    assert text != SAMPLE
    assert match(text) is None
    assert match(text) is None, "and nothing of it is remembered"


def test_the_fast_way_takes_documents_one_after_another() -> None:
    text = "junk" + SAMPLE + SAMPLE
    first = match(text, 4)
    assert first is not None
    second = match(text, first[1])
    assert second is not None
    assert second == (first[0], len(text))


def test_a_document_of_nothing_is_read_by_the_general_way() -> None:
    with pytest.raises(InputError):
        parse("")
    assert to_xml(document(parse("<domainCapabilities/>"))) == "<domainCapabilities>\n</domainCapabilities>\n"
