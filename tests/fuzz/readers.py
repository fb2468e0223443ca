"""The readers that take other people's bytes, each with a small corpus to mutate and the rule that its answer keeps.

A reader answers or raises `DomcapsError`; anything else that it raises is a fault of ours. Inputs are made by a seeded
generator, so that a number names an input for ever: see `mutated`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import msgspec

from domcaps.errors import DomcapsError
from domcaps.firmware.descriptor import read_descriptor
from domcaps.formats.json_format import from_json_documents, to_json
from domcaps.formats.read import read_documents
from domcaps.formats.xml_layout import match
from domcaps.formats.xml_writer import to_xml
from domcaps.host.facts import HostFacts
from domcaps.release import NEWEST
from domcaps.schema.document import DomainCapabilities
from domcaps.snapshot import Snapshot, read_replies, read_snapshot
from tests.formats.sample import SAMPLE
from tests.fuzz import monitor

Reader = Callable[[bytes], object]


def _settled(documents: list[DomainCapabilities]) -> None:
    """What was read is written, and what was written is read, and written the same."""
    for caps in documents:
        text = to_xml(caps)
        again = read_documents(text.encode())
        if [to_xml(one) for one in again] != [text]:
            raise AssertionError("a document that was written is not written the same again")
        fast = match(text)
        if fast is not None and msgspec.json.encode(fast[0]) != msgspec.json.encode(again[0]):
            raise AssertionError("the fast way reads something else")


def _xml(data: bytes) -> None:
    documents = read_documents(data, notes=lambda _: None)
    for caps in documents:
        again = read_documents(to_xml(caps).encode())
        if again != [caps]:
            raise AssertionError("a document is not the same after it was written and read")
        if from_json_documents(to_json(caps).encode()) != [caps]:
            raise AssertionError("a document is not the same after it was JSON")
    _settled(documents)


def _json(data: bytes) -> None:
    _settled(from_json_documents(data, notes=lambda _: None))


_HOST = Snapshot(host=msgspec.convert({"arch": "x86_64"}, HostFacts))


def _replies(data: bytes) -> Snapshot:
    return read_replies(data, _HOST)


def _descriptor(data: bytes) -> object:
    return read_descriptor("/usr/share/qemu/firmware/60-a.json", data.decode(errors="replace"), NEWEST)


_SMALL_XML = re.sub(r"(?s)<devices>.*</features>", "<devices/>", SAMPLE).encode()
_ODD_XML = (
    b"<?xml version='1.0' encoding='utf-8'?>\n<!-- a --><domainCapabilities a='1'>\n  text &amp; more<new b='&#10;'>"
    b"<c/> d <!-- e --></new>\n <os supported=\"yes\">\n </os><vcpu max='007'/><domain>kvm</domain><path x='y'>p</path>"
    b"<cpu><mode name='custom'><model>a<b/>c</model><x/><model>d</model><blockers model='d'/></mode></cpu>"
    b"<![CDATA[<]]></domainCapabilities><domainCapabilities/>"
)
_SNAPSHOT = (
    b'{"format": "domcaps-snapshot", "version": 1, "host": {"arch": "x86_64", "cpu": {"model": null, "vendor": "AMD"},'
    b' "kvm": {"usable": true, "max_vcpus": 4096, "msrs": {"0x10a": "0x4"}}, "swtpm": ["2.0"]}, "firmware":'
    b' {"descriptors": {"/a.json": "{}"}, "images": ["/b"]}, "emulators": {"/q": {"arch": "x86_64", "accelerators":'
    b' {"tcg": [{"execute": "query-version", "return": {"qemu": {"major": 9}}}, {"execute": "x", "error": {"class":'
    b' "GenericError", "desc": "no"}}]}}}}'
)
_REPLIES = (
    b'{\n  "execute": "qmp_capabilities",\n  "id": "libvirt-1"\n}\n\n{\n  "return": {},\n  "id": "libvirt-1"\n}\n\n'
    b'{\n  "execute": "query-target",\n  "id": "libvirt-2"\n}\n\n{\n  "return": {\n    "arch": "x86_64"\n  }\n}\n\n'
    b'{"execute":"query-kvm"}\n\n{"return": {"enabled": true, "present": true}}\n'
)
_DESCRIPTOR = (
    b'{"description": "UEFI", "interface-types": ["uefi"], "mapping": {"device": "flash", "mode": "split",'
    b' "executable": {"filename": "/c.fd", "format": "raw"}, "nvram-template": {"filename": "/v.fd", "format": "raw"}},'
    b' "targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}], "features": ["secure-boot"], "tags": []}'
)

READERS: dict[str, tuple[Reader, tuple[bytes, ...]]] = {
    "documents in XML": (_xml, (SAMPLE.encode(), _SMALL_XML, _ODD_XML)),
    "documents in JSON": (
        _json,
        tuple(to_json(read_documents(text)[0]).encode() for text in (SAMPLE.encode(), _SMALL_XML, _ODD_XML)),
    ),
    "snapshots": (read_snapshot, (_SNAPSHOT,)),
    "snapshots, and documents of them": (monitor.read_host, (monitor.host(),)),
    "QMP streams, and documents of them": (monitor.read_stream, (monitor.stream(),)),
    "recordings of libvirt's tests": (_replies, (_REPLIES,)),
    "firmware descriptors": (_descriptor, (_DESCRIPTOR,)),
}

_TOKEN = re.compile(rb"<[^>]{0,80}>|&[^;\s]{1,8};|\"[^\"]{0,40}\"|'[^']{0,40}'|[\w.-]+|\s+|[^\w\s]")
_ODDITIES = (
    b"<", b">", b"/>", b"</", b"&", b"&amp;", b"&#0;", b"&#x41;", b"&lol;", b"<!--", b"-->", b"<![CDATA[", b"]]>",
    b"<!DOCTYPE a [", b"<?x y?>", b"<domainCapabilities>", b"</domainCapabilities>", b"'", b'"', b"@", b"\0", b"\xff",
    b"\xed\xa0\x80", b"\xef\xbf\xbf", b"\xc2\x85", b"\r", b"\t", b"\x1b", b"{", b"}", b"[", b"]", b"null", b"true",
    b"-1", b"1e9", b"99999999999999999999", b"0x", b"007", b"xmlns='a'", b"x:y", b'"kept":["<a/>"],', b"\\ud800",
    b"\\u0000", b"\xf0\x9f\x98\x80", b" ", b"\n",
)  # fmt: skip


def mutated(corpus: tuple[bytes, ...], number: int) -> bytes:
    """The input of a number: one of the corpus with a few of its tokens dropped, doubled, moved, or replaced."""
    chance = random.Random(number)  # noqa: S311 - repeatable, not secret
    data = chance.choice(corpus)
    if chance.random() < 0.1:
        data = _bitten(data, chance)
    tokens = _TOKEN.findall(data)
    others = list(tokens) or [b""]
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        place = chance.randrange(len(tokens) + 1)
        end = place + chance.choice((0, 1, 1, 2, 5, 40))
        how = chance.random()
        if how < 0.2:
            del tokens[place:end]
        elif how < 0.4:
            tokens[place:place] = tokens[place:end]
        elif how < 0.6:
            tokens[place:end] = [chance.choice(others)]
        elif how < 0.9:
            tokens[place:end] = [chance.choice(_ODDITIES)]
        else:
            start = chance.randrange(len(tokens) + 1)
            tokens[place:place] = tokens[start : start + chance.choice((1, 5, 40))]
    return b"".join(tokens)


def _bitten(data: bytes, chance: random.Random) -> bytes:
    """Bytes with some changed or the end cut off."""
    if chance.random() < 0.5:
        return data[: chance.randrange(len(data) + 1)]
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def try_one(reader: Reader, data: bytes) -> bool:
    """Read an input; whether it was taken.

    Raises:
        Exception: the reader did what no reader may do.
    """
    try:
        reader(data)
    except DomcapsError:
        return False
    return True
