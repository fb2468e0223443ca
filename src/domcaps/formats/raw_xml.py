"""XML that no declaration describes, kept as text: one spelling for the same content, laid out again as libvirt does.

Rules kept here:

- attributes in single quotes and in their order, text escaped as libvirt escapes it, white space between elements left
  out; where text stands beside elements, all white space stays;
- an element that was opened and closed around nothing but a line break still is, any other empty one is `<a/>`;
- laying out what was kept from libvirt's own document gives its lines again.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from domcaps.errors import InputError
from domcaps.formats.xml_tree import Element, Remark, parse

SPACE = " \t\r\n"
"""White space as XML has it."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;", '"': "&quot;", "\r": "&#13;"})
_IN_ATTRIBUTES = _ESCAPES | str.maketrans({"\n": "&#10;", "\t": "&#9;"})
_SPECIAL = re.compile("[&<>'\"\\x00-\\x1f\ud800-\udfff\ufffe\uffff]")
_UNWRITABLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\ud800-\udfff\ufffe\uffff]")
_OPENED = "\n"
_REMARKS = ("<!--", "<?")
_ATTRIBUTE = re.compile(r"@([^\s<>&'\"/=@]+)='([^<']*)'")


def escape(value: str) -> str:
    """Text as libvirt spells it in XML; characters that XML cannot hold are left out, as libvirt does."""
    return _UNWRITABLE.sub("", value).translate(_ESCAPES) if _SPECIAL.search(value) else value


def escape_attribute(value: str) -> str:
    """As `escape`, with the white space spelled out that would otherwise be read as a blank."""
    return _UNWRITABLE.sub("", value).translate(_IN_ATTRIBUTES) if _SPECIAL.search(value) else value


def keep_attribute(name: str, value: str) -> str:
    """An attribute as an item of `Block.kept`."""
    return f"@{name}='{escape_attribute(value)}'"


def keep_text(text: str, fields: Container[str]) -> str:
    """Text as an item of `Block.kept`: never mistaken for an attribute or for one of the block's fields."""
    escaped = escape(text.strip(SPACE))
    if escaped.startswith("@") or escaped in fields:
        return f"&#{ord(escaped[0])};{escaped[1:]}"
    return escaped


def keep_element(element: Element) -> str:
    """An element as an item of `Block.kept`."""
    parts: list[str] = []
    _keep(parts, element)
    return "".join(parts)


def _keep(parts: list[str], element: Element) -> None:
    children = element.children
    if not children:
        parts.append(f"{_start(element)}/>")
        return
    if not any(type(child) is str and child.strip(SPACE) for child in children):
        if len(children) == 1 and type(children[0]) is str:
            children = [_OPENED if "\n" in children[0] else children[0]]
        else:
            children = [child for child in children if type(child) is not str]
    parts.append(f"{_start(element)}>")
    for child in children:
        if isinstance(child, Element):
            _keep(parts, child)
        else:
            parts.append(str(child) if isinstance(child, Remark) else escape(child))
    parts.append(f"</{element.name}>")


def _start(element: Element) -> str:
    return f"<{element.name}" + "".join(f" {k}='{escape_attribute(v)}'" for k, v in element.attributes.items())


def lay_out(raw: str, indent: str) -> list[str]:
    """The lines of a kept element as libvirt would print it at this indent."""
    if raw.startswith(_REMARKS):
        return [indent + raw]
    lines: list[str] = []
    _lay_out(lines, parse(raw), indent)
    return lines


def _lay_out(lines: list[str], element: Element, indent: str) -> None:
    children = element.children
    nested = [child for child in children if isinstance(child, Element | Remark)]
    if not (nested and len(nested) == len(children)) and children != [_OPENED]:
        lines.append(indent + keep_element(element))
        return
    lines.append(f"{indent}{_start(element)}>")
    for child in nested:
        if isinstance(child, Element):
            _lay_out(lines, child, indent + "  ")
        else:
            lines.append(f"{indent}  {child}")
    lines.append(f"{indent}</{element.name}>")


def check_kept(kept: tuple[str, ...], attributes: Iterable[str] = ()) -> None:
    """Hold items of `Block.kept` that did not come from XML to its rules.

    Args:
        kept: the items.
        attributes: the names of attributes that the element has beside them.

    Raises:
        InputError: an item could not be written as XML.
    """
    names = set(attributes)
    for item in kept:
        if not item.startswith("@"):
            _check_element(item)
            continue
        found = _ATTRIBUTE.fullmatch(item)
        if found is None:
            raise InputError(f"'{item}' is no attribute as @name='value'")
        if found[1] in names:
            raise InputError(f"the attribute '{found[1]}' is there already")
        names.add(found[1])
        parse(f"<a {item[1:]}/>")


def _check_element(item: str) -> None:
    inside = parse(f"<a>{item}</a>").children
    if item.startswith("<") and (len(inside) != 1 or type(inside[0]) is str):
        raise InputError(f"'{item}' is not one element")
