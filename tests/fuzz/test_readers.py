"""A short run over made-up input; `benchmarks/fuzz.py` is the long one."""

from __future__ import annotations

import traceback

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domcaps.errors import DomcapsError
from domcaps.formats.json_format import from_json, to_json
from domcaps.formats.read import read, read_documents
from domcaps.formats.text import to_text
from domcaps.formats.xml_writer import to_xml
from domcaps.formats.yaml_format import to_yaml
from domcaps.schema.document import DomainCapabilities as Caps
from domcaps.schema.document import Loader, Os, Vcpu
from tests.fuzz.monitor import read_stream, stream
from tests.fuzz.readers import READERS, mutated, try_one

yaml = pytest.importorskip("yaml")

INPUTS = 2000


@pytest.mark.parametrize("name", READERS)
def test_a_reader_answers_or_says_what_is_wrong(name: str) -> None:
    reader, corpus = READERS[name]
    taken, wrong = 0, []
    for number in range(INPUTS):
        data = mutated(corpus, number)
        try:
            taken += try_one(reader, data)
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            wrong.append(f"input {number}: {traceback.format_exc(limit=-2)}")
    assert not wrong, "\n".join(wrong[:5])
    assert taken > INPUTS // 50


@pytest.mark.parametrize("what", [b"query-cpu-definitions", b"query-cpu-model-expansion", b"query-machines"])
def test_bad_utf_8_in_an_answer_is_an_answer_that_cannot_be_used(what: bytes) -> None:
    words = {
        b"query-cpu-definitions": b"EPYC-v1",
        b"query-cpu-model-expansion": b"AuthenticAMD",
        b"query-machines": b"q35",
    }
    assert words[what] in stream()
    with pytest.raises(DomcapsError):
        read_stream(stream().replace(words[what], b"\xc3\x93\x93"))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for around in (b"%b", b"<domainCapabilities>%b</domainCapabilities>", b"<domainCapabilities><path>%b</path>"):
        try_one(read_documents, around % data)


words = st.text(st.characters(codec="utf-8"), max_size=8)
"""Any text that UTF-8 holds."""


@given(words, st.integers(0, 10**17), st.lists(words, max_size=3), st.lists(words, max_size=3))
@settings(max_examples=200, deadline=None)
def test_any_values_are_written_in_every_form(text: str, number: int, values: list[str], images: list[str]) -> None:
    caps = Caps(
        domain=text,
        vcpu=Vcpu(max=number),
        os=Os(supported=True, firmware=tuple(values), loader=Loader(value=tuple(images))),
    )
    assert from_json(to_json(caps)) == caps
    assert to_text(caps)
    assert yaml.safe_load(to_yaml(caps)) == msgspec.json.decode(to_json(caps))
    again = read(to_xml(caps))
    assert again.vcpu == caps.vcpu
    assert to_xml(read(to_xml(again))) == to_xml(again)
    if all(word.isprintable() and word == word.strip() for word in (text, *values, *images)):
        assert again.domain == text
        assert again.os is not None
        assert again.os.firmware == tuple(values)
