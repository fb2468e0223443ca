"""Asking a document by path, in its own words: `devices/disk/bus`, `cpu/host-model/vendor`, `vcpu/max`.

Rules kept here:

- a path is made of the names that the XML has, joined by `/`; a CPU mode is called by its name; an attribute may be
  written with or without `@`; a spelling that is read is accepted;
- an answer has three values: yes, no, and not stated; `supported='no'` of a block is a no for all that stands in it; an
  enum denies what it does not list, and a list that is not complete by its declaration does not;
- a path that the schema does not have is an `InputError` that names the nearest one, never a `None`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from domcaps.errors import InputError
from domcaps.schema.declare import Block, Declaration, Kind

_VERDICTS: dict[object, bool] = {True: True, False: False, "yes": True, "no": False, "require": True, "disable": False}


@lru_cache(maxsize=1024)
def find(block: type[Block], path: str) -> tuple[Declaration, ...]:
    """The declarations on the way to a path, from a block down.

    Raises:
        InputError: there is no such path.
    """
    way: list[Declaration] = []
    below: type[Block] | None = block
    for name in path.strip("/").split("/"):
        declaration = None if below is None else _names(below).get(name.removeprefix("@"))
        if declaration is None:
            raise InputError(f"there is no '{path}' in the document{_nearest(block, path)}")
        way.append(declaration)
        below = declaration.block
    return tuple(way)


@lru_cache(maxsize=256)
def _names(block: type[Block]) -> dict[str, Declaration]:
    names = {}
    for declaration in block.declarations.values():
        for spelling in (*declaration.spellings, declaration.spelling):
            names[spelling] = declaration
    return names


def all_paths(block: type[Block], before: str = "") -> Iterator[tuple[str, Declaration]]:
    """Every path that the schema has below a block, in the document's order."""
    for declaration in block.declarations.values():
        path = before + declaration.spelling
        yield path, declaration
        if declaration.block is not None:
            yield from all_paths(declaration.block, f"{path}/")


def _nearest(block: type[Block], path: str) -> str:
    import difflib  # noqa: PLC0415 - start-up: only a mistake needs it

    known = [known for known, _ in all_paths(block)]
    last = path.rstrip("/").rsplit("/", 1)[-1]
    near = difflib.get_close_matches(path[:200], known, 1) or [p for p in known if p.rsplit("/", 1)[-1] == last][:1]
    return f"; did you mean '{near[0]}'?" if near else ""


def get(block: Block, path: str) -> object:
    """What stands at a path: a record, a tuple of words or of records, a text, a number, a yes or no.

    Returns:
        The value, `None` where nothing stands. Below a block that stands there any number of times, a tuple with what
        each of them has.

    Raises:
        InputError: the schema has no such path.
    """
    value: object = block
    for declaration in find(type(block), path):
        if isinstance(value, tuple):
            value = tuple(getattr(item, declaration.field) for item in value)
        elif value is not None:
            value = getattr(value, declaration.field)
    return value


def supports(block: Block, path: str, value: str | None = None) -> bool | None:
    """Whether a document says yes or no.

    Args:
        block: a document, or a part of it.
        path: of a block, an enum, a list or a single fact below it.
        value: the value asked for; `None` asks about the block, or whether the enum lists anything.

    Returns:
        `False` when a block on the way says `supported='no'`; `None` when what the path names is not there. Else, with
        a value, whether it is listed, and for a CPU model whether it is usable (`None` when that is unknown; `None` too
        for a feature that host-model does not list, since its model may have it, and for an unlisted firmware image);
        without one, what the block says of itself: `True` for a block that is there and cannot say it.

    Raises:
        InputError: the schema has no such path.
    """
    *way, last = find(type(block), path)
    at: object = block
    for declaration in way:
        if isinstance(at, Block):
            if verdict(at) is False:
                return False
            at = getattr(at, declaration.field)
    if not isinstance(at, Block):
        return _of_items(at, last, value) if isinstance(at, tuple) else None
    if verdict(at) is False and last.kind is not Kind.ATTRIBUTE:
        return False
    return _answer(getattr(at, last.field), last, value)


def verdict(block: Block) -> bool | None:
    """What a block says of itself; `True` when it has no way to say it, `None` when it could and does not."""
    deciding = next((d for d in type(block).declarations.values() if d.verdict), None)
    return True if deciding is None else _VERDICTS.get(getattr(block, deciding.field))


def _of_items(items: tuple[object, ...], last: Declaration, value: str | None) -> bool | None:
    """Whether any of several blocks has a value in a field."""
    found = [getattr(item, last.field) for item in items]
    answers = [_answer(one, last, value) for one in found if one is not None]
    return any(answers) if answers else None


def _answer(found: object, declaration: Declaration, value: str | None) -> bool | None:
    if found is None:
        return None
    if isinstance(found, Block):
        return verdict(found) if value is None else _has_content(found, value)
    if isinstance(found, tuple):
        if value is None:
            return bool(found)
        return _listed(found, value, declaration)
    if value is None:
        return found if isinstance(found, bool) else True
    return declaration.codec.write(found) == value


def _listed(found: tuple[object, ...], value: str, declaration: Declaration) -> bool | None:
    """Whether a list has a word, or a record that bears this name; `None` where it need not have it."""
    for item in found:
        if not isinstance(item, Block):
            if item == value:
                return True
        elif value in _texts(item):
            return verdict(item)
    return False if declaration.complete else None


def _has_content(block: Block, value: str) -> bool | None:
    return verdict(block) if value in _texts(block) else False


def _texts(block: Block) -> set[object]:
    """What a record bears as its name: its text, or, having none, any of its attributes that does not judge it."""
    declarations = type(block).declarations.values()
    attributes = [d for d in declarations if d.kind is Kind.ATTRIBUTE]
    named = (
        [d for d in declarations if d.kind is Kind.CONTENT] or [d for d in attributes if not d.verdict] or attributes
    )
    return {d.codec.write(getattr(block, d.field)) for d in named if getattr(block, d.field) is not None}


def paths(block: Block) -> Iterator[tuple[str, Declaration, object]]:
    """All that a document states, in its order: path, declaration, and value.

    A block comes before what stands in it. A block that stands there any number of times is one entry, whose value is
    the tuple of them.
    """
    yield from _paths(block, "")


def _paths(block: Block, before: str) -> Iterator[tuple[str, Declaration, object]]:
    for declaration in type(block).declarations.values():
        value = getattr(block, declaration.field)
        if value is None or (value == () and declaration.kind is Kind.ITEMS):
            continue
        path = before + declaration.spelling
        yield path, declaration, value
        if isinstance(value, Block):
            yield from _paths(value, f"{path}/")
