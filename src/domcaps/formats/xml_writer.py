"""A document as XML, byte for byte as libvirt writes it.

The bytes follow libvirt's printing: two spaces a level, a line break after every line, no XML declaration, attributes
in single quotes, an element without children closed in itself unless it has no attributes either, an enum that lists
nothing as `<enum name='…'/>`. What the reader kept is written back where it stood.

For speed, what each block prints is planned once per indent and release, and a document is written twice at most: first
as if no text in it held a character that XML escapes, and again only when one did.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter

from domcaps.formats.raw_xml import escape, escape_attribute, lay_out
from domcaps.release import NEWEST, Release
from domcaps.schema.declare import Block, Codec, Declaration, Kind, Words
from domcaps.schema.document import ROOT, DomainCapabilities
from domcaps.schema.filter import word_known

_Out = list[str]
_Seen = list[str] | None
"""The texts that were written without escaping, or `None` when every text is escaped."""
_Write = Callable[[_Out, object, _Seen], None]
_Spelled = dict[object, str]
"""A yes or no in a codec's words: looked up, because asking the codec takes as long as all the rest of an attribute."""


def to_xml(document: DomainCapabilities, libvirt: Release | None = None) -> str:
    """Write a document.

    Args:
        document: what to write.
        libvirt: leave out what that release does not print, and all that this schema does not know when that release
            is older than the schema; `None` leaves out nothing.

    Returns:
        The text that `virsh domcapabilities` prints, less the empty line that virsh adds.
    """
    plan = _plan(DomainCapabilities, ROOT, None, "", libvirt)
    out: _Out = []
    seen: list[str] = []
    plan.write(out, document, seen)
    if _is_plain("".join(seen)):
        return "".join(out)
    out = []
    plan.write(out, document, None)
    return "".join(out)


def _is_plain(text: str) -> bool:
    """Whether no character of the text needs escaping; a doubt is a no."""
    return text.isprintable() and not ("<" in text or "&" in text or "'" in text or ">" in text or '"' in text)


class _Plan:
    """How one block is printed at one indent for one release."""

    __slots__ = ("attributes", "children", "content", "end", "get", "indent", "keeps", "name", "start", "text")

    def __init__(self, block: type[Block], start: str, indent: str, libvirt: Release | None) -> None:
        known = [d for d in block.declarations.values() if libvirt is None or d.known_to(libvirt)]
        attributes = [d for d in known if d.kind is Kind.ATTRIBUTE]
        self.start = start
        self.indent = indent
        self.name = start.strip()[1:].split(" ")[0]
        self.end = f"{indent}</{self.name}>\n"
        self.keeps = libvirt is None or libvirt >= NEWEST
        self.attributes = tuple(
            (d.field, f" {d.name}='", None if d.codec is Codec.STRING else _spelled(d.codec)) for d in attributes
        )
        self.content = next((d for d in known if d.kind is Kind.CONTENT), None)
        self.text = "" if self.content is None or self.content.codec is not Codec.STRING else self.content.field
        inline = {Kind.ATTRIBUTE, Kind.CONTENT, Kind.NAMES}
        children = [d for d in known if d.kind not in inline]
        self.children = tuple((d, _WRITERS[d.kind](d, indent + "  ", libvirt)) for d in children)
        self.get = tuple(attrgetter(d.field) for d in children)

    def write(self, out: _Out, block: Block, seen: _Seen) -> None:
        """Append the block's lines."""
        kept = block.kept if self.keeps else ()
        start = self.start
        for field, before, spelled in self.attributes:
            value = getattr(block, field)
            if value is None:
                continue
            if spelled is not None:
                start = f"{start}{before}{spelled.get(value) or value}'"
            elif seen is None:
                start = f"{start}{before}{escape_attribute(value)}'"
            else:
                seen.append(value)
                start = f"{start}{before}{value}'"
        if kept:
            self._write_kept(out, start, block, seen)
        elif self.text and seen is not None and (text := getattr(block, self.text)) is not None:
            seen.append(text)
            out.append(f"{start}>{text}</{self.name}>\n")
        elif self.content is not None:
            value = getattr(block, self.content.field)
            text = None if value is None else _spell(self.content.codec.write(value), seen)
            out.append(f"{start}/>\n" if text is None else f"{start}>{text}</{self.name}>\n")
        else:
            self._write_children(out, start, block, seen)

    def _write_children(self, out: _Out, start: str, block: Block, seen: _Seen) -> None:
        out.append(f"{start}>\n")
        first = len(out)
        for get, (_, write) in zip(self.get, self.children, strict=True):
            value = get(block)
            if value is not None:
                write(out, value, seen)
        if len(out) > first or "=" not in start:
            out.append(self.end)
        else:
            out[-1] = f"{start}/>\n"

    def _write_kept(self, out: _Out, start: str, block: Block, seen: _Seen) -> None:
        declared = {field: (before, spelled) for field, before, spelled in self.attributes}
        attributes = [item for item in dict.fromkeys(block.kept) if item.startswith("@") or item in declared]
        items = [item for item in block.kept if item not in attributes]
        if any(item in declared for item in attributes):
            start = self.start
            attributes += [field for field in declared if field not in attributes]
        start += "".join(self._spell_attribute(block, item, declared) for item in attributes)
        if self.content is not None:
            self._write_inline(out, start, getattr(block, self.content.field), items)
            return
        if not items:
            self._write_children(out, start, block, seen)
            return
        out.append(f"{start}>\n")
        for item, write, value in self._in_order(block, items):
            if write is not None:
                write(out, value, seen)
            elif item.startswith("<"):
                out += [f"{line}\n" for line in lay_out(item, self.indent + "  ")]
            elif item:
                out.append(f"{self.indent}  {item}\n")
        out.append(self.end)

    def _spell_attribute(self, block: Block, item: str, declared: dict[str, tuple[str, _Spelled | None]]) -> str:
        """An attribute that was kept, or a declared one, with the blank before it; nothing where it is absent."""
        if item.startswith("@"):
            return f" {item[1:]}"
        value = getattr(block, item)
        before, spelled = declared[item]
        text = escape_attribute(value) if spelled is None and value is not None else (spelled or {}).get(value) or value
        return "" if value is None else f"{before}{text}'"

    def _write_inline(self, out: _Out, start: str, value: object, items: list[str]) -> None:
        content = self.content
        if content is not None and value is not None:
            text = escape(content.codec.write(value))
            items = (
                [text if item == content.field else item for item in items]
                if content.field in items
                else [text, *items]
            )
        out.append(f"{start}>{''.join(items)}</{self.name}>\n" if items else f"{start}/>\n")

    def _in_order(self, block: Block, items: list[str]) -> list[tuple[str, _Write | None, object]]:
        """The children and what was kept, in the order in which they were read."""
        from domcaps.formats.xml_reader import spelled_field  # noqa: PLC0415 - start-up: few documents hold anything kept

        fields = type(block).declarations
        left = {d.field: (write, getattr(block, d.field)) for d, write in self.children}
        places = {item: place for place, item in enumerate(items)}
        order: list[tuple[str, _Write | None, object]] = []
        for place, item in enumerate(items):
            if item not in fields:
                order.append((item, None, None))
            elif item in left:
                write, value = left[item]
                if isinstance(value, tuple) and fields[item].kind in {Kind.ITEMS, Kind.VALUES}:
                    taken = value if places[item] == place else value[:1]
                    left[item] = (write, value[len(taken) :])
                    order.append((item, write, taken))
                else:
                    left[item] = (write, None)
                    order.append((item, write, value))
        written = set(items) | {spelled_field(type(block), item) for item in items if item.startswith("<")}
        order += [(field, write, value) for field, (write, value) in left.items() if field not in written]
        return [entry for entry in order if entry[1] is None or entry[2] is not None]


@lru_cache(maxsize=512)
def _plan(
    block: type[Block], name: str, selector: tuple[str, str] | None, indent: str, libvirt: Release | None
) -> _Plan:
    start = f"{indent}<{name}" + (f" {selector[0]}='{selector[1]}'" if selector else "")
    return _Plan(block, start, indent, libvirt)


def _spelled(codec: Codec) -> _Spelled:
    """A yes or no as a codec spells it; nothing for a number, which is spelled as it is."""
    return {} if codec is Codec.NUMBER else {value: codec.write(value) for value in (True, False)}


def _spell(text: str, seen: _Seen) -> str:
    if seen is None:
        return escape(text)
    seen.append(text)
    return text


def _spell_all(words: tuple[str, ...] | list[str], seen: _Seen) -> tuple[str, ...] | list[str]:
    if seen is None:
        return [escape(word) for word in words]
    seen += words
    return words


def _text_writer(declaration: Declaration, indent: str, _: Release | None) -> _Write:
    before, after, codec = f"{indent}<{declaration.name}>", f"</{declaration.name}>\n", declaration.codec

    def write(out: _Out, value: object, seen: _Seen) -> None:
        out.append(f"{before}{_spell(codec.write(value), seen)}{after}")

    return write


def _child_writer(declaration: Declaration, indent: str, libvirt: Release | None) -> _Write:
    block = declaration.block or Block
    plan = _plan(block, declaration.name, declaration.selector, indent, libvirt)

    def write(out: _Out, value: object, seen: _Seen) -> None:
        if isinstance(value, Block):
            plan.write(out, value, seen)

    return write


def _enum_writer(declaration: Declaration, indent: str, libvirt: Release | None) -> _Write:
    empty = f"{indent}<enum name='{declaration.name}'/>\n"
    before = f"{indent}<enum name='{declaration.name}'>\n{indent}  <value>"
    between = f"</value>\n{indent}  <value>"
    after = f"</value>\n{indent}</enum>\n"

    def write(out: _Out, value: object, seen: _Seen) -> None:
        words = value if isinstance(value, tuple) else ()
        if libvirt is not None:
            words = tuple(word for word in words if word_known(declaration, word, libvirt))
        out.append(f"{before}{between.join(_spell_all(words, seen))}{after}" if words else empty)

    return write


def _values_writer(declaration: Declaration, indent: str, _: Release | None) -> _Write:
    before, after = f"{indent}<{declaration.name}>", f"</{declaration.name}>\n"

    def write(out: _Out, value: object, seen: _Seen) -> None:
        words = value if isinstance(value, tuple) else ()
        out += [f"{before}{word}{after}" for word in _spell_all(words, seen)]

    return write


def _items_writer(declaration: Declaration, indent: str, libvirt: Release | None) -> _Write:
    block = declaration.block or Block
    plan = _plan(block, declaration.name, None, indent, libvirt)
    following = [d for d in block.declarations.values() if d.kind is Kind.NAMES]
    after = [_names_writer(block, d, indent) for d in following if libvirt is None or d.known_to(libvirt)]

    def write(out: _Out, value: object, seen: _Seen) -> None:
        for item in value if isinstance(value, tuple) else ():
            plan.write(out, item, seen)
            for write_names in after:
                write_names(out, item, seen)

    return write


def _names_writer(block: type[Block], declaration: Declaration, indent: str) -> Callable[[_Out, Block, _Seen], None]:
    element, attribute = declaration.item or ("", "")
    owner = next(d.field for d in block.declarations.values() if d.kind is Kind.CONTENT)
    start = f"{indent}<{declaration.name} {declaration.link}='"
    before = f"'>\n{indent}  <{element} {attribute}='"
    between = f"'/>\n{indent}  <{element} {attribute}='"
    after = f"'/>\n{indent}</{declaration.name}>\n"
    get = attrgetter(declaration.field, owner)

    def write(out: _Out, item: Block, seen: _Seen) -> None:
        names: Words
        names, model = get(item)
        if names is None:
            return
        model = model or ""
        if seen is None:
            model, names = escape_attribute(model), tuple(map(escape_attribute, names))
        else:
            seen += names
        out.append(f"{start}{model}{before}{between.join(names)}{after}" if names else f"{start}{model}'/>\n")

    return write


_WRITERS: dict[Kind, Callable[[Declaration, str, Release | None], _Write]] = {
    Kind.TEXT: _text_writer,
    Kind.CHILD: _child_writer,
    Kind.ENUM: _enum_writer,
    Kind.VALUES: _values_writer,
    Kind.ITEMS: _items_writer,
}
