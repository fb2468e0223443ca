"""The fast way to read a document: one that stands in libvirt's own layout, byte for byte.

Libvirt prints every document in one layout, so a table of patterns, made once from the declarations, recognises it
several times faster than an XML parser reads it. Rules kept here:

- a pattern accepts only what the writer would write back as the same bytes, and only plain ASCII without a character
  that XML escapes: all else (another order, an unknown part, an entity, a tab) is no match, and nothing is guessed;
- what matches gives the same record as the general reader (`domcaps.formats.xml_reader`);
- patterns never backtrack: every group is possessive, so that time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from domcaps.schema.declare import Block, Codec, Declaration, Kind
from domcaps.schema.document import ROOT, DomainCapabilities

_TEXT = r"[!#-%(-;=?-~][ !#-%(-;=?-~]*+(?<! )"
"""Printable ASCII less `"&'<>`, without white space at either end."""
_QUOTED = r"[ !#-%(-;=?-~]++"
"""As `_TEXT`, for attributes: white space at the ends belongs to the value."""
_SPELLED = {Codec.NUMBER: r"(?:0|[1-9][0-9]{0,17}+)", Codec.YES_NO: r"(?:yes|no)", Codec.ON_OFF: r"(?:on|off)"}
_STEP = "  "

_Groups = tuple[str | None, ...]
_Field = tuple[str, int, Callable[[_Groups, str], object]]
_Match = Callable[[str, int], re.Match[str] | None]
_Read = Callable[[str, int, dict[str, Any]], int]
"""Reads from a position into a record's fields; gives the position after it, or -1 where the layout ends."""


class _OtherLayoutError(Exception):
    """A line that the patterns took is not as libvirt lays it out."""


class _Pattern:
    """A pattern under construction, and how its groups become values."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.groups = 0

    def add(self, text: str) -> None:
        self.parts.append(text)

    def group(self, text: str, name: str = "") -> int:
        """Add a capturing group, which may have a name, and give its index in `re.Match.groups`."""
        self.parts.append(f"(?P<{name}>{text})" if name else f"({text})")
        self.groups += 1
        return self.groups - 1

    def compile(self) -> _Match:
        return re.compile("".join(self.parts)).match


def match(text: str, position: int = 0) -> tuple[DomainCapabilities, int] | None:
    """The document that begins here and the position after it; `None` when this is not libvirt's layout."""
    try:
        return _root()(text, position)
    except _OtherLayoutError:
        return None


@lru_cache(maxsize=1)
def _root() -> Callable[[str, int], tuple[DomainCapabilities, int] | None]:
    read = _nested_reader("", ROOT, DomainCapabilities, None, "")

    def read_root(text: str, position: int) -> tuple[DomainCapabilities, int] | None:
        values: dict[str, Any] = {}
        end = read(text, position, values)
        return (values[""], end) if end >= 0 and "" in values else None

    return read_root


def _text(codec: Codec) -> str:
    return _SPELLED.get(codec, _TEXT)


def _getter(index: int, codec: Codec) -> Callable[[_Groups], object]:
    if codec is Codec.STRING:
        return itemgetter(index)
    value = _value(codec)
    return lambda groups: value(groups[index])


def _value(codec: Codec) -> Callable[[str | None], object]:
    """Makes a value of a group that its pattern has taken."""
    if codec is Codec.NUMBER:
        return lambda text: None if text is None else int(text)
    values = {spelled: codec.read(spelled) for spelled in codec.value} | {None: None}
    return values.__getitem__


def _splitter(start: str, end: str) -> Callable[[str], tuple[str, ...]]:
    """Takes lines that all begin and end alike apart, into what stands between."""
    skip, drop, between = len(start), -len(end), end + start

    def split(lines: str) -> tuple[str, ...]:
        return tuple(lines[skip:drop].split(between))

    return split


_Getters = dict[str, Callable[[_Groups], object]]


def _add_start(pattern: _Pattern, start: str, block: type[Block], getters: _Getters) -> None:
    """The element's start tag up to its `>`, and its attributes."""
    pattern.add(re.escape(start))
    for declaration in block.declarations.values():
        if declaration.kind is Kind.ATTRIBUTE:
            pattern.add(f"(?: {re.escape(declaration.name)}='")
            quoted = _SPELLED.get(declaration.codec, _QUOTED)
            getters[declaration.field] = _getter(pattern.group(quoted), declaration.codec)
            pattern.add("')?+")


def _start(indent: str, name: str, selector: tuple[str, str] | None) -> str:
    return f"{indent}<{name}" + (f" {selector[0]}='{selector[1]}'" if selector else "")


def _children(block: type[Block]) -> list[Declaration]:
    inline = {Kind.ATTRIBUTE, Kind.CONTENT, Kind.NAMES}
    return [declaration for declaration in block.declarations.values() if declaration.kind not in inline]


def _content(block: type[Block]) -> Declaration | None:
    return next((d for d in block.declarations.values() if d.kind is Kind.CONTENT), None)


def _is_flat(declaration: Declaration) -> bool:
    """Whether one pattern of bounded size describes it: nothing below it stands any number of times but words."""
    if declaration.kind is Kind.ITEMS:
        return False
    return declaration.block is None or all(_is_flat(below) for below in _children(declaration.block))


def _maker(block: type[Block], getters: _Getters) -> Callable[[_Groups], Block]:
    """Makes a record of groups."""
    record: Callable[..., Block] = block  # by position (see `BlockType`): naming the fields takes longer than the rest
    ordered = [getters[field] for field in block.declarations]

    def make(groups: _Groups) -> Block:
        return record((), *[get(groups) for get in ordered])

    return make


def _add_flat(pattern: _Pattern, declaration: Declaration, indent: str) -> Callable[[_Groups], object]:
    """Add one optional child, and give what makes a value of it."""
    name = re.escape(declaration.name)
    if declaration.kind is Kind.CHILD and declaration.block is not None:
        return _add_block(pattern, declaration, declaration.block, indent)
    if declaration.kind is Kind.TEXT:
        pattern.add(f"(?:{indent}<{name}>")
        index = pattern.group(_text(declaration.codec))
        pattern.add(f"</{name}>\n)?+")
        return _getter(index, declaration.codec)
    if declaration.kind is Kind.VALUES:
        index = pattern.group(f"(?:{indent}<{name}>{_TEXT}</{name}>\n)++")
        pattern.add("?+")
        split = _splitter(f"{indent}<{declaration.name}>", f"</{declaration.name}>\n")
        return lambda groups: None if (lines := groups[index]) is None else split(lines)
    return _add_list(pattern, f"{indent}<enum name='{name}'", indent, "enum", ("<value>", _TEXT, "</value>\n"))


def _add_list(
    pattern: _Pattern, start: str, indent: str, name: str, item: tuple[str, str, str]
) -> Callable[[_Groups], object]:
    """Add an optional element whose lines differ in one text only, and give what makes words of it."""
    before, between, after = f"{indent}{_STEP}{item[0]}", item[1], item[2]
    pattern.add(f"(?:{start}")
    present = pattern.group("")
    pattern.add("(?:/>|>\n")
    listed = pattern.group(f"(?:{before}{between}{after})++")
    pattern.add(f"{indent}</{name}>)\n)?+")
    split = _splitter(before, after)

    def words(groups: _Groups) -> object:
        lines = groups[listed]
        return split(lines) if lines is not None else None if groups[present] is None else ()

    return words


def _add_block(
    pattern: _Pattern, declaration: Declaration, block: type[Block], indent: str
) -> Callable[[_Groups], object]:
    getters: _Getters = {}
    name = re.escape(declaration.name)
    pattern.add("(?:")
    _add_start(pattern, _start(indent, declaration.name, declaration.selector), block, getters)
    present = pattern.group("")
    content = _content(block)
    if content is not None:
        pattern.add("(?:/>\n|>")
        getters[content.field] = _getter(pattern.group(_text(content.codec)), content.codec)
        pattern.add(f"</{name}>\n))?+")
    else:
        # An element with attributes that is opened around nothing is kept as such, which is not for this module.
        opened = f"(?!{indent}</)" if getters or declaration.selector else ""
        pattern.add(f"(?:/>\n|>\n{opened}")
        for child in _children(block):
            getters[child.field] = _add_flat(pattern, child, indent + _STEP)
        pattern.add(f"{indent}</{name}>\n))?+")
    make = _maker(block, getters)
    return lambda groups: None if groups[present] is None else make(groups)


def _flat_reader(declarations: list[Declaration], indent: str) -> _Read:
    pattern = _Pattern()
    pairs = [(declaration.field, _add_flat(pattern, declaration, indent)) for declaration in declarations]
    matcher = pattern.compile()

    def read(text: str, position: int, values: dict[str, Any]) -> int:
        found = matcher(text, position)
        if found is None:
            return -1
        groups = found.groups()
        for field, get in pairs:
            values[field] = get(groups)
        return found.end()

    return read


def _nested_reader(field: str, name: str, block: type[Block], selector: tuple[str, str] | None, indent: str) -> _Read:
    """Reads a block that holds, somewhere below, blocks any number of times."""
    pattern, getters = _Pattern(), _Getters()
    _add_start(pattern, _start(indent, name, selector), block, getters)
    closing = pattern.group("/>\n|>\n")
    matcher = pattern.compile()
    below = list(_readers(block, indent + _STEP))
    end = f"{indent}</{name}>\n"

    def read(text: str, position: int, values: dict[str, Any]) -> int:
        found = matcher(text, position)
        if found is None:
            return position
        groups = found.groups()
        fields: dict[str, Any] = {key: get(groups) for key, get in getters.items()}
        position = found.end()
        if groups[closing] == ">\n":
            first = position
            for step in below:
                position = step(text, position, fields)
                if position < 0:
                    return -1
            if not text.startswith(end, position) or (position == first and (selector or getters)):
                return -1
            position += len(end)
        values[field] = block(**fields)
        return position

    return read


def _readers(block: type[Block], indent: str) -> Iterator[_Read]:
    for flat, declarations in groupby(_children(block), _is_flat):
        if flat:
            yield _flat_reader(list(declarations), indent)
            continue
        for declaration in declarations:
            if declaration.block is None:
                continue
            if declaration.kind is Kind.ITEMS:
                yield _items_reader(declaration, declaration.block, indent)
            else:
                yield _nested_reader(
                    declaration.field, declaration.name, declaration.block, declaration.selector, indent
                )


def _items_reader(declaration: Declaration, block: type[Block], indent: str) -> _Read:
    """Reads a block as often as it stands there, each with the names after it.

    There are two hundred of these in a document: every field is one group, so that the groups are the record.
    """
    pattern, content = _Pattern(), _content(block)
    values: list[tuple[int, Callable[[str | None], object]]] = []
    names: _Names | None = None
    pattern.add(re.escape(_start(indent, declaration.name, None)))
    for place, below in enumerate(block.declarations.values(), 1):
        if below.kind is Kind.ATTRIBUTE:
            pattern.add(f"(?: {re.escape(below.name)}='")
            pattern.group(_SPELLED.get(below.codec, _QUOTED))
            pattern.add("')?+")
        elif below.kind is Kind.CONTENT:
            pattern.add("(?:/>\n|>")
            pattern.group(_text(below.codec))
            pattern.add(f"</{re.escape(declaration.name)}>\n)")
        elif below.kind is Kind.NAMES and content is not None:
            names = _Names(pattern, below, list(block.declarations).index(content.field), indent)
        else:
            raise TypeError(below)
        if below.kind is not Kind.NAMES and below.codec is not Codec.STRING:
            values.append((place, _value(below.codec)))
    if content is None:
        pattern.add("/>\n")
    return _repeated(pattern.compile(), declaration.field, block, values, names)


def _repeated(
    matcher: _Match,
    field: str,
    record: Callable[..., Block],
    conversions: list[tuple[int, Callable[[str | None], object]]],
    names: _Names | None,
) -> _Read:
    """Reads what a pattern matches as long as it does; its groups are a record's fields, by position."""

    def read(text: str, position: int, values: dict[str, Any]) -> int:
        items: list[Block] = []
        listed: dict[str, tuple[str, ...]] = {}
        found = matcher(text, position)
        while found is not None:
            row: list[Any] = [(), *found.groups()]
            position = found.end()
            for place, value in conversions:
                row[place] = value(row[place])
            if names is not None and row[-1] is not None:
                row[-1], position = names.read(text, position, listed) if row[-1] == ">\n" else ((), position)
            items.append(record(*row))
            found = matcher(text, position)
        if not _is_quotable("".join(chain.from_iterable(listed.values()))):
            raise _OtherLayoutError
        values[field] = tuple(items)
        return position

    return read


class _Names:
    """Reads the names that follow a block: a thousand lines in a document, which no pattern needs to walk through."""

    def __init__(self, pattern: _Pattern, after: Declaration, owner: int, indent: str) -> None:
        """Add the start of their element to a pattern, as a group; `owner` is the index of the group that they name."""
        element, attribute = after.item or ("", "")
        pattern.add(rf"(?:{indent}<{re.escape(after.name)} {re.escape(after.link)}='\{owner + 1}'")
        pattern.group("/?>\n")
        pattern.add(")?+")
        self.first, self.last = f"{indent}{_STEP}<{element} {attribute}='", "'/>\n"
        self.split = _splitter(self.first, self.last)
        self.end = f"{indent}</{after.name}>\n"

    def read(self, text: str, position: int, known: dict[str, tuple[str, ...]]) -> tuple[tuple[str, ...], int]:
        """The names that stand at a position after the element's start, and the position after its end.

        `known` has, by their lines, those that were found before: a model and its first version share theirs. That they
        are plain text is for the caller to make sure, of all at once.
        """
        end = text.find(self.end, position)
        lines = text[position:end]
        names = known.get(lines)
        if names is None:
            first, last = self.first, self.last
            whole = end >= position + len(first) + len(last)
            if not whole or not lines.startswith(first) or not lines.endswith(last):
                raise _OtherLayoutError
            names = known[lines] = self.split(lines)
        return names, end + len(self.end)


def _is_quotable(text: str) -> bool:
    """Whether text could be `_QUOTED`."""
    return (
        text.isascii()
        and text.isprintable()
        and not ("'" in text or "<" in text or "&" in text or ">" in text or '"' in text)
    )
