"""How a fact of the document is declared: one line a field, one line a value.

A block is a record for one element of the document. Each of its fields is declared by one call that names the XML
spelling, the libvirt release since when it is printed (and until when, for the few that went), the place in the
domain XML that it governs, and its meaning. Readers, writers, JSON, the release filter and the reference
documentation walk these declarations (`Block.declarations`); none of them names an element again.

Rules kept here:

- the order of fields and of values is the order of the document;
- absent is `None`: never a default for it;
- what a document holds beyond the declarations stays in `Block.kept`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, StrEnum
from typing import Any, ClassVar, Self, TypedDict, Unpack, dataclass_transform

import msgspec

from domcaps.release import FIRST, Release, release

Words = tuple[str, ...] | None
"""Values of an enum or a list, in the document's order: `None` is *not stated*, `()` is *stated: none*."""


_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
"""A number as libvirt prints it, and small enough for any reader of JSON."""


class Word(StrEnum):
    """A value that an enum of the document can list: its spelling, and the releases that print it."""

    since: Release
    until: Release | None
    meaning: str

    def __new__(cls, word: str, since: str = "1.2.7", meaning: str = "", until: str | None = None) -> Self:
        """Declare a word; `until` is the first release that no longer prints it."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.since = release(since)
        member.until = release(until) if until else None
        member.meaning = meaning
        return member

    def known_to(self, which: Release) -> bool:
        """Whether that release prints this word."""
        return self.since <= which and (self.until is None or which < self.until)


class Kind(Enum):
    """What a declared field is in XML."""

    ATTRIBUTE = "an attribute of the block's element"
    CONTENT = "the text of the block's element"
    TEXT = "a child element that holds text"
    CHILD = "a child element that is a block"
    ENUM = "an <enum> of values"
    VALUES = "<value> elements of the block itself"
    ITEMS = "a child block, any number of times"
    NAMES = "an element of its own after the block's, with one child a name"


class Codec(Enum):
    """How a text is spelled in XML, and its type in Python."""

    STRING = str
    NUMBER = int
    YES_NO = ("yes", "no")
    ON_OFF = ("on", "off")

    def write(self, value: object) -> str:
        """The XML spelling of a value, not yet escaped."""
        spelled = self.value
        if isinstance(spelled, tuple):
            yes, no = spelled
            return str(yes if value else no)
        return str(value)

    def read(self, text: str) -> str | int | bool | None:
        """The value that a text spells; `None` when it spells none, or spells it as libvirt never would."""
        if isinstance(self.value, tuple):
            return {self.value[0]: True, self.value[1]: False}.get(text)
        if self is Codec.NUMBER:
            return int(text) if _NUMBER.fullmatch(text) else None
        return text


class Declaration(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One declared field of a block."""

    kind: Kind
    name: str
    """The XML spelling: of the element, the attribute, or the enum."""
    since: Release
    until: Release | None = None
    place: str = ""
    """The XPath below `/domain` of what it governs in a guest's definition, empty when it governs nothing there."""
    meaning: str = ""
    block: type[Block] | None = None
    """The record of a CHILD or of each of the ITEMS."""
    words: type[Word] | None = None
    """The values that an ENUM can list."""
    codec: Codec = Codec.STRING
    selector: tuple[str, str] | None = None
    """An attribute and its value that tell this child from others of the same name."""
    spellings: tuple[str, ...] = ()
    """Other spellings of the name, which are read and never written."""
    item: tuple[str, str] | None = None
    """The element and the attribute of each of the NAMES."""
    link: str = ""
    """The attribute that ties a NAMES element to its block's text."""
    verdict: bool = False
    """Whether this attribute says yes or no of its whole element."""
    always: bool = False
    """Whether every libvirt that knows it states it wherever its block is there and does not say no."""
    choices: tuple[str, ...] = ()
    """The only texts that it can be; empty when it can be any."""
    pattern: str = ""
    """What its text looks like, as a regular expression of XML Schema; empty when it can be any."""
    bits: int = 32
    """How wide its number can be."""
    complete: bool = True
    """Whether what a list does not have is denied by it; a list of differences, or of examples, is not complete."""
    field: str = ""
    """The Python name, given by the class."""

    @property
    def spelling(self) -> str:
        """The name of this field outside Python: in paths and in JSON."""
        return self.selector[1] if self.selector else self.name or self.field

    def known_to(self, which: Release) -> bool:
        """Whether that release prints this field."""
        return self.since <= which and (self.until is None or which < self.until)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class BlockType(msgspec.StructMeta):
    """Makes records of declarations: each becomes a field named as in XML outside Python, absent by default.

    The type checker holds that fields are given by name. At run time they can be given by position, too: `kept` first,
    then as declared. Naming them makes a record take twice the time, and a reader makes two hundred.
    """

    declarations: Mapping[str, Declaration]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> BlockType:
        """Replace the declarations by fields of a frozen record and keep them in order."""
        declared: dict[str, Declaration] = {}
        for base in bases:
            declared.update(getattr(base, "declarations", {}))
        for field, value in list(namespace.items()):
            if isinstance(value, Declaration):
                declared[field] = msgspec.structs.replace(value, field=field)
                empty: object = () if value.kind is Kind.ITEMS else None
                namespace[field] = msgspec.field(default=empty, name=declared[field].spelling)
        cls = super().__new__(mcs, name, bases, namespace, frozen=True, omit_defaults=True, **options)
        cls.declarations = declared
        return cls


class Block(msgspec.Struct, metaclass=BlockType):
    """One element of the document. It is true when it says `supported='yes'`, or has no way to say it."""

    declarations: ClassVar[Mapping[str, Declaration]]
    any_order: ClassVar[bool] = False
    """Whether libvirt's own schema lets the children stand in any order."""

    kept: tuple[str, ...] = ()
    """What this element held beyond its declarations, and the order of its children where that was not libvirt's.

    An item is `@name='value'` (an attribute), XML that begins with `<`, text as it is escaped in XML, or the name of a
    declared field that stands at this point. Attributes come first; the declared ones are listed among them only where
    an unknown one stands before one of them. Where any other item is there, all children are listed; a field that holds
    several is listed once for each. XML that stands where a declared field would, without that field's name being
    listed, is how the document spelled the field, and is written instead of it. An empty text says that the element
    was opened and closed around nothing. Empty for a document that libvirt wrote and this schema knows.
    """

    def __bool__(self) -> bool:
        return getattr(self, "supported", True) is True

    def __eq__(self, other: object) -> bool:
        """Whether both state the same: comments and the order of children say nothing, all else that was kept does."""
        if self is other:
            return True
        if not isinstance(other, Block) or type(self) is not type(other):
            return NotImplemented
        return self._stated() == other._stated()

    def __hash__(self) -> int:
        return hash(self._stated())

    def _stated(self) -> tuple[object, ...]:
        fields = type(self).declarations
        kept = [item for item in self.kept if item and item not in fields and not item.startswith(("<!--", "<?"))]
        return (tuple(sorted(kept)), *(getattr(self, field) for field in fields))

    def supports(self, path: str, value: str | None = None) -> bool | None:
        """Whether this says yes: `True`, no: `False`, or nothing: `None` (see `domcaps.schema.paths.supports`)."""
        from domcaps.schema.paths import supports  # noqa: PLC0415 - the queries import this module

        return supports(self, path, value)

    def get(self, path: str) -> object:
        """What stands at a path, `None` where nothing does (see `domcaps.schema.paths.get`)."""
        from domcaps.schema.paths import get  # noqa: PLC0415 - the queries import this module

        return get(self, path)

    def paths(self) -> Iterator[tuple[str, Declaration, object]]:
        """All that this states, as path, declaration and value (see `domcaps.schema.paths.paths`)."""
        from domcaps.schema.paths import paths  # noqa: PLC0415 - the queries import this module

        return paths(self)


def _declare(kind: Kind, name: str, since: str, **more: Any) -> Any:
    until = more.pop("until", None)
    return Declaration(
        kind=kind,
        name=name,
        since=release(since) if since else FIRST,
        until=release(until) if until else None,
        **more,
    )


class _Stated(TypedDict, total=False):
    """Columns of what can be stated always."""

    always: bool


class _AttributeColumns(_Stated, total=False):
    verdict: bool
    choices: tuple[str, ...]
    pattern: str
    bits: int


class _ElementColumns(_Stated, total=False):
    until: str | None
    spellings: tuple[str, ...]


class _TextColumns(_ElementColumns, total=False):
    pattern: str


class _ChildColumns(_ElementColumns, total=False):
    selector: tuple[str, str] | None


def attribute(
    name: str,
    codec: Codec = Codec.STRING,
    since: str = "",
    place: str = "",
    meaning: str = "",
    **more: Unpack[_AttributeColumns],
) -> Any:
    """An attribute of the block's own element; with `verdict` it says yes or no of that element."""
    return _declare(Kind.ATTRIBUTE, name, since, codec=codec, place=place, meaning=meaning, **more)


def yes_no() -> Any:
    """The attribute `supported` by which an element says yes or no of the whole."""
    return attribute("supported", Codec.YES_NO, verdict=True, always=True)


def content(meaning: str = "", *, codec: Codec = Codec.STRING, bits: int = 32) -> Any:
    """The text of the block's own element."""
    return _declare(Kind.CONTENT, "", "", codec=codec, meaning=meaning, bits=bits)


def text(name: str, codec: Codec, since: str, place: str = "", meaning: str = "", **more: Unpack[_TextColumns]) -> Any:
    """A child element that holds nothing but a text."""
    return _declare(Kind.TEXT, name, since, codec=codec, place=place, meaning=meaning, **more)


def child(
    name: str, block: type[Block], since: str, place: str = "", meaning: str = "", **more: Unpack[_ChildColumns]
) -> Any:
    """A child element that is a block of its own; `selector` tells it from siblings of the same name."""
    return _declare(Kind.CHILD, name, since, block=block, place=place, meaning=meaning, **more)


def enum(name: str, words: type[Word], since: str, place: str, meaning: str = "", *, until: str | None = None) -> Any:
    """An `<enum name='…'>` of options for one place of the domain XML."""
    return _declare(Kind.ENUM, name, since, words=words, place=place, meaning=meaning, until=until)


def values(since: str, place: str, meaning: str = "", *, complete: bool = True) -> Any:
    """`<value>` elements that stand in the block itself."""
    return _declare(Kind.VALUES, "value", since, place=place, meaning=meaning, complete=complete)


def items(
    name: str, block: type[Block], since: str, place: str = "", meaning: str = "", *, complete: bool = True
) -> Any:
    """A child block that stands there once, several times, or not at all."""
    return _declare(Kind.ITEMS, name, since, block=block, place=place, meaning=meaning, complete=complete)


def names_after(name: str, since: str, *, link: str, item: tuple[str, str], meaning: str = "") -> Any:
    """An element that follows the block's own, tied to it by the attribute `link`, with one child for each name."""
    return _declare(Kind.NAMES, name, since, link=link, item=item, meaning=meaning)


Walk = Callable[[type[Block], Declaration], None]
"""What a walk over all declarations calls for each."""


def walk(block: type[Block], visit: Walk) -> None:
    """Call `visit` for every declaration of a block and of all below it, in the document's order."""
    for declaration in block.declarations.values():
        visit(block, declaration)
        if declaration.block is not None:
            walk(declaration.block, visit)
