"""A document as XML, byte for byte as libvirt writes it.

The bytes follow libvirt's printing: two spaces a level, a line break after every line, no XML declaration, attributes in
single quotes, an element without children closed in itself unless it has no attributes either, an enum that lists
nothing as `<enum name='…'/>`. What the reader kept is written back where it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from domcaps.release import NEWEST, Release
from domcaps.schema.declare import Block, Declaration, Kind, Words
from domcaps.schema.document import ROOT, DomainCapabilities

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;", '"': "&quot;"})


def to_xml(document: DomainCapabilities, libvirt: Release | None = None) -> str:
    """Write a document.

    Args:
        document: what to write.
        libvirt: leave out what that release does not print, and all that this schema does not know when that release
            is older than the schema; `None` leaves out nothing.

    Returns:
        The text that `virsh domcapabilities` prints, less the empty line that virsh adds.
    """
    lines: list[str] = []
    _write_block(lines, "", ROOT, document, libvirt)
    lines.append("")
    return "\n".join(lines)


def escape(value: str) -> str:
    """Text as it stands in XML, in an element or an attribute alike."""
    return value.translate(_ESCAPES) if _needs_escape(value) else value


def _needs_escape(value: str) -> bool:
    return "&" in value or "<" in value or ">" in value or "'" in value or '"' in value


@lru_cache(maxsize=1024)
def _printed(block: type[Block], libvirt: Release | None) -> tuple[tuple[Declaration, ...], tuple[Declaration, ...]]:
    """A block's declarations that a release prints: those on the element's own line, and the children."""
    known = [d for d in block.declarations.values() if libvirt is None or d.known_to(libvirt)]
    inline = tuple(d for d in known if d.kind in {Kind.ATTRIBUTE, Kind.CONTENT})
    return inline, tuple(d for d in known if d.kind not in {Kind.ATTRIBUTE, Kind.CONTENT, Kind.NAMES})


def _write_block(
    lines: list[str],
    indent: str,
    name: str,
    block: Block,
    libvirt: Release | None,
    selector: tuple[str, str] | None = None,
) -> None:
    start = f"{indent}<{name}" if selector is None else f"{indent}<{name} {selector[0]}='{escape(selector[1])}'"
    inline, children = _printed(type(block), libvirt)
    content = None
    for declaration in inline:
        value = getattr(block, declaration.field)
        if value is None:
            continue
        spelled = escape(declaration.codec.write(value))
        if declaration.kind is Kind.CONTENT:
            content = spelled
        else:
            start += f" {declaration.name}='{spelled}'"
    kept = block.kept if libvirt is None or libvirt >= NEWEST else ()
    for item in kept:
        if item.startswith("@"):
            start += f" {item[1:]}"
    if content is not None:
        lines.append(f"{start}>{content}</{name}>")
        return
    body: list[str] = []
    for declaration in _in_order(block, children, kept):
        if isinstance(declaration, str):
            body.append(f"{indent}  {declaration}")
        else:
            _WRITERS[declaration.kind](body, indent + "  ", declaration, getattr(block, declaration.field), libvirt)
    if body or "=" not in start:
        lines.append(f"{start}>")
        lines += body
        lines.append(f"{indent}</{name}>")
    else:
        lines.append(f"{start}/>")


def _in_order(
    block: Block, children: tuple[Declaration, ...], kept: tuple[str, ...]
) -> Iterator[Declaration | str] | tuple[Declaration, ...]:
    """The children and what was kept, in the order in which they were read."""
    if not kept:
        return children
    by_field = {declaration.field: declaration for declaration in children}
    order: list[Declaration | str] = []
    for item in kept:
        if item.startswith("@"):
            continue
        if item in type(block).declarations:
            if item in by_field:
                order.append(by_field.pop(item))
        else:
            order.append(item)
    return iter([*order, *by_field.values()])


def _write_text(lines: list[str], indent: str, declaration: Declaration, value: object, _: Release | None) -> None:
    if value is not None:
        spelled = escape(declaration.codec.write(value))
        lines.append(f"{indent}<{declaration.name}>{spelled}</{declaration.name}>")


def _write_child(
    lines: list[str], indent: str, declaration: Declaration, value: Block | None, libvirt: Release | None
) -> None:
    if value is not None:
        _write_block(lines, indent, declaration.name, value, libvirt, declaration.selector)


def _write_enum(lines: list[str], indent: str, declaration: Declaration, value: Words, libvirt: Release | None) -> None:
    if value is None:
        return
    listed = value if libvirt is None else [word for word in value if _word_known(declaration, word, libvirt)]
    if listed:
        lines.append(f"{indent}<enum name='{declaration.name}'>")
        lines += [f"{indent}  <value>{escape(word)}</value>" for word in listed]
        lines.append(f"{indent}</enum>")
    else:
        lines.append(f"{indent}<enum name='{declaration.name}'/>")


def _word_known(declaration: Declaration, word: str, libvirt: Release) -> bool:
    words = declaration.words
    if words is None or word not in words.__members__.values():
        return libvirt >= NEWEST
    return words(word).known_to(libvirt)


def _write_values(lines: list[str], indent: str, declaration: Declaration, value: Words, _: Release | None) -> None:
    lines += [f"{indent}<{declaration.name}>{escape(word)}</{declaration.name}>" for word in value or ()]


def _write_items(
    lines: list[str], indent: str, declaration: Declaration, value: tuple[Block, ...], libvirt: Release | None
) -> None:
    after = _following(value[0], libvirt) if value else None
    for item in value:
        _write_block(lines, indent, declaration.name, item, libvirt)
        if after is not None:
            _write_names(lines, indent, after, item)


def _following(block: Block, libvirt: Release | None) -> Declaration | None:
    for declaration in type(block).declarations.values():
        if declaration.kind is Kind.NAMES and (libvirt is None or declaration.known_to(libvirt)):
            return declaration
    return None


def _write_names(lines: list[str], indent: str, declaration: Declaration, item: Block) -> None:
    names: Words = getattr(item, declaration.field)
    if names is None or declaration.item is None:
        return
    element, attribute = declaration.item
    owner = next(getattr(item, d.field) for d in type(item).declarations.values() if d.kind is Kind.CONTENT)
    start = f"{indent}<{declaration.name} {declaration.link}='{escape(owner or '')}'"
    if not names:
        lines.append(f"{start}/>")
        return
    lines.append(f"{start}>")
    lines += [f"{indent}  <{element} {attribute}='{escape(name)}'/>" for name in names]
    lines.append(f"{indent}</{declaration.name}>")


_WRITERS: dict[Kind, Callable[..., None]] = {
    Kind.TEXT: _write_text,
    Kind.CHILD: _write_child,
    Kind.ENUM: _write_enum,
    Kind.VALUES: _write_values,
    Kind.ITEMS: _write_items,
}
