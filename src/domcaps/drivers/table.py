"""A driver's table, and the document that follows from it.

A table's keys are the schema's own members (`Disk.bus`), its rows say from which facts each follows:

- for a child element, a predicate: yes, no (also for what is not known: libvirt writes no absence), or not stated;
- for an enum, `listed` with a predicate for each of its words;
- for text, numbers and lists, `taken` with the function that takes it from the facts, and what it reads.

`build` walks the schema's declarations with the table and gives the document; it names no element. `judged` and
`judged_word` tell of a row what `build` makes of it, with every part of its condition.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec

from domcaps.drivers.predicates import AllOf, AnyOf, ByRelease, Facts, Not, Predicate, Verdict, When
from domcaps.release import Release
from domcaps.schema.declare import Block, Declaration, Kind, Word
from domcaps.schema.filter import as_of

F = TypeVar("F", bound=Facts)
B = TypeVar("B", bound=Block)


class Listed(msgspec.Struct, Generic[F], frozen=True):
    """An enum's rows: a predicate a word."""

    words: Mapping[Word, Predicate[F]]
    even_if_empty: bool = True
    """Whether libvirt writes the enum when it lists nothing."""


class Taken(msgspec.Struct, Generic[F], frozen=True):
    """A value that is taken from the facts."""

    take: Callable[[F], Any]
    """Gives the value, `None` when the facts do not tell."""
    reads: str
    """What it reads, as a clause for people."""


Row = Predicate[F] | Listed[F] | Taken[F]
Table = Mapping[Hashable, "Row[F]"]


def listed(words: Mapping[Word, Predicate[F]], *, even_if_empty: bool = True) -> Listed[F]:
    """The rows of an enum."""
    return Listed(words, even_if_empty)


def taken(take: Callable[[F], Any], reads: str) -> Taken[F]:
    """The row of a value that is taken from the facts."""
    return Taken(take, reads)


def merged(*tables: Table[F]) -> Table[F]:
    """One table of several.

    Raises:
        ValueError: two of them have a row for the same member.
    """
    whole: dict[Hashable, Row[F]] = {}
    for table in tables:
        for member, row in table.items():
            if member in whole:
                raise ValueError(f"two rows for {member}")
            whole[member] = row
    return whole


def build(block: type[B], table: Table[F], facts: F) -> B:
    """The record of an element from a driver's table and facts, as the release that the facts name prints it."""
    fields: dict[str, Any] = {}
    for declaration, member in _members(block, facts.release):
        row = table.get(member)
        if row is None:
            continue
        value = _value(declaration, row, table, facts)
        if value is not None:
            fields[declaration.field] = value
    return block(**fields)


@lru_cache(maxsize=512)
def _members(block: type[Block], which: Release) -> tuple[tuple[Declaration, Hashable], ...]:
    return tuple((d, getattr(block, d.field)) for d in block.declarations.values() if d.known_to(which))


def _value(declaration: Declaration, row: Row[F], table: Table[F], facts: F) -> object:
    if isinstance(row, Taken):
        return _printed(row.take(facts), declaration, facts.release)
    if isinstance(row, Listed):
        return words_listed(declaration, row, facts)
    return _child(declaration, row.judge(facts), table, facts)


def _printed(value: object, declaration: Declaration, which: Release) -> object:
    """A value that was taken, less what stands in it and the release does not print."""
    block = declaration.block
    if block is None or value is None or _all_known(block, which):
        return value
    if isinstance(value, tuple):
        return tuple(as_of(item, which) for item in value)
    return as_of(value, which) if isinstance(value, Block) else value


@lru_cache(maxsize=512)
def _all_known(block: type[Block], which: Release) -> bool:
    return all(
        below.known_to(which) and (below.block is None or _all_known(below.block, which))
        for below in block.declarations.values()
    )


def words_listed(declaration: Declaration, row: Listed[F], facts: F) -> tuple[str, ...] | None:
    """The words of an enum that the facts allow and the release knows, in the order of the schema."""
    words = tuple(word.value for word in declaration.words or () if word_verdict(row, word, facts).holds)
    return words if words or row.even_if_empty else None


def word_verdict(row: Listed[F], word: Word, facts: F) -> Verdict:
    """Whether an enum lists a word: the release must know it, and its rule must hold."""
    if word not in row.words:
        return _NO_RULE
    if not word.known_to(facts.release):
        return Verdict(False, f"libvirt {facts.release} does not print it", _life(word))
    return row.words[word].judge(facts)


def _life(word: Word) -> str:
    if word.until is None:
        return f"libvirt {word.since} or newer"
    return f"libvirt {word.since} or newer, older than {word.until}"


_NO_RULE = Verdict(None, "the driver has no rule for it", stated=False)


class Judged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A condition with its verdict, and the same of its parts: what an answer follows from."""

    verdict: Verdict
    condition: str
    """What has to hold, as a sentence."""
    kind: str = ""
    """The class of the predicate."""
    parts: tuple[Judged, ...] = ()

    def leaves(self) -> Iterator[Judged]:
        """The conditions that have no parts, each of which reads a fact."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()

    @property
    def remedy(self) -> str:
        """What would make it a yes, all of it; empty when nothing is known that would."""
        if self.verdict.holds or not self.parts:
            return "" if self.verdict.holds else self.verdict.remedy
        needed = [part.remedy for part in self.parts if not part.verdict.holds]
        if self.kind == AnyOf.__name__:
            return ", or ".join(dict.fromkeys(filter(None, needed)))
        return ", and ".join(dict.fromkeys(needed)) if all(needed) else ""


def judged(rule: Predicate[F], facts: F) -> Judged:
    """Judge a condition as `build` does, and each of its parts."""
    parts: tuple[Predicate[Any], ...] = ()
    if isinstance(rule, AllOf | AnyOf):
        parts = rule.parts
    elif isinstance(rule, Not):
        parts = (rule.part,)
    elif isinstance(rule, ByRelease):
        parts = (rule.newer if facts.release >= rule.release else rule.older,)
    elif isinstance(rule, When):
        parts = (rule.condition, rule.then)
    condition = (type(rule).__doc__ or "").partition("\n")[0].rstrip(".")
    if isinstance(rule, ByRelease):
        condition = f"As libvirt {facts.release} has it; another rule holds {_side(rule.release, facts.release)}"
    return Judged(
        verdict=rule.judge(facts),
        condition=condition,
        kind=type(rule).__name__,
        parts=tuple(judged(part, facts) for part in parts),
    )


def _side(boundary: Release, which: Release) -> str:
    return f"before {boundary}" if which >= boundary else f"from {boundary} on"


def judged_word(row: Listed[F], word: Word, facts: F) -> Judged:
    """The verdict of `word_verdict`, with the parts of the word's rule."""
    verdict = word_verdict(row, word, facts)
    rule = row.words.get(word)
    if rule is None or not word.known_to(facts.release):
        return Judged(verdict=verdict, condition="The release that is asked for prints it")
    return judged(rule, facts)


def _child(declaration: Declaration, verdict: Verdict, table: Table[F], facts: F) -> Block | None:
    if declaration.block is None or not verdict.stated:
        return None
    says = "supported" in declaration.block.declarations
    if not verdict.holds:
        return declaration.block(supported=False) if says else None  # type: ignore[call-arg] # the class has the field
    whole = build(declaration.block, table, facts)
    return msgspec.structs.replace(whole, supported=True) if says else whole


def unruled(block: type[Block], table: Table[F]) -> list[str]:
    """Members of the schema without a row, and words without a rule: empty for a complete table."""
    missing: list[str] = []
    for declaration in block.declarations.values():
        if declaration.name == "supported" and declaration.kind is Kind.ATTRIBUTE:
            continue
        row = table.get(getattr(block, declaration.field))
        where = f"{block.__name__}.{declaration.field}"
        if row is None:
            missing.append(where)
        elif isinstance(row, Listed) and declaration.words:
            missing += [f"{where} '{word}'" for word in declaration.words if word not in row.words]
        elif isinstance(row, Predicate) and declaration.block:
            missing += unruled(declaration.block, table)
    return missing
