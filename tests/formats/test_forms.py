from __future__ import annotations

import re

import msgspec
import pytest

from domcaps.errors import InputError
from domcaps.formats.forms import FORMS, write
from domcaps.formats.json_format import to_json
from domcaps.formats.read import read
from domcaps.formats.text import to_text
from domcaps.formats.xml_writer import to_xml
from domcaps.formats.yaml_format import to_yaml
from domcaps.release import Release
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.filter import as_of
from tests.formats.sample import SAMPLE, needs_vectors, recorded

yaml = pytest.importorskip("yaml")

OLD = Release((5, 6, 0))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_ends_with_a_line_break_and_obeys_the_release(form: str) -> None:
    now, then = write(read(SAMPLE), form), write(read(SAMPLE), form, OLD)
    assert now.endswith("\n")
    assert "avx512f" not in then
    assert "virtio" in then
    with pytest.raises(ValueError, match="ini"):
        write(read(SAMPLE), "ini")


@needs_vectors
def test_filtering_the_record_and_filtering_the_xml_agree() -> None:
    wrong = [
        f"{name} as of {which}"
        for name, text in list(recorded().items())[::60]
        for which in map(Release, [(1, 2, 7), (5, 6, 0), (9, 0, 0), (11, 3, 0), (12, 8, 0)])
        if to_xml(as_of(read(text), which)) != to_xml(read(text), which)
    ]
    assert not wrong, "\n".join(wrong)


def test_yaml_says_what_json_says_to_any_reader() -> None:
    strange = SAMPLE.replace("kvm", "yes").replace("/usr/share/OVMF/OVMF_CODE_4M.fd", "a: b # &#233; {")
    for caps in (read(SAMPLE), read(strange), DomainCapabilities()):
        assert yaml.safe_load(to_yaml(caps)) == msgspec.json.decode(to_json(caps))


@pytest.mark.parametrize(
    "word", ["yes", "No", "1.2", "1e3", "null", "~", "- a", "a:", "#", "", "\x85", "0x1F", "on", "\x7f"]
)
def test_yaml_quotes_what_could_be_taken_for_something_else(word: str) -> None:
    assert yaml.safe_load(to_yaml(DomainCapabilities(domain=word)))["domain"] == word


def test_the_text_form_folds_and_greys() -> None:
    text = to_text(read(SAMPLE), width=80, colour=True)
    assert "usable yes (1): qemu64" in text
    assert "1 deprecated" in text
    assert "usable no (1): Skylake-Server-v5" in text
    assert re.search(r"\x1b\[90m  no +tpm", text)
    plain = to_text(read(SAMPLE), width=80)
    assert "\x1b" not in plain
    assert plain == re.sub(r"\x1b\[\d+m", "", text)
    assert max(map(len, plain.splitlines())) <= 80


def test_versions_of_a_model_are_folded_into_it() -> None:
    models = "".join(
        f"<model usable='yes'>{name}</model>"
        for name in ["EPYC", "EPYC-v1", "EPYC-v2", "EPYC-v3", "EPYC-v5", "Foo-v1", "Foo-v3", "Foo-IBRS"]
    )
    text = to_text(read(SAMPLE.replace("<model usable='unknown' vendor='AMD'>EPYC</model>", models)))
    assert "EPYC(-v1…3,-v5) Foo-v1,-v3 Foo-IBRS" in text


def test_the_text_form_obeys_no_terminal_codes_of_the_document() -> None:
    assert "\x1b" not in to_text(DomainCapabilities(domain="\x1b[31mkvm"))


@needs_vectors
def test_the_text_form_of_a_large_document_is_one_screen() -> None:
    largest = max((text for text in recorded().values() if "blockers" in text), key=len)
    lines = to_text(read(largest), width=160).splitlines()
    assert len(lines) <= 90


def test_a_document_writes_itself() -> None:
    caps = read(SAMPLE)
    assert caps.to_xml() == SAMPLE
    assert caps.to_xml("5.6.0") == caps.to_xml(OLD) == to_xml(caps, OLD)
    assert caps.to_json() == to_json(caps) + "\n"
    with pytest.raises(InputError, match="not a libvirt release"):
        caps.to_xml("old")
