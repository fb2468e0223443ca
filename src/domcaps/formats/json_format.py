"""A document as JSON, and its JSON Schema.

Rules kept here:

- the keys are the names that the XML has (a CPU mode's key is the mode's name); what is absent has no key;
- what was read from XML and kept beyond the schema stands under `kept`, item by item as `Block.kept` describes;
- reading checks types, bounds, and that what is kept can be written as XML again.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

import msgspec

from domcaps.errors import InputError
from domcaps.formats.xml_stream import Notes
from domcaps.schema.declare import Block, Codec, Declaration, Kind
from domcaps.schema.document import ROOT, DomainCapabilities

LARGEST = 2 * 1024 * 1024
"""Bytes in one input."""
MOST_OBJECTS = 200_000
"""JSON objects in one input."""
SCHEMA_ID = "urn:domcaps:schema:domain-capabilities:1"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LARGEST_NUMBER = 10**18
_PLACE = re.compile(r"(?s)(.*?) - at `(\$.*)`")


def to_json(document: DomainCapabilities, *, pretty: bool = False) -> str:
    """Write a document as JSON on one line, or indented by two spaces with `pretty`."""
    data = msgspec.json.encode(document)
    return (msgspec.json.format(data, indent=2) if pretty else data).decode()


def from_json(data: bytes | str, source: str = "", *, notes: Notes | None = None) -> DomainCapabilities:
    """Read a document from JSON.

    Args:
        data: one JSON object.
        source: the input's name, for errors and notes.
        notes: is called with a sentence for each key that the schema does not have; such keys are left out.

    Raises:
        InputError: this is not JSON, or not such a document; the place is as `$.devices.disk`.
    """
    documents = from_json_documents(data.encode() if isinstance(data, str) else data, source, notes=notes)
    if len(documents) != 1:
        raise InputError(f"this holds {len(documents)} documents, where one is expected", source=source, place="$")
    return documents[0]


def from_json_documents(data: bytes, source: str = "", *, notes: Notes | None = None) -> list[DomainCapabilities]:
    """Read one document, an array of at least one, or several on a line each, as `domcaps show` prints them.

    Raises:
        InputError: as `from_json`.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if len(data) > LARGEST or data.count(b"{") > MOST_OBJECTS:
        raise InputError("this is larger than any document in JSON", source=source)
    several = data.lstrip().startswith(b"[")
    try:
        data.decode()  # what is skipped is held to it, too
        if not several:
            data, several = _in_an_array(data)
        if several:
            documents = msgspec.json.decode(data, type=list[DomainCapabilities])
        else:
            documents = [msgspec.json.decode(data, type=DomainCapabilities)]
    except msgspec.MsgspecError as fault:
        _fail(str(fault), data, source)
    except UnicodeDecodeError:
        raise InputError("this JSON is not UTF-8", source=source) from None
    except RecursionError:
        raise InputError("this JSON is nested too deeply", source=source) from None
    if not documents:
        raise InputError("this holds no document", source=source, place="$")
    _hold_to_keys(documents, data, source)
    for place, document in enumerate(documents):
        _check(document, f"$[{place}]" if several else "$", source, None)
    _look_at_keys(data, source, notes)
    return documents


def _in_an_array(data: bytes) -> tuple[bytes, bool]:
    """Objects on a line each as one array, with no line more or less; whether there are several."""
    lines = data.rstrip().split(b"\n")
    if not all(line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}") for line in lines) or len(lines) < 2:
        return data, False
    return b"[" + b",\n".join(lines) + b"]", True


def _fail(said: str, data: bytes, source: str) -> NoReturn:
    placed = _PLACE.fullmatch(said)
    if placed:
        raise InputError(_sentence(placed[1]), source=source, place=placed[2])
    byte = re.search(r"\(byte (\d+)\)", said)
    place = f"line {data.count(10, 0, int(byte[1])) + 1}" if byte else ""
    raise InputError(_sentence(said), source=source, place=place)


def _sentence(said: str) -> str:
    return said[:1].lower() + said[1:] if said.startswith("Expected") else said


def _check(block: Block, place: str, source: str, selector: tuple[str, str] | None) -> None:
    """Hold what JSON's types leave open to the rules of the document."""
    if block.kept:
        from domcaps.formats.raw_xml import check_kept  # noqa: PLC0415 - start-up: few documents hold anything kept

        try:
            stated = [d for d in block.declarations.values() if getattr(block, d.field) is not None]
            attributes = [declaration.name for declaration in stated if declaration.kind is Kind.ATTRIBUTE]
            check_kept(block.kept, attributes if selector is None else [*attributes, selector[0]])
        except InputError as fault:
            raise InputError(f"this cannot be kept: {fault}", source=source, place=f"{place}.kept") from None
    for field, declaration in block.declarations.items():
        value = getattr(block, field)
        if declaration.codec is Codec.NUMBER and value is not None and not 0 <= value < _LARGEST_NUMBER:
            raise InputError(
                "expected a number from 0 to 10^18", source=source, place=f"{place}.{declaration.spelling}"
            )
        if isinstance(value, Block):
            _check(value, f"{place}.{declaration.spelling}", source, declaration.selector)
        elif declaration.block is not None and isinstance(value, tuple):
            for index, item in enumerate(value):
                _check(item, f"{place}.{declaration.spelling}[{index}]", source, None)


def _hold_to_keys(documents: list[DomainCapabilities], data: bytes, source: str) -> None:
    """Refuse an object that has keys, and none of a document's: it is something else."""
    if not any(document == DomainCapabilities() for document in documents):
        return
    found = msgspec.json.decode(data)
    known = {declaration.spelling for declaration in DomainCapabilities.declarations.values()} | {"kept"}
    for keys in found if isinstance(found, list) else [found]:
        if isinstance(keys, dict) and keys and known.isdisjoint(keys):
            first = ", ".join(list(keys)[:3])
            raise InputError(f"this is JSON, and no document: it has {first[:60]} instead", source=source, place="$")


def _look_at_keys(data: bytes, source: str, notes: Notes | None) -> None:
    """Say which keys the schema does not have."""
    if notes is None:
        return
    found = msgspec.json.decode(data)
    for document in found if isinstance(found, list) else [found]:
        for place in _strangers(document, DomainCapabilities, "$"):
            notes(f"{source or 'the input'}, {place}: left out what the schema does not have")


def _strangers(found: object, block: type[Block], place: str) -> list[str]:
    known: dict[str, Declaration] = {d.spelling: d for d in block.declarations.values()}
    strangers = []
    for key, value in found.items() if isinstance(found, dict) else ():
        if key in known:
            below = known[key].block
            for item in value if isinstance(value, list) else [value]:
                strangers += [] if below is None else _strangers(item, below, f"{place}.{key}")
        elif key != "kept":
            strangers.append(f"{place}.{key}")
    return strangers


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document, made from the declarations.

    Values of enums are `examples` and not the only ones allowed: a newer libvirt may list more.
    """
    schema = msgspec.json.schema(DomainCapabilities)
    blocks = _blocks(DomainCapabilities, {})
    for name, entry in schema["$defs"].items():
        block = blocks[name]
        entry["description"] = (block.__doc__ or "").strip()
        by_key = {d.spelling: d for d in block.declarations.values()}
        for key, field in entry["properties"].items():
            if key == "kept":
                field["description"] = "what the XML held beyond this schema, in order"
            else:
                _describe(field, by_key[key])
    return {"$schema": _DIALECT, "$id": SCHEMA_ID, "title": ROOT, **schema}


def _blocks(block: type[Block], found: dict[str, type[Block]]) -> dict[str, type[Block]]:
    found[block.__name__] = block
    for declaration in block.declarations.values():
        if declaration.block is not None:
            _blocks(declaration.block, found)
    return found


def _describe(field: dict[str, Any], declaration: Declaration) -> None:
    parts = [declaration.meaning] if declaration.meaning else []
    if declaration.place:
        parts.append(f"for {declaration.place} of the domain XML")
    life = f"libvirt {declaration.since} and later"
    if declaration.until is not None:
        life = f"libvirt {declaration.since} until before {declaration.until}"
    field["description"] = "; ".join([*parts, life])
    if declaration.words is not None:
        field["examples"] = [[str(word) for word in declaration.words]]
    elif declaration.choices:
        field["examples"] = list(declaration.choices)
    if declaration.codec is Codec.NUMBER:
        for choice in field.get("anyOf", ()):
            if choice.get("type") == "integer":
                choice["minimum"] = 0
