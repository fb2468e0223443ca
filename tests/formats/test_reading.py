from __future__ import annotations

import difflib
import gzip
import html
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from domcaps.errors import InputError
from domcaps.formats.read import read, read_documents
from domcaps.formats.xml_layout import match
from domcaps.formats.xml_reader import document
from domcaps.formats.xml_tree import parse
from domcaps.formats.xml_writer import to_xml
from tests.formats.sample import SAMPLE, SHARED, needs_vectors, recorded


def strictly(block: msgspec.Struct) -> bytes:
    """All of a record, kept items included, which `==` partly passes over."""
    return msgspec.json.encode(block)


def small(inside: str, attributes: str = "") -> str:
    return f"<domainCapabilities{attributes}>\n{inside}</domainCapabilities>\n"


def test_the_sample_is_typed() -> None:
    caps = read(SAMPLE)
    assert caps.devices is not None
    assert caps.devices.disk is not None
    assert caps.devices.disk.bus == ("virtio",)
    assert caps.devices.hostdev is not None
    assert caps.devices.hostdev.pci_backend == ()
    assert caps.devices.tpm is not None
    assert not caps.devices.tpm
    assert caps.devices.rng is None
    assert caps.cpu is not None
    assert caps.cpu.custom is not None
    assert caps.cpu.custom.model[1].blockers == ("avx512f", "pku")
    assert caps.cpu.custom.model[0].blockers is None
    assert caps.features is not None
    assert caps.features.sgx is not None
    assert caps.features.sgx.sections is not None
    assert [section.size for section in caps.features.sgx.sections.section] == [262144, 262144]
    assert to_xml(caps) == SAMPLE


def test_the_fast_way_and_the_general_way_agree_on_the_sample() -> None:
    fast = match(SAMPLE)
    assert fast is not None
    assert fast[1] == len(SAMPLE)
    assert strictly(fast[0]) == strictly(document(parse(SAMPLE)))


EVERY = int(os.environ.get("DOMCAPS_EVERY", "5"))
"""The general way is slow: by default one recorded document in five takes it, with 1 each does."""


@needs_vectors
def test_recorded_documents_are_read_alike_both_ways_and_written_back_to_their_bytes() -> None:
    wrong = []
    for number, (name, text) in enumerate(recorded().items()):
        fast = match(text)
        if fast is None or fast[1] != len(text):
            wrong.append(f"{name}: not recognised as libvirt's layout")
        elif fast[0].kept or to_xml(fast[0]) != text:
            wrong.append(f"{name}: not its bytes")
        elif number % EVERY == 0 and strictly(fast[0]) != strictly(document(parse(text))):
            wrong.append(f"{name}: the two ways differ")
    assert not wrong, "\n".join(wrong)


@needs_vectors
def test_the_examples_of_todays_specification_are_read() -> None:
    said: list[str] = []
    data = (SHARED / "spec" / "domain-capabilities.rst").read_bytes()
    found = read_documents(data, "spec", notes=said.append)
    assert len(found) == data.count(b"::\n\n   <domainCap") + data.count(b"::\n\n  <domainCap")
    together = [(path, value) for caps in found for path, _, value in caps.paths()]
    assert ("iothreads/supported", True) in together
    assert ("features/sev/reducedPhysBits", 1) in together
    assert ("cpu/host-model/maxphysaddr/limit", 39) in together
    assert any("</channel lacks its '>'" in note for note in said)
    assert all(to_xml(read(to_xml(caps))) == to_xml(caps) for caps in found)


@needs_vectors
def test_the_examples_of_the_specification_of_libvirt_5_6_are_read() -> None:
    text = (SHARED / "spec" / "domain-capabilities-libvirt-5.6.0.html.txt").read_text()
    examples = re.findall(r"<pre>\n(&lt;.*?)</pre>", text, re.DOTALL)
    assert len(examples) == 11
    for example in examples:
        caps = read(html.unescape(example))
        assert to_xml(read(to_xml(caps))) == to_xml(caps)


KEPT = {
    "an unknown element stays where it stood": (
        "  <path>/a</path>\n  <new at='1'>\n    <b/>\n  </new>\n  <domain>kvm</domain>\n"
    ),
    "an unknown element that is opened around nothing": "  <new>\n  </new>\n",
    "an unknown element with text beside elements": "  <new>one <b/> two</new>\n",
    "a known element that is opened around nothing": "  <os supported='yes'>\n  </os>\n",
    "another order": "  <arch>x86_64</arch>\n  <path>/a</path>\n",
    "an unknown attribute": "  <vcpu max='1' min='1'/>\n",
    "an unknown attribute before a known one": "  <vcpu min='1' max='2'/>\n",
    "unknown attributes between known ones": (
        "  <cpu>\n    <mode name='custom' supported='yes'>\n"
        "      <model a='&lt;' usable='yes' b='2' vendor='&amp;' canonical='c' d='3'>e</model>\n    </mode>\n  </cpu>\n"
    ),
    "an attribute that is no number before a known one": (
        "  <features>\n    <sgx supported='yes'>\n      <sections>\n"
        "        <section node='-1' size='2' unit='KiB'/>\n      </sections>\n    </sgx>\n  </features>\n"
    ),
    "an unknown attribute before a known one, and a child": (
        "  <os new='1' supported='yes'>\n    <new/>\n    <enum name='firmware'/>\n  </os>\n"
    ),
    "an unknown enum": "  <os supported='yes'>\n    <enum name='new'>\n      <value>a</value>\n    </enum>\n  </os>\n",
    "an attribute on an enum": "  <os supported='yes'>\n    <enum name='firmware' x='1'/>\n  </os>\n",
    "a number with a leading zero": "  <vcpu max='0255'/>\n",
    "a number that no machine holds": f"  <vcpu max='{'9' * 400}'/>\n",
    "a text with a leading zero": (
        "  <features>\n    <sev supported='yes'>\n      <cbitpos>047</cbitpos>\n    </sev>\n  </features>\n"
    ),
    "a yes or no that is neither": "  <iothreads supported='maybe'/>\n",
    "an element twice": "  <domain>kvm</domain>\n  <domain>qemu</domain>\n",
    "a placeholder": "  <path>/a</path>\n  ...\n",
    "a text that reads like a field": "  &#112;ath\n",
    "a text that reads like an attribute": "  &#64;a=&apos;b&apos;\n",
    "a comment between children": "  <path>/a</path>\n  <!-- of a kind -->\n  <domain>kvm</domain>\n",
    "a CPU mode of another name": "  <cpu>\n    <mode name='new' supported='yes'/>\n  </cpu>\n",
    "models with something between": (
        "  <cpu>\n    <mode name='custom' supported='yes'>\n      <model usable='yes'>a</model>\n      <new/>\n"
        "      <model usable='no'>b</model>\n      <blockers model='b'>\n        <feature name='f'/>\n"
        "      </blockers>\n    </mode>\n  </cpu>\n"
    ),
    "blockers of another model": (
        "  <cpu>\n    <mode name='custom' supported='yes'>\n      <model usable='no'>a</model>\n"
        "      <blockers model='b'>\n        <feature name='f'/>\n      </blockers>\n    </mode>\n  </cpu>\n"
    ),
    "an element inside a model's name": (
        "  <cpu>\n    <mode name='custom' supported='yes'>\n      <model usable='no'>a<b/>c</model>\n"
        "    </mode>\n  </cpu>\n"
    ),
    "characters that XML escapes": (
        "  <path>/a&amp;b&lt;c&gt;&apos;&quot;</path>\n  <vcpu max='1' a='&amp;&apos;&#10;'/>\n"
    ),
    "another script": "  <path>/héllo/世界</path>\n",
    "a namespace": "  <x:new xmlns:x='urn:x' x:a='1'/>\n",
}


@pytest.mark.parametrize("inside", KEPT.values(), ids=KEPT.keys())
def test_nothing_is_lost(inside: str) -> None:
    text = small(inside)
    caps = read(text)
    assert to_xml(caps) == text
    assert strictly(read(to_xml(caps))) == strictly(caps)


def test_what_is_kept_as_spelled_is_typed_too_where_it_can_be() -> None:
    caps = read(small("  <os supported='yes'>\n    <enum name='firmware' x='1'><value>efi</value></enum>\n  </os>\n"))
    assert caps.supports("os/firmware", "efi") is True
    assert caps.os is not None
    assert caps.os.kept == ("<enum name='firmware' x='1'><value>efi</value></enum>",)


def later(text: str) -> Iterator[str]:
    """The sample as a later libvirt may write it: with one thing more, of each kind, at each place."""
    lines = text.splitlines(keepends=True)
    for place in range(1, len(lines)):
        before, after = "".join(lines[:place]), "".join(lines[place:])
        closes = lines[place].lstrip().startswith("</")
        indent = len(lines[place]) - len(lines[place].lstrip()) + (2 if closes else 0)
        new = (
            "<new/>\n",
            "<new a='1'>b</new>\n",
            "<enum name='new'/>\n",
            "<value>new</value>\n",
            "<mode name='new'/>\n",
        )
        yield from (f"{before}{' ' * indent}{element}{after}" for element in new)
        block = f"<new>\n{' ' * indent}  <value>a</value>\n{' ' * indent}</new>\n"
        yield f"{before}{' ' * indent}{block}{after}"
    # The name of a CPU mode stands first, and what came before it would be written after it.
    for found in re.finditer(r"(?<=<)(?!mode)\w+(?=[ />])|(?<=') ?(?=/?>| )", text):
        yield f"{text[: found.end()]} new='1'{text[found.end() :]}"


def test_whatever_a_later_libvirt_adds_anywhere_is_written_back_to_its_bytes() -> None:
    wrong = [text for text in later(SAMPLE) if to_xml(read(text)) != text or read(read(text).to_json()) != read(text)]
    assert not wrong, "\n".join(
        [f"{len(wrong)}", *difflib.unified_diff(wrong[0].splitlines(), SAMPLE.splitlines(), n=1)]
    )


LIKE_THE_SAMPLE = {
    "an XML declaration": '<?xml version="1.0" encoding="UTF-8"?>\n' + SAMPLE,
    "a byte order mark": "\ufeff" + SAMPLE,
    "double quotes": SAMPLE.replace("'", '"'),
    "no white space between elements": re.sub(r">\s+<", "><", SAMPLE),
    "tabs": SAMPLE.replace("  ", "\t"),
    "line breaks of DOS": SAMPLE.replace("\n", "\r\n"),
    "white space around texts": re.sub(r">([^<>\s][^<>]*)<", r">\n   \1  \n<", SAMPLE),
    "comments everywhere": SAMPLE.replace("<value>", "<!-- a --><value><!-- b -->").replace(
        "<path>", "<!-- c --><path>"
    ),
    "no line break at the end": SAMPLE.strip(),
    "a comment before and after": f"<!-- <domainCapabilities> -->\n{SAMPLE}<!-- </domainCapabilities> -->",
    "the old spelling of iothreads": SAMPLE.replace("<iothreads", "<iothread"),
    "the specification's spelling of reducedPhysBits": SAMPLE.replace("reducedPhysBits", "reduced-phys-bits"),
    "virsh's output with its prompt": f"Welcome to virsh!\n\nvirsh # domcapabilities\n{SAMPLE}\n\nvirsh # quit\n",
    "another document around it": f"<nodes>\n{SAMPLE}</nodes>",
    "CDATA": SAMPLE.replace("<domain>kvm<", "<domain><![CDATA[kvm]]><"),
    "character references": SAMPLE.replace("<domain>kvm<", "<domain>&#107;v&#x6d;<"),
}


@pytest.mark.parametrize("text", LIKE_THE_SAMPLE.values(), ids=LIKE_THE_SAMPLE.keys())
def test_the_layout_says_nothing(text: str) -> None:
    assert read(text) == read(SAMPLE)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_an_encoding_is_known_by_its_first_bytes(encoding: str) -> None:
    assert read(SAMPLE.encode(encoding)) == read(SAMPLE)


def test_an_encoding_is_known_by_the_declaration() -> None:
    text = '<?xml version="1.0" encoding="iso-8859-1"?>\n' + small("  <path>/h\xe9</path>\n")
    assert read(text.encode("latin-1")).path == "/h\xe9"


def test_other_order_is_the_same_to_equality_and_an_unknown_part_is_not() -> None:
    caps = read(small("<path>/a</path><domain>kvm</domain>"))
    assert caps == read(small("<domain>kvm</domain><path>/a</path>"))
    assert hash(caps) == hash(read(small("<domain>kvm</domain><!-- c --><path>/a</path>")))
    assert caps != read(small("<path>/a</path><domain>kvm</domain><new/>"))
    assert caps != read(small("<path>/a</path>"))
    assert caps != "caps"


def test_several_documents_of_one_stream_are_read() -> None:
    stream = SAMPLE + SAMPLE.replace("kvm", "qemu").replace("'", '"') + '<?xml version="1.0"?>' + SAMPLE
    assert [caps.domain for caps in read_documents(stream.encode())] == ["kvm", "qemu", "kvm"]


def test_of_several_documents_read_gives_the_first_and_says_so() -> None:
    said: list[str] = []
    assert read((SAMPLE + SAMPLE.replace("kvm", "qemu")).encode(), notes=said.append).domain == "kvm"
    assert said == ["the input: the first of 2 documents is read"]


def test_what_is_skipped_is_said_with_its_lines() -> None:
    said: list[str] = []
    read_documents(f"Welcome\n\nvirsh # domcapabilities\n{SAMPLE}\nvirsh # \n".encode(), "log", notes=said.append)
    last = SAMPLE.count("\n") + 5
    assert said == [
        "log, lines 1 to 3: skipped what is no document: Welcome",
        f"log, line {last}: skipped what is no document: virsh #",
    ]


def test_a_path_a_file_and_standard_input_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "caps.xml"
    file.write_text(SAMPLE)
    expected = read(SAMPLE)
    assert read(file) == read(os.fspath(file)) == read(file.read_bytes()) == expected
    with file.open("rb") as binary, file.open() as text:
        assert read(binary) == read(text) == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SAMPLE.encode())))
    assert read("-") == expected


REFUSED = {
    "nothing": ("", "this is empty"),
    "white space": (" \n\t", "this is empty"),
    "plain text": ("hello", "line 1: this is not XML"),
    "a web page": ("<!DOCTYPE html>\n<html><p>hello</html>", "line 2: this is <html>, a web page"),
    "a guest's definition": ("\n<domain type='kvm'>\n</domain>", "line 2: this is <domain>, a guest's definition"),
    "a document cut short": ("<domainCapabilities>\n  <path>/usr", "line 2: the text ends inside"),
    "an element that is not closed": (small("<a>\n"), "line 3: not well-formed XML: <a> of line 2 is not closed"),
    "a second document inside": (
        "<domainCapabilities>\n" + SAMPLE,
        "line 2: <domainCapabilities> of line 1 is not closed",
    ),
    "an attribute twice": (small("<vcpu max='1' max='2'/>"), "line 2: not well-formed XML: duplicate attribute"),
    "an entity of its own": (small("<path>&a;</path>"), "line 2: not well-formed XML: an entity"),
    "entities that are declared": (
        f'<!DOCTYPE d [\n<!ENTITY a "b">\n]>\n{small("<path>&a;</path>")}',
        "line 2: a document type declaration is not read",
    ),
    "an external entity": (
        f'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>{small("<path>&a;</path>")}',
        "line 1: a document type declaration is not read",
    ),
    "a declaration inside": (small('<!DOCTYPE a [<!ENTITY b "c">]>'), "line 2: not well-formed XML"),
    "a NUL": (small("<path>\0</path>"), "line 2: a NUL stands here"),
    "a control character": (small("<path>\x1b[0m</path>"), "line 2: not well-formed XML"),
    "an encoding that is none": ('<?xml version="1.0" encoding="x-none"?>' + SAMPLE, "line 1: the encoding 'x-none'"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_document_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_documents(text.encode())
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_what_is_packed_is_refused_as_such() -> None:
    with pytest.raises(InputError, match="packed by gzip"):
        read(gzip.compress(SAMPLE.encode()))


def test_bytes_of_another_encoding_are_refused_with_their_line() -> None:
    with pytest.raises(InputError, match="line 2: the bytes here are not UTF-8"):
        read(small("<path>/h\xe9</path>").encode("latin-1"))
    with pytest.raises(InputError, match="half of a pair"):
        read(small("<path>\ud800</path>"))
