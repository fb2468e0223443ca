"""A RELAX NG schema for the document, made from the declarations.

It accepts what libvirt of any release up to the schema's newest writes, as libvirt's own `domaincaps.rng` does for its
release. Rules kept here:

- children stand in the document's order, or in any where libvirt's schema says so;
- what is declared to be stated always is required, in groups of one release: what came later may be absent with all
  that came with it; what stands in an element that says no is absent altogether, or complete;
- an enum may have any name and any values, as in libvirt's schema: a newer release may list more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from domcaps.release import Release
from domcaps.schema.declare import Block, Codec, Declaration, Kind
from domcaps.schema.document import ROOT, DomainCapabilities

_NAMESPACE = "http://relaxng.org/ns/structure/1.0"
_TYPES = "http://www.w3.org/2001/XMLSchema-datatypes"
_ANNOTATIONS = "http://relaxng.org/ns/compatibility/annotations/1.0"
_DATA = {
    Codec.STRING: "<text/>",
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
    yield from _indented(_element(ROOT, DomainCapabilities, None))
    yield "</start>"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    yield from (f"  {line}" for line in lines)


def _wrapped(name: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"<{name}>"
    yield from _indented(lines)
    yield f"</{name}>"


def _element(name: str, block: type[Block], selector: tuple[str, str] | None) -> Iterator[str]:
    yield f'<element name="{name}">'
    yield f"  <a:documentation>{_spelled((block.__doc__ or '').strip())}</a:documentation>"
    if selector is not None:
        yield f'  <attribute name="{selector[0]}"><value>{selector[1]}</value></attribute>'
    for declaration in block.declarations.values():
        if declaration.kind is Kind.ATTRIBUTE:
            line = f'<attribute name="{declaration.name}">{_data(declaration)}</attribute>'
            yield f"  {line}" if declaration.always else f"  <optional>{line}</optional>"
        elif declaration.kind is Kind.CONTENT:
            yield f"  {_data(declaration)}"
    yield from _indented(_in_any_order(block) if block.any_order else _in_order(block))
    yield "</element>"


def _data(declaration: Declaration) -> str:
    """What a text can be."""
    if declaration.choices:
        return f"<choice>{''.join(f'<value>{word}</value>' for word in declaration.choices)}</choice>"
    name = "string"
    if declaration.codec is Codec.NUMBER:
        name = "unsignedInt" if declaration.bits == 32 else "unsignedLong"
    elif not declaration.pattern:
        return _DATA[declaration.codec]
    pattern = f'<param name="pattern">{_spelled(declaration.pattern)}</param>' if declaration.pattern else ""
    return f'<data type="{name}">{pattern}</data>'


def _children(block: type[Block]) -> list[Declaration]:
    inline = {Kind.ATTRIBUTE, Kind.CONTENT, Kind.NAMES}
    return [declaration for declaration in block.declarations.values() if declaration.kind not in inline]


def _in_any_order(block: type[Block]) -> Iterator[str]:
    children = _children(block)
    others = [declaration for declaration in children if declaration.kind is not Kind.ENUM]
    if len(others) == len(children):
        lines = (line for declaration in others for line in _optional([declaration], needed=declaration.always))
        yield from _wrapped("interleave", lines)
        return
    # Enums may stand before, between and after the others; <interleave> is shorter, and libxml2 fails at it.
    yield '<ref name="enum"/>'
    for declaration in others:
        yield from _optional([declaration], needed=declaration.always)
        yield '<ref name="enum"/>'


def _in_order(block: type[Block]) -> Iterator[str]:
    """The children one after another; all of them together optional where the element can say no."""
    children = _children(block)
    first = min((declaration.since for declaration in children if declaration.always), default=None)
    enums = [declaration for declaration in children if declaration.kind is Kind.ENUM]
    if enums and children[0] in enums:
        yield '<ref name="enum"/>'
    lines = _following(children, first)
    if first is not None and any(declaration.verdict for declaration in block.declarations.values()):
        yield from _wrapped("optional", _wrapped("group", lines))
    else:
        yield from lines


def _following(children: list[Declaration], first: Release | None) -> Iterator[str]:
    """Children in groups: what is always stated together, enums, and each of the others."""

    def together(place: int) -> object:
        declaration = children[place]
        return "enum" if declaration.kind is Kind.ENUM else declaration.since if declaration.always else place

    for key, places in groupby(range(len(children)), together):
        group = [children[place] for place in places]
        if key != "enum":
            yield from _optional(group, needed=key == first)
        elif group[0] is not children[0]:
            yield '<ref name="enum"/>'


def _optional(group: list[Declaration], *, needed: bool) -> Iterator[str]:
    """Children that come together or, unless they are needed, not at all."""
    lines = (line for declaration in group for line in _child(declaration))
    several = {Kind.ITEMS, Kind.VALUES}
    yield from lines if needed or group[0].kind in several else _wrapped("optional", lines)


def _child(declaration: Declaration) -> Iterator[str]:
    name = declaration.name
    if declaration.kind is Kind.ITEMS and declaration.block is not None:
        yield from _wrapped("zeroOrMore", _item(name, declaration.block))
    elif declaration.kind is Kind.CHILD and declaration.block is not None:
        yield from _element(name, declaration.block, declaration.selector)
    else:
        element = f'<element name="{name}">{_data(declaration)}</element>'
        yield f"<zeroOrMore>{element}</zeroOrMore>" if declaration.kind is Kind.VALUES else element


def _item(name: str, block: type[Block]) -> Iterator[str]:
    yield from _element(name, block, None)
    for after in block.declarations.values():
        if after.kind is Kind.NAMES and after.item is not None:
            element, attribute = after.item
            yield "<optional>"
            yield f'  <element name="{after.name}">'
            yield f'    <attribute name="{after.link}"/>'
            yield f'    <oneOrMore><element name="{element}"><attribute name="{attribute}"/></element></oneOrMore>'
            yield "  </element>"
            yield "</optional>"


def _spelled(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
