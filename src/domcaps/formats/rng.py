"""A RELAX NG schema for the document, made from the declarations.

It accepts what libvirt of any release up to the schema's newest writes, as libvirt's own `domaincaps.rng` does for its
release. Rules kept here:

- children stand in the document's order, each optional, since a driver states what it can tell;
- an enum may have any name and any values, as in libvirt's schema: a newer release may list more;
- an attribute is required where it decides of the element, is the only one, or is as old as one of several elements.
"""

from __future__ import annotations

from collections.abc import Iterator

from domcaps.schema.declare import Block, Codec, Declaration, Kind
from domcaps.schema.document import ROOT, DomainCapabilities

_NAMESPACE = "http://relaxng.org/ns/structure/1.0"
_TYPES = "http://www.w3.org/2001/XMLSchema-datatypes"
_ANNOTATIONS = "http://relaxng.org/ns/compatibility/annotations/1.0"
_DATA = {
    Codec.STRING: "<text/>",
    Codec.NUMBER: '<data type="unsignedLong"/>',
    Codec.YES_NO: "<choice><value>yes</value><value>no</value></choice>",
    Codec.ON_OFF: "<choice><value>on</value><value>off</value></choice>",
}
_ENUM = """\
  <define name="enum">
    <zeroOrMore>
      <element name="enum">
        <attribute name="name"/>
        <zeroOrMore>
          <element name="value"><text/></element>
        </zeroOrMore>
      </element>
    </zeroOrMore>
  </define>
"""


def relax_ng() -> str:
    """The schema in RELAX NG's XML syntax."""
    body = "".join(f"  {line}\n" for line in _start())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<grammar xmlns="{_NAMESPACE}" xmlns:a="{_ANNOTATIONS}"'
        f' datatypeLibrary="{_TYPES}">\n{body}{_ENUM}</grammar>\n'
    )


def _start() -> Iterator[str]:
    yield "<start>"
    yield from _indented(_element(ROOT, DomainCapabilities, None, several=False))
    yield "</start>"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    yield from (f"  {line}" for line in lines)


def _wrapped(name: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"<{name}>"
    yield from _indented(lines)
    yield f"</{name}>"


def _element(name: str, block: type[Block], selector: tuple[str, str] | None, *, several: bool) -> Iterator[str]:
    yield f'<element name="{name}">'
    yield f"  <a:documentation>{_spelled((block.__doc__ or '').strip())}</a:documentation>"
    if selector is not None:
        yield f'  <attribute name="{selector[0]}"><value>{selector[1]}</value></attribute>'
    fields = list(block.declarations.values())
    attributes = [d for d in fields if d.kind is Kind.ATTRIBUTE]
    oldest = min((d.since for d in attributes), default=None)
    for declaration in attributes:
        needed = declaration.verdict or len(attributes) == 1 or (several and declaration.since == oldest)
        line = f'<attribute name="{declaration.name}">{_DATA[declaration.codec]}</attribute>'
        yield f"  {line}" if needed else f"  <optional>{line}</optional>"
    for declaration in fields:
        if declaration.kind is Kind.CONTENT:
            yield f"  {_DATA[declaration.codec]}"
    yield from _indented(_children(fields))
    yield "</element>"


def _children(fields: list[Declaration]) -> Iterator[str]:
    inline = {Kind.ATTRIBUTE, Kind.CONTENT, Kind.NAMES}
    children = [d for d in fields if d.kind not in inline]
    ordered = [d for d in children if d.kind is not Kind.ENUM]
    if len(ordered) == len(children):
        for declaration in ordered:
            yield from _child(declaration)
        if not any(d.kind is not Kind.ATTRIBUTE for d in fields):
            yield "<empty/>"
        return
    # Enums may stand before, between and after the others; <interleave> is shorter, and libxml2 fails at it.
    yield '<ref name="enum"/>'
    for declaration in ordered:
        yield from _child(declaration)
        yield '<ref name="enum"/>'


def _child(declaration: Declaration) -> Iterator[str]:
    name = declaration.name
    if declaration.kind is Kind.ITEMS and declaration.block is not None:
        yield from _wrapped("zeroOrMore", _item(name, declaration.block))
    elif declaration.kind is Kind.CHILD and declaration.block is not None:
        element = _element(name, declaration.block, declaration.selector, several=False)
        yield from _wrapped("optional", element)
    else:
        outer = "zeroOrMore" if declaration.kind is Kind.VALUES else "optional"
        yield f'<{outer}><element name="{name}">{_DATA[declaration.codec]}</element></{outer}>'


def _item(name: str, block: type[Block]) -> Iterator[str]:
    yield from _element(name, block, None, several=True)
    for after in block.declarations.values():
        if after.kind is Kind.NAMES and after.item is not None:
            element, attribute = after.item
            yield "<optional>"
            yield f'  <element name="{after.name}">'
            yield f'    <attribute name="{after.link}"/>'
            yield f'    <zeroOrMore><element name="{element}"><attribute name="{attribute}"/></element></zeroOrMore>'
            yield "  </element>"
            yield "</optional>"


def _spelled(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
