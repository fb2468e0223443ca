"""A document for eyes: one screen, sections aligned, what is not supported greyed, CPU models folded.

Rules kept here:

- a walk over the declarations: names, order and yes or no come from them;
- a block that says nothing but yes or no is folded with its like into one line; blocks that stand there many times are
  grouped by what they say of themselves, and versions of one CPU model are folded into one name;
- colour only when asked; a character that a terminal would obey is shown as `?`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from domcaps.schema.declare import Block, Codec, Declaration, Kind
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import verdict

_GREY, _BOLD, _END = "\x1b[90m", "\x1b[1m", "\x1b[0m"
_VERSION = re.compile(r"(.+)-v([1-9]\d*)")
_YES, _NO, _UNSAID = "yes", "no", "not said"
_Row = tuple[str, list[str], bool]
"""A row: its name, its cells, and whether it is greyed."""


def to_text(document: DomainCapabilities, *, width: int = 100, colour: bool = False) -> str:
    """Write a document for a person.

    Args:
        document: what to write.
        width: columns of the screen; a single longer word is not broken.
        colour: use ANSI escapes: grey for a no, bold for the names of sections.
    """
    facts, lists = [], []
    for declaration in type(document).declarations.values():
        value = getattr(document, declaration.field)
        if isinstance(value, Block):
            lists.append((declaration, value))
        elif value is not None:
            facts.append(_shown(declaration.codec.write(value)))
    lines = [_style("  ".join(facts), _BOLD, colour)] if facts else []
    rows: list[_Row] = []
    for declaration, block in lists:
        if not any(d.kind is Kind.CHILD for d in type(block).declarations.values()):
            rows.append(_row(declaration.spelling, block))
            continue
        lines += _aligned(rows, "", width, colour)
        rows = []
        says = _own_cells(block)
        title = declaration.spelling if verdict(block) is not False else f"{declaration.spelling}: no"
        lines.append(_style(title, _GREY if verdict(block) is False else _BOLD, colour))
        lines += _aligned([*([("", says, False)] if says else []), *_section(block)], "  ", width, colour)
    lines += _aligned(rows, "", width, colour)
    kept = sum(1 for _ in _kept(document))
    if kept:
        parts = "part" if kept == 1 else "parts"
        lines.append(f"{kept} {parts} beyond what this schema knows; `domcaps validate` names them")
    return "".join(f"{line}\n" for line in lines)


def _kept(block: Block) -> Iterator[str]:
    fields = type(block).declarations
    yield from (item for item in block.kept if item and item not in fields and not item.startswith(("<!--", "<?")))
    for field in fields:
        value = getattr(block, field)
        for below in value if isinstance(value, tuple) else (value,):
            if isinstance(below, Block):
                yield from _kept(below)


def _section(block: Block) -> Iterator[_Row]:
    """A row for each block of a section, those that say nothing but yes or no folded."""
    folded: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    rows = []
    for declaration in type(block).declarations.values():
        below = getattr(block, declaration.field)
        if isinstance(below, Block):
            row = _row(declaration.spelling, below)
            if row[1] in ([_YES], [_NO], [_UNSAID]):
                folded[verdict(below)].append(declaration.spelling)
            else:
                rows.append(row)
    yield from rows
    for answer, name in ((True, _YES), (None, _UNSAID), (False, _NO)):
        if folded[answer]:
            yield name, [" ".join(folded[answer])], answer is False


def _row(name: str, block: Block) -> _Row:
    says = verdict(block)
    if says is False:
        return name, [_NO], True
    cells = _own_cells(block, below=True)
    return name, cells or [_UNSAID if says is None else _YES], False


def _own_cells(block: Block, *, below: bool = False) -> list[str]:
    """What a block states, one cell a fact, its own text first; with `below`, its children too."""
    cells = []
    for declaration in type(block).declarations.values():
        value = getattr(block, declaration.field)
        if value is None or declaration.verdict:
            continue
        if isinstance(value, Block):
            cells += [f"{declaration.spelling}: {', '.join(_row('', value)[1])}"] if below else []
        elif declaration.kind is Kind.CONTENT:
            cells.insert(0, _shown(declaration.codec.write(value)))
        elif declaration.kind is Kind.ITEMS:
            cells += _items(declaration, value)
        elif isinstance(value, tuple):
            cells.append(f"{declaration.spelling}: {_shown(' '.join(value)) or 'none'}")
        else:
            cells.append(f"{declaration.spelling}: {_shown(declaration.codec.write(value))}")
    return cells


def _items(declaration: Declaration, items: tuple[Block, ...]) -> Iterator[str]:
    """Blocks of one kind by their verdict, with a count of each group and of each thing that some say yes to."""
    block = declaration.block
    if block is None or not items:
        return
    fields = block.declarations.values()
    deciding = next((d for d in fields if d.verdict), None)
    if deciding is None:
        yield from (f"{declaration.spelling} {' '.join(_own_cells(item))}" for item in items)
        return
    named = next((d for d in fields if d.kind is Kind.CONTENT), None) or next(d for d in fields if not d.verdict)
    for flag in (d for d in fields if d.kind is Kind.ATTRIBUTE and d.codec is Codec.YES_NO and d is not deciding):
        count = sum(getattr(item, flag.field) is True for item in items)
        if count:
            yield f"{count} {flag.name}"
    groups: dict[str, list[str]] = {}
    for item in items:
        says = getattr(item, deciding.field)
        says = _UNSAID if says is None else deciding.codec.write(says)
        groups.setdefault(says, []).append(_shown(getattr(item, named.field) or "?"))
    for says, names in sorted(groups.items(), reverse=True):
        yield f"{deciding.name} {_shown(says)} ({len(names)}): {' '.join(_folded(names))}"


def _folded(names: list[str]) -> list[str]:
    """Names with their versions folded: `EPYC(-v1…3)` is `EPYC` and three, `EPYC-v1,-v3` is those two alone."""
    stems = [_VERSION.fullmatch(name) for name in names]
    versions: dict[str, list[int]] = {}
    for name, found in zip(names, stems, strict=True):
        versions.setdefault(found[1] if found else name, []).extend([int(found[2])] if found else [])
    plain = {name for name, found in zip(names, stems, strict=True) if not found}
    folded = []
    for name, known in versions.items():
        listed = ",".join(f"-v{first}" if first == last else f"-v{first}…{last}" for first, last in _runs(known))
        folded.append((f"{name}({listed})" if listed else name) if name in plain else f"{name}{listed}")
    return folded


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of each run of numbers that follow one another."""
    first = 0
    for place, number in enumerate(numbers):
        if place + 1 == len(numbers) or numbers[place + 1] != number + 1:
            yield numbers[first], number
            first = place + 1


def _shown(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _style(text: str, style: str, colour: bool) -> str:
    return f"{style}{text}{_END}" if colour and text else text


def _aligned(rows: list[_Row], indent: str, width: int, colour: bool) -> Iterator[str]:
    """Rows under one another: names to the left, cells wrapped beside them."""
    column = max((len(name) for name, _, _ in rows), default=0)
    for name, cells, greyed in rows:
        room = max(width - len(indent) - column - 2, 20)
        first = f"{indent}{name:<{column}}  "
        for line in _wrapped(cells, room):
            yield _style(f"{first}{line}".rstrip(), _GREY if greyed else "", colour and greyed)
            first = " " * len(first)


def _wrapped(cells: list[str], room: int) -> list[str]:
    """Cells beside one another with a semicolon between, broken between words."""
    lines = [""]
    for place, cell in enumerate(cells):
        words = cell.split(" ")
        if place < len(cells) - 1:
            words[-1] += ";"
        if len(cell) > room and lines[-1]:
            lines.append("")
        for word in words:
            if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
                lines.append(word)
            else:
                lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines
