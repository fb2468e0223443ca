"""Which places of a guest's definition the schema governs: its declarations, made ready to be looked up.

Rules kept here: the places are the schema's own (`place`), none is named again; an enum's values are looked for below
the elements of its block, so that what an element leaves out is seen as well as what it says.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from functools import lru_cache

import msgspec

from domcaps.analysis.guests.guest import Guest, Node
from domcaps.schema.declare import Block, Declaration, Kind
from domcaps.schema.document import DomainCapabilities

_STEP = re.compile(r"([\w.-]+|\*)(?:\[@([\w-]+)='([^']*)'\])?")


class Step(msgspec.Struct, frozen=True):
    """One element on the way, perhaps only where an attribute has a value."""

    name: str
    attribute: str = ""
    value: str = ""

    def fits(self, node: Node) -> bool:
        """Whether an element of that name is meant."""
        return not self.attribute or node.attributes.get(self.attribute) == self.value


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A place, read: elements from below `<domain>`, and an attribute of the last."""

    steps: tuple[Step, ...]
    attribute: str = ""
    path: str = ""
    """The elements' names, joined by `/`."""


def route_of(steps: tuple[Step, ...], attribute: str = "") -> Route:
    """A route by its steps."""
    return Route(steps=steps, attribute=attribute, path="/".join(step.name for step in steps))


class Governed(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An enum or an element of the document, and where a guest asks for it."""

    number: int
    """Its position among all."""
    member: Hashable
    """The schema's own member: the key of the rules' tables."""
    declaration: Declaration
    way: tuple[str, ...]
    """The fields from the document to it."""
    blocks: tuple[Declaration, ...]
    """The blocks on the way."""
    path: str
    """Its place in the document, in the document's words."""
    code: str
    """What codes of findings about it begin with."""
    subject: Route
    """The elements that may ask."""
    below: Route
    """From such an element to the value."""

    def title(self, value: str = "") -> str:
        """What it is called, with a value."""
        called = self.code.replace("-", " ")
        return f"{called} '{value}'" if value else called

    def subjects(self, guest: Guest) -> Iterator[Node]:
        """The elements that may ask."""
        return matching(guest, self.subject)

    def found_in(self, document: DomainCapabilities) -> object:
        """What the document states; `False`: it says no of it all, `None`: nothing."""
        value: object = document
        for field in self.way:
            if value is None:
                return None
            if isinstance(value, Block) and getattr(value, "supported", None) is False:
                return False
            value = getattr(value, field)
        return value


def matching(guest: Guest, route: Route) -> Iterator[Node]:
    """The elements of a route from below `<domain>`."""
    for node in guest.at.get(route.path) or ():
        at: Node | None = node
        for step in reversed(route.steps):
            if at is None or not step.fits(at):
                break
            at = at.parent
        else:
            yield node


def descend(node: Node, steps: tuple[Step, ...]) -> Iterator[Node]:
    """The elements some steps below another one; `*` is any."""
    if not steps:
        yield node
        return
    first, rest = steps[0], steps[1:]
    for child in node.children:
        if first.name in {child.name, "*"} and first.fits(child):
            yield from descend(child, rest)


@lru_cache(maxsize=512)
def route(place: str) -> Route:
    """Read a place of the schema.

    Raises:
        ValueError: it is not of the kind that the schema writes.
    """
    way, at, attribute = place.rpartition("@") if re.search(r"(^|/)@[\w-]+$", place) else (place, "", "")
    steps = []
    for text in (part for part in way.strip("/").split("/") if part):
        step = _STEP.fullmatch(text)
        if step is None:
            raise ValueError(f"not a place: {place}")
        steps.append(Step(step[1], step[2] or "", step[3] or ""))
    return route_of(tuple(steps), attribute if at else "")


@lru_cache(maxsize=1)
def all_governed() -> tuple[Governed, ...]:
    """Every enum with a place and every element with a place that can say no, in the document's order."""
    found: list[Governed] = []
    _collect(DomainCapabilities, (), (), Route(steps=()), found)
    return tuple(found)


def _collect(
    block: type[Block], way: tuple[str, ...], blocks: tuple[Declaration, ...], above: Route, found: list[Governed]
) -> None:
    for declaration in block.declarations.values():
        place = route(declaration.place) if declaration.place else None
        says_no = declaration.block is not None and "supported" in declaration.block.declarations
        if place is not None and (declaration.kind is Kind.ENUM or says_no):
            found.append(_governed(block, declaration, (*way, declaration.field), blocks, above, place, len(found)))
        if declaration.kind is Kind.CHILD and declaration.block is not None:
            inner = route_of(place.steps) if place is not None else above
            _collect(declaration.block, (*way, declaration.field), (*blocks, declaration), inner, found)


def _governed(  # noqa: PLR0913, PLR0917 - what a walk knows at this point
    block: type[Block],
    declaration: Declaration,
    way: tuple[str, ...],
    blocks: tuple[Declaration, ...],
    above: Route,
    place: Route,
    number: int,
) -> Governed:
    shared = len(above.steps) if declaration.kind is Kind.ENUM else len(place.steps)
    inside = place.path == above.path or place.path.startswith(f"{above.path}/")
    if not inside:
        shared = len(place.steps)
    spellings = [*(part.spelling for part in blocks), declaration.spelling]
    return Governed(
        number=number,
        member=getattr(block, declaration.field),
        declaration=declaration,
        way=way,
        blocks=blocks,
        path="/".join(spellings),
        code=_code(spellings),
        subject=route_of(place.steps[:shared]),
        below=route_of(place.steps[shared:], place.attribute),
    )


def _code(spellings: list[str]) -> str:
    """`devices/disk/diskDevice` → `disk-device`."""
    words: list[str] = []
    last: list[str] = []
    inner = spellings[1:] if len(spellings) > 1 and spellings[0] in {"devices", "features", "os"} else spellings
    for spelling in inner:
        said = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", spelling).lower().replace("_", "-").split("-")
        words += said[len(last) :] if said[: len(last)] == last else said
        last = said
    return "-".join(words)
