"""A document from XML, of any libvirt and in any layout, with nothing lost.

Rules kept here:

- what the declarations describe becomes typed; everything else is kept in `Block.kept` in its place;
- a spelling that the type cannot give back (a number with a leading zero, an attribute on an enum) is kept as XML
  beside the typed value, and written instead of it;
- white space around a text is layout, not content; order of attributes says nothing, but where one of them is unknown;
- of several elements where one is declared, the first is the one, the others are kept;
- comments between the children of a block are kept, those inside a text, an enum or outside the document are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from domcaps.formats.raw_xml import SPACE, keep_attribute, keep_element, keep_text
from domcaps.formats.xml_tree import Element, Remark, parse
from domcaps.schema.declare import Block, Declaration, Kind
from domcaps.schema.document import DomainCapabilities


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a document that the schema does not describe."""

    path: str
    """Where: the XML names on the way there, with the unknown part last."""
    what: str
    """What it is: `element`, `attribute`, `enum`, `text`, `value`; `twice` where it stands once too often."""
    line: int
    column: int


_Report = list[Unknown] | None


class _Table:
    """A block's declarations by what finds them in XML."""

    __slots__ = ("attributes", "block", "content", "elements", "fields", "following", "order")

    def __init__(self, block: type[Block]) -> None:
        self.block = block
        self.fields = block.declarations
        self.attributes = {d.name: d for d in self.fields.values() if d.kind is Kind.ATTRIBUTE}
        self.content = next((d for d in self.fields.values() if d.kind is Kind.CONTENT), None)
        self.following: dict[str, tuple[Declaration, Declaration]] = {}
        self.elements: dict[str, tuple[str, dict[str, Declaration]]] = {}
        inline = {Kind.ATTRIBUTE, Kind.CONTENT, Kind.NAMES}
        self.order = [d for d in self.fields.values() if d.kind not in inline]
        for d in self.order:
            self._enter(d)

    def _enter(self, declaration: Declaration) -> None:
        if declaration.kind is Kind.ENUM:
            self.elements.setdefault("enum", ("name", {}))[1][declaration.name] = declaration
            return
        attribute, value = declaration.selector or ("", "")
        for name in (declaration.name, *declaration.spellings):
            self.elements.setdefault(name, (attribute, {}))[1][value] = declaration
        if declaration.kind is Kind.ITEMS and declaration.block is not None:
            for after in declaration.block.declarations.values():
                if after.kind is Kind.NAMES:
                    self.following[after.name] = (declaration, after)

    def find(self, name: str, attributes: dict[str, str]) -> Declaration | None:
        """The declaration of a child element."""
        entry = self.elements.get(name)
        if entry is None:
            return None
        attribute, by_value = entry
        return by_value.get(attributes.get(attribute, "") if attribute else "")


@lru_cache(maxsize=256)
def table(block: type[Block]) -> _Table:
    """How the parts of a block's element are found."""
    return _Table(block)


def _table_of(block: Block) -> _Table:
    return table(type(block))


def document(root: Element, unknown: _Report = None) -> DomainCapabilities:
    """The document of a tree; what the schema does not describe is appended to `unknown`, in the document's order."""
    return DomainCapabilities(**_Reading(root, table(DomainCapabilities), "", unknown, "").fields())


class _Reading:
    """One element on its way to a record."""

    __slots__ = ("element", "kept", "lists", "order", "path", "plain", "seen", "table", "unknown", "values")

    def __init__(self, element: Element, found: _Table, selector: str, unknown: _Report, path: str) -> None:
        self.element = element
        self.table = found
        self.unknown = unknown
        self.path = path
        self.values: dict[str, Any] = {}
        self.lists: dict[str, list[Any]] = {}
        self.seen: set[str] = set()
        self.order: list[str] = []
        self.plain = True
        stated = [self._attribute(name, text) for name, text in element.attributes.items() if name != selector]
        kept = [item for item in stated if item.startswith("@")]
        self.kept: list[str] = kept if stated[len(stated) - len(kept) :] == kept else stated

    def fields(self) -> dict[str, Any]:
        """The record's fields."""
        children = self.element.children
        if self.table.content is not None and len(children) > 1:
            children = _joined(children)
        for child in children:
            if isinstance(child, Element):
                self._element(child)
            elif isinstance(child, Remark):
                self._keep(str(child))
            elif text := child.strip(SPACE):
                self._text(text)
        for field, items in self.lists.items():
            self.values[field] = tuple(items)
        if not self.plain or self.order != self._natural():
            self.kept += self.order
        elif self._is_opened():
            self.kept.append("")
        if self.kept:
            self.values["kept"] = tuple(self.kept)
        return self.values

    def _natural(self) -> list[str]:
        """The fields that were found, in libvirt's order."""
        natural = []
        for declaration in self.table.order:
            field = declaration.field
            if field in self.lists:
                natural += [field] * len(self.lists[field])
            elif field in self.values:
                natural.append(field)
        return natural

    def _is_opened(self) -> bool:
        """Whether the element has attributes and was opened around nothing, which libvirt's writer would not do."""
        element = self.element
        return bool(
            not self.order
            and self.table.content is None
            and element.attributes
            and any("\n" in child for child in element.children if isinstance(child, str))
        )

    def _keep(self, item: str) -> None:
        self.order.append(item)
        self.plain = False

    def _report(self, what: str, name: str, element: Element) -> None:
        if self.unknown is not None:
            path = f"{self.path}/{name}" if self.path else name
            self.unknown.append(Unknown(path=path, what=what, line=element.line, column=element.column))

    def _attribute(self, name: str, text: str) -> str:
        """Take an attribute; give its field, or the item as which it is kept."""
        declaration = self.table.attributes.get(name)
        value = None if declaration is None else declaration.codec.read(text)
        if value is not None and declaration is not None:
            self.values[declaration.field] = value
            return declaration.field
        self._report("attribute" if declaration is None else "value", f"@{name}", self.element)
        return keep_attribute(name, text)

    def _text(self, text: str) -> None:
        content = self.table.content
        if content is not None and content.field not in self.values:
            value = content.codec.read(text)
            if value is not None:
                self.values[content.field] = value
                if not self.plain:
                    self.order.append(content.field)
                return
        self._keep(keep_text(text, self.table.fields))
        self._report("value" if content is not None else "text", "text()", self.element)

    def _element(self, child: Element) -> None:
        following = self.table.following.get(child.name)
        if following is not None and self._names(child, *following):
            return
        declaration = self.table.find(child.name, child.attributes)
        if declaration is None:
            self._keep_unknown("enum" if child.name == "enum" else "element", child)
            return
        field = declaration.field
        if declaration.kind is Kind.ITEMS and declaration.block is not None:
            self.lists.setdefault(field, []).append(self._block(child, declaration, declaration.block))
            self.order.append(field)
        elif declaration.kind is Kind.VALUES:
            value, exact = _text_of(child)
            if exact:
                self.lists.setdefault(field, []).append(value)
                self.order.append(field)
            else:
                self._keep_unknown("value", child)
        elif field in self.seen:
            self._keep_unknown("twice", child)
        else:
            self.seen.add(field)
            self._single(child, declaration)

    def _single(self, child: Element, declaration: Declaration) -> None:
        value, exact = self._value(child, declaration)
        if value is not None:
            self.values[declaration.field] = value
        if exact:
            self.order.append(declaration.field)
        else:
            self._keep_unknown("value", child)

    def _value(self, child: Element, declaration: Declaration) -> tuple[object, bool]:
        """The value of an element that stands once, and whether it says all that the element says."""
        if declaration.block is not None:
            return self._block(child, declaration, declaration.block), True
        if declaration.kind is Kind.ENUM:
            return _words_of(child)
        text, exact = _text_of(child)
        value = None if text is None else declaration.codec.read(text)
        return value, exact and value is not None

    def _block(self, child: Element, declaration: Declaration, block: type[Block]) -> Block:
        path = (
            "" if self.unknown is None else f"{self.path}/{declaration.spelling}" if self.path else declaration.spelling
        )
        selector = declaration.selector[0] if declaration.selector else ""
        return block(**_Reading(child, table(block), selector, self.unknown, path).fields())

    def _names(self, child: Element, owner: Declaration, after: Declaration) -> bool:
        """Take an element that follows its owner as the owner's list of names; whether it is one."""
        items = self.lists.get(owner.field)
        if not items or self.order[-1] != owner.field or getattr(items[-1], after.field) is not None:
            return False
        content = _table_of(items[-1]).content
        if content is None or child.attributes != {after.link: getattr(items[-1], content.field) or ""}:
            return False
        element, attribute = after.item or ("", "")
        names = []
        for item in child.children:
            if isinstance(item, Element):
                if item.name != element or list(item.attributes) != [attribute] or item.children:
                    return False
                names.append(item.attributes[attribute])
            elif item.strip(SPACE):
                return False
        items[-1] = msgspec.structs.replace(items[-1], **{after.field: tuple(names)})
        return True

    def _keep_unknown(self, what: str, child: Element) -> None:
        self._keep(keep_element(child))
        name = child.attributes.get("name", "") if what == "enum" else child.name
        self._report(what, name, child)


def _joined(children: Sequence[Element | str]) -> list[Element | str]:
    """The same without comments, and with the texts in one piece that a comment parted."""
    joined: list[Element | str] = []
    for child in children:
        if isinstance(child, Remark):
            continue
        if isinstance(child, str) and joined and isinstance(joined[-1], str):
            joined[-1] += child
        else:
            joined.append(child)
    return joined


def _text_of(element: Element) -> tuple[str | None, bool]:
    """The text of an element that should hold nothing else, and whether it is so."""
    children: Sequence[Element | str] = element.children
    if len(children) == 1 and type(children[0]) is str:
        return children[0].strip(SPACE), not element.attributes
    if any(isinstance(child, Element) for child in children):
        return None, False
    text = "".join(str(child) for child in children if not isinstance(child, Remark))
    return text.strip(SPACE), not element.attributes


def _words_of(element: Element) -> tuple[tuple[str, ...], bool]:
    """The values of an enum, and whether they are all that it holds."""
    exact = len(element.attributes) == 1
    words = []
    for child in element.children:
        if isinstance(child, Element):
            word, plain = _text_of(child)
            exact = exact and plain and child.name == "value"
            if word is not None and child.name == "value":
                words.append(word)
        elif exact and not isinstance(child, Remark) and child.strip(SPACE):
            exact = False
    return tuple(words), exact


def spelled_field(block: type[Block], raw: str) -> str:
    """The field of a block that an element kept as XML would be, empty when it would be none."""
    if raw.startswith(("<!--", "<?")):
        return ""
    element = parse(raw)
    declaration = table(block).find(element.name, element.attributes)
    return "" if declaration is None else declaration.field
