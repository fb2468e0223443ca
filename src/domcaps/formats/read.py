"""Reading a document from wherever it is: the public face of the readers.

Rules kept here:

- XML and JSON are told apart by their first character;
- an XML document in libvirt's own layout takes the fast way once enough has been read to pay for its patterns; both
  ways give the same record;
- an error names the input and the line (XML) or the path (JSON).
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO, TextIO

from domcaps.errors import InputError
from domcaps.formats.xml_stream import LARGEST, Fragment, Notes, Stream, decode
from domcaps.formats.xml_tree import Element, parse
from domcaps.schema.document import DomainCapabilities

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | TextIO

WORTH_PATTERNS = 300_000
"""Characters after which making the patterns of the fast way (20 ms) is cheaper than going on without them."""
_LONGEST_LINE = 4096
_MOST_MARKS = 250_000
"""Tags and attributes, counted by `<` and `=`, of all documents of an input that are not in libvirt's own layout."""
_MOST_LINES = 350_000
"""Lines of all documents of an input that are in libvirt's own layout, where a record takes a line or more."""
_SMALL = 1024 * 1024
"""Characters of an input whose documents cannot be too many."""
TOO_MANY = "the documents up to here hold too many elements to be read at once: read fewer at a time"
_read_slowly = 0


def read(source: Source, *, notes: Notes | None = None) -> DomainCapabilities:
    """Read a document.

    Args:
        source: a path, `-` for standard input, bytes, or an open file. A string with a line break, or that
            begins with `<` or `{`, is the document itself.
        notes: is called with a sentence for each thing that was skipped or mended.

    Returns:
        The document; the first, where there are several (`read_documents` gives all).

    Raises:
        InputError: there is no document, or it cannot be read.
        OSError: the file cannot be opened.
    """
    data, name = load(source)
    documents = read_documents(data, name, notes=notes)
    if len(documents) > 1 and notes is not None:
        notes(f"{name or 'the input'}: the first of {len(documents)} documents is read")
    return documents[0]


def read_documents(data: bytes, source: str = "", *, notes: Notes | None = None) -> list[DomainCapabilities]:
    """Read all documents of a stream, at least one.

    Args:
        data: XML documents with or without other text around them, or one JSON document or an array of them.
        source: the input's name, for errors and notes.
        notes: as for `read`.

    Raises:
        InputError: there is no document, or one of them cannot be read.
    """
    if data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        from domcaps.formats.json_format import from_json_documents  # noqa: PLC0415 - start-up: XML is the rule

        return from_json_documents(data, source, notes=notes)
    stream = Stream(decode(data, source), source, notes)
    documents: list[DomainCapabilities] = []
    lines = 0

    def read_fast(position: int) -> int | None:
        nonlocal lines
        if _read_slowly < WORTH_PATTERNS:
            return None
        from domcaps.formats.xml_layout import match  # noqa: PLC0415 - start-up: one document does not pay for it

        found = match(stream.text, position)
        if found is None:
            return None
        documents.append(found[0])
        if len(stream.text) > _SMALL:
            lines += stream.line(found[1]) - stream.line(position)
            if lines > _MOST_LINES:
                stream.fail(TOO_MANY, position)
        return found[1]

    for fragment in stream.fragments(read_fast):
        documents.append(_read_fragment(stream, fragment))  # noqa: PERF401 - read_fast appends in between
    return documents


def _read_fragment(stream: Stream, fragment: Fragment) -> DomainCapabilities:
    """Read a document in any layout."""
    from domcaps.formats.xml_reader import document  # noqa: PLC0415 - as for the fast way

    global _read_slowly  # noqa: PLW0603 - counts what the patterns would have saved; no answer depends on it
    _read_slowly += len(fragment.text)
    return document(tree_of(stream, fragment))


def tree_of(stream: Stream, fragment: Fragment, *, cost: int = 1) -> Element:
    """A document's XML with its lines and columns in the input; `cost`: how much longer than to read it is worked at.

    Raises:
        InputError: it is not well-formed, or beyond bounds.
    """
    stream.marks += cost * (fragment.text.count("<") + fragment.text.count("="))
    if stream.marks > _MOST_MARKS:
        stream.fail(TOO_MANY, fragment.start)
    column = fragment.start - (stream.text.rfind("\n", max(0, fragment.start - _LONGEST_LINE), fragment.start) + 1)
    try:
        return parse(fragment.text, source=stream.source, line=fragment.line, column=column)
    except InputError:
        mended = stream.mended(fragment)
        if mended is None:
            raise
        return parse(mended, source=stream.source, line=fragment.line, column=column)


def load(source: Source) -> tuple[bytes, str]:
    """The bytes of a source, or one more than is read, and its name.

    Raises:
        OSError: the file cannot be opened.
        InputError: a text is not Unicode.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), ""
    if isinstance(source, str) and ("\n" in source or source.lstrip(" \t\ufeff")[:1] in {"<", "{"}):
        return _encode(source), ""
    if isinstance(source, str | os.PathLike):
        if source == "-":
            return sys.stdin.buffer.read(LARGEST + 1), "-"
        with open(source, "rb") as file:  # noqa: PTH123 - start-up: pathlib is not needed
            return file.read(LARGEST + 1), os.fspath(source)
    data = source.read(LARGEST + 1)
    name = getattr(source, "name", "")
    return data if isinstance(data, bytes) else _encode(data), name if isinstance(name, str) else ""


def _encode(text: str) -> bytes:
    """The bytes of a text that was decoded already, whatever its XML declaration says."""
    try:
        return "\ufeff".encode() + text.removeprefix("\ufeff").encode()
    except UnicodeEncodeError as fault:
        place = f"line {text.count(chr(10), 0, fault.start) + 1}"
        raise InputError("a character here is half of a pair", place=place) from None
