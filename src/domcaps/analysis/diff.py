"""What two documents differ in, and what a guest could lose by it.

Pure code: `diff` walks the schema's declarations with two documents and gives changes as data. `diff(a, b)` is empty
exactly when `a == b`.

Rules kept here:

- a change is a *loss* where the second offers less than the first (a value gone, a yes that is no more, a smaller
  number, a CPU model no longer usable), a *gain* where it offers more, and a plain *change* where it is neither or
  nobody can tell (a machine's name, a number that is no amount, what the schema does not know);
- CPU models are compared by name; host-models by all that they have, as far as their models are known, else by what
  they list;
- a verdict stands at the path of what it is about, and what stood in a CPU model that is gone is not told one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from enum import StrEnum
from typing import Any

import msgspec

from domcaps.analysis.common import key_of
from domcaps.analysis.host_models import feature_names, listed, model_name
from domcaps.cpu.model import CpuMap, X86Map
from domcaps.cpu.shipped import load
from domcaps.release import NEWEST
from domcaps.schema.cpu import CustomModel, HostModel
from domcaps.schema.declare import Block, Codec, Declaration, Kind
from domcaps.schema.document import ROOT, DomainCapabilities
from domcaps.schema.features import HypervDefaults, Sev

Value = bool | int | str | tuple[str, ...] | None
"""What stands at a path; `None`: not stated. Of an enum's word: whether it is listed."""

_OFFERS: dict[object, int] = {True: 2, "yes": 2, "unknown": 1}
"""How much a verdict offers; no, and what is not stated, offer nothing."""
_LISTED: dict[object, int] = {"require": 2, "force": 2, "disable": 0, "forbid": 0}
"""How much a feature listed by a host-model offers; one that is not listed is the model's to have."""


class Became(StrEnum):
    """What became of what stood at a path."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Severity(StrEnum):
    """What that means for guests."""

    LOSS = "loss"
    GAIN = "gain"
    CHANGE = "change"


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One difference between two documents."""

    section: str
    """The block that it is in: `devices/disk`, `cpu/custom`; empty for the document's own texts."""
    path: str
    """`devices/tpm`, `devices/disk/bus=sata`, `vcpu/max`, `cpu/custom/EPYC`, `cpu/host-model/feature=avx2`."""
    kind: Became
    severity: Severity
    before: Value = None
    after: Value = None
    place: str = ""
    """The XPath below `/domain` of what it governs in a guest's definition."""
    reason: str = ""
    """Why it is not there, where the facts of the host that lacks it are known (`domcaps.analysis.causes`)."""


def diff(a: DomainCapabilities, b: DomainCapabilities, *, cpu_map: CpuMap | None = None) -> tuple[Change, ...]:
    """What the second of two documents has differently, in the order of the document.

    Args:
        a: before.
        b: after.
        cpu_map: the models by which host-models are expanded; `None`: the newest that domcaps has.
    """
    if a == b:
        return ()
    return tuple(_Walk((cpu_map or load(NEWEST)).x86).block(DomainCapabilities, _At("", "", ""), a, b))


def within(lesser: DomainCapabilities, greater: DomainCapabilities, *, cpu_map: CpuMap | None = None) -> bool:
    """Whether one document offers at least all that another one offers: the order of which `common` is the meet.

    Arguments as of `diff`. What describes a CPU without offering anything (the name of the nearest model, its vendor)
    does not count.
    """
    return all(_no_less(change) for change in diff(lesser, greater, cpu_map=cpu_map))


def _no_less(change: Change) -> bool:
    if change.severity is not Severity.CHANGE:
        return change.severity is Severity.GAIN
    if isinstance(change.before, tuple):
        return set(change.before) <= set(change.after if isinstance(change.after, tuple) else ())
    return change.before in {None, False} or change.section.startswith("cpu/")


class _At(msgspec.Struct, frozen=True):
    """Where a walk is."""

    section: str
    path: str
    place: str

    def below(self, declaration: Declaration) -> _At:
        path = f"{self.path}/{declaration.spelling}" if self.path else declaration.spelling
        inner = declaration.block is not None and self.path.count("/") == 0
        return _At(path if inner else self.section, path, declaration.place)

    def item(self, name: object) -> _At:
        """One of several records: a CPU model stands below its mode, any other is told by a value."""
        parent, _, last = self.path.rpartition("/")
        path = f"{parent}/{name}" if (self.section, last) == ("cpu/custom", "model") else f"{self.path}={name}"
        return _At(self.section, path, self.place)

    def change(self, before: Value, after: Value, severity: Severity = Severity.CHANGE) -> Change:
        came, went = before is None or before is False, after is None or after is False
        kind = Became.CHANGED if came == went else Became.ADDED if came else Became.REMOVED
        return Change(
            section=self.section,
            path=self.path or ROOT,
            kind=kind,
            severity=severity,
            before=before,
            after=after,
            place=self.place,
        )


class _Walk(msgspec.Struct, frozen=True):
    """A walk over two documents at once."""

    x86: X86Map

    def block(self, block: type[Block], at: _At, a: Block | None, b: Block | None) -> Iterator[Change]:
        """The changes of two records of one kind, of which one may not be there."""
        if a == b:
            return
        found = list(self._fields(block, at, block() if a is None else a, block() if b is None else b))
        if not found:
            found = [at.change(None if a is None else "", None if b is None else "")]
        yield from found

    def _fields(self, block: type[Block], at: _At, a: Block, b: Block) -> Iterator[Change]:
        for declaration in block.declarations.values():
            x, y = getattr(a, declaration.field), getattr(b, declaration.field)
            if x == y:
                continue
            below = at if declaration.verdict else at.below(declaration)
            member = getattr(block, declaration.field)
            if isinstance(a, HostModel) and isinstance(b, HostModel) and declaration.kind is Kind.ITEMS:
                yield from self._features(below, a, b)
            elif declaration.kind is Kind.ITEMS and declaration.block is not None:
                yield from self._items(declaration.block, below, x, y)
            elif declaration.block is not None:
                yield from self.block(declaration.block, below, x, y)
            elif declaration.kind in {Kind.ENUM, Kind.VALUES}:
                yield from _words(below, x, y)
            else:
                yield below.change(x, y, _severity(declaration, member, x, y))
        yield from _kept(block, at, a.kept, b.kept)

    def _items(self, block: type[Block], at: _At, xs: tuple[Block, ...], ys: tuple[Block, ...]) -> Iterator[Change]:
        key = key_of(block)
        before, after = ({getattr(item, key): item for item in items} for items in (xs, ys))
        found: list[Change] = []
        for name in {**before, **after}:
            x, y = before.get(name), after.get(name)
            if x is None or y is None:
                found.append(_item(at.item(name), x, y))
            else:
                found += self.block(block, at.item(name), x, y)
        yield from found or [at.change(_names(xs, key), _names(ys, key))]

    def _features(self, at: _At, a: HostModel, b: HostModel) -> Iterator[Change]:
        """What the CPUs have; where neither is told by a known model, and both by the same, what they list."""
        before, after = feature_names(a, self.x86), feature_names(b, self.x86)
        if before is not None and after is not None:
            for name in sorted(before ^ after):
                gone = name in before
                yield at.item(name).change(gone, not gone, Severity.LOSS if gone else Severity.GAIN)
        if model_name(a) != model_name(b) or before != after:
            return
        x, y = listed(a), listed(b)
        told = before is not None
        found = [
            at.item(name).change(x.get(name), y.get(name), Severity.CHANGE if told else _by_list(x, y, name))
            for name in {**x, **y}
            if (name in x, x.get(name)) != (name in y, y.get(name))
        ]
        yield from found or [at.change(tuple(x), tuple(y))]


def _item(at: _At, x: Block | None, y: Block | None) -> Change:
    """A record that came or went."""
    before, after = (_standing(item) for item in (x, y))
    if x is None:
        return at.change(before, after, Severity.GAIN if _OFFERS.get(after, 0) else Severity.CHANGE)
    return at.change(before, after, Severity.LOSS if _OFFERS.get(before, 0) else Severity.CHANGE)


def _standing(item: Block | None) -> Value:
    """What a record that is there says of itself."""
    if item is None:
        return None
    verdict = next((d.field for d in type(item).declarations.values() if d.verdict), None)
    value = True if verdict is None else getattr(item, verdict)
    return value if isinstance(value, bool | str) else ""


def _names(items: tuple[Block, ...], key: str) -> tuple[str, ...]:
    return tuple(str(getattr(item, key)) for item in items)


def _words(at: _At, x: tuple[str, ...] | None, y: tuple[str, ...] | None) -> Iterator[Change]:
    before, after = dict.fromkeys(x or ()), dict.fromkeys(y or ())
    found = [
        _At(at.section, f"{at.path}={word}", at.place).change(
            None if x is None else word in before,
            None if y is None else word in after,
            Severity.LOSS if word in before else Severity.GAIN,
        )
        for word in {**before, **after}
        if (word in before) != (word in after)
    ]
    yield from found or [at.change(x, y)]


def _kept(block: type[Block], at: _At, a: tuple[str, ...], b: tuple[str, ...]) -> Iterator[Change]:
    """What the schema does not know, as it stood in the XML."""
    before, after = (
        Counter(
            item for item in kept if item and item not in block.declarations and not item.startswith(("<!--", "<?"))
        )
        for kept in (a, b)
    )
    yield from (at.change(item, None) for item in (before - after).elements())
    yield from (at.change(None, item) for item in (after - before).elements())


def _severity(declaration: Declaration, member: Hashable, x: Any, y: Any) -> Severity:  # noqa: ANN401 - any field's type
    if member in PLAIN:
        return Severity.CHANGE
    if declaration.kind is Kind.NAMES:
        more, fewer = set(y or ()) - set(x or ()), set(x or ()) - set(y or ())
        return Severity.LOSS if more else Severity.GAIN if fewer else Severity.CHANGE
    if declaration.verdict or declaration.codec is Codec.YES_NO:
        return _compared(_OFFERS.get(x, 0), _OFFERS.get(y, 0))
    if declaration.codec is Codec.NUMBER:
        return _compared(-1 if x is None else x, -1 if y is None else y)
    return Severity.CHANGE


def _by_list(x: dict[str, str | None], y: dict[str, str | None], name: str) -> Severity:
    before, after = (_LISTED.get(policies[name] or "require", 1) if name in policies else 1 for policies in (x, y))
    return _compared(before, after)


def _compared(before: int, after: int) -> Severity:
    return Severity.CHANGE if before == after else Severity.GAIN if before < after else Severity.LOSS


PLAIN: frozenset[Hashable] = frozenset(
    {CustomModel.deprecated, Sev.cbitpos, Sev.reduced_phys_bits, HypervDefaults.spinlocks}
)
"""Fields of which neither more nor less is better."""
