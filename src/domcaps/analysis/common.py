"""The document that holds on all of several hosts.

Pure code: `common` of two documents is again a document. It is the meet of a semilattice: idempotent, commutative and
associative, and every input offers at least what it offers (`domcaps.analysis.diff.within`).

Rules kept here:

- three values: no where any says no; not stated where any does not state; yes otherwise;
- of enums and lists what all list; of numbers the smallest; texts, and numbers that are no amounts, where all agree;
- equal values stay as they are; else words stand in the schema's order, and what the schema does not order in that of
  its bytes, so that the order of the inputs does not show;
- what a rule below does not name follows its declaration: a new element of the schema needs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import reduce
from typing import Any, TypeVar

import msgspec

from domcaps.analysis.host_models import combined, renamed
from domcaps.cpu.model import CpuMap, X86Map
from domcaps.cpu.shipped import load
from domcaps.release import NEWEST
from domcaps.schema.cpu import Cpu, CustomModel, HostModel
from domcaps.schema.declare import Block, Codec, Declaration, Kind
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.features import HypervDefaults, Sev

B = TypeVar("B", bound=Block)

_USABLE = {"no": 0, None: 1, "unknown": 2, "yes": 3}


def common(first: DomainCapabilities, *others: DomainCapabilities, cpu_map: CpuMap | None = None) -> DomainCapabilities:
    """The document that holds on all of several hosts.

    Args:
        first: a document.
        others: more documents; with none of them the result is the first.
        cpu_map: the models by which host-models are expanded and described; `None`: the newest that domcaps has.

    Returns:
        What all of them offer. Documents for different architectures have one too, that does not state an
        architecture: `mixed` tells.
    """
    x86 = (cpu_map or load(NEWEST)).x86
    return reduce(lambda a, b: _document(a, b, x86), others, first)


def mixed(documents: Mapping[str, DomainCapabilities]) -> str:
    """Why several hosts can have no guest in common, as a sentence; empty where they can.

    Args:
        documents: label to document.
    """
    arches: dict[str, list[str]] = {}
    for label, document in documents.items():
        if document.arch is not None:
            arches.setdefault(document.arch, []).append(label)
    if len(arches) < 2:
        return ""
    parts = ", ".join(f"{arch} ({', '.join(labels)})" for arch, labels in arches.items())
    return f"no guest can run on all of these: they are for guests of different architectures, {parts}"


def _document(a: DomainCapabilities, b: DomainCapabilities, x86: X86Map) -> DomainCapabilities:
    merged = _met(DomainCapabilities, a, b)
    cpu = _cpu(merged.cpu, a.cpu, b.cpu, x86)
    return merged if cpu is merged.cpu else msgspec.structs.replace(merged, cpu=cpu)


def _cpu(merged: Cpu | None, a: Cpu | None, b: Cpu | None, x86: X86Map) -> Cpu | None:
    """The CPU part with the host-model that both have; where they have none in common, the mode without a model."""
    if merged is None or merged.host_model is None or a is None or b is None or a == b:
        return merged
    one: HostModel | None = a.host_model
    other: HostModel | None = b.host_model
    custom = merged.custom.model if merged.custom is not None else ()
    found = combined(one, other, custom, x86) if one is not None and other is not None else None
    return msgspec.structs.replace(merged, host_model=renamed(merged.host_model, found))


def _block(block: type[Block], a: Block | None, b: Block | None) -> Block | None:
    """What two blocks both offer; `None` where one is not there and the other says no to nothing."""
    if a == b:
        return a
    merged = _met(block, block() if a is None else a, block() if b is None else b)
    return merged if (a is not None and b is not None) or merged != block() else None


def _met(block: type[B], a: B, b: B) -> B:
    fields = {d.field: _value(block, d, getattr(a, d.field), getattr(b, d.field)) for d in block.declarations.values()}
    return block(**fields, kept=a.kept if a == b else _kept(block, a.kept, b.kept))


def _value(block: type[Block], declaration: Declaration, x: Any, y: Any) -> Any:  # noqa: ANN401 - any field's type
    if x == y:
        return x
    rule = RULES.get(getattr(block, declaration.field))
    if rule is not None:
        return rule(x, y)
    if declaration.block is not None:
        meet = _items if declaration.kind is Kind.ITEMS else _block
        return meet(declaration.block, x, y)
    if declaration.kind in {Kind.ENUM, Kind.VALUES, Kind.NAMES}:
        words = _in_order(declaration, set(x or ()) & set(y or ()))
        # XML has no way to say that there are no values, only an enum that lists none
        return None if x is None or y is None or (declaration.kind is Kind.VALUES and not words) else words
    if declaration.codec is Codec.YES_NO:
        return _lesser((False, None, True), x, y)
    if declaration.codec is Codec.NUMBER:
        return None if x is None or y is None else min(x, y)
    return None


def _in_order(declaration: Declaration, words: set[str]) -> tuple[str, ...]:
    places = {word.value: place for place, word in enumerate(declaration.words or ())}
    return tuple(sorted(words, key=lambda word: (places.get(word, len(places)), word.encode(errors="replace"))))


def _items(block: type[Block], xs: tuple[Block, ...], ys: tuple[Block, ...]) -> tuple[Block, ...]:
    """What two lists of records both have, found by what each bears as its name, and in the order of that."""
    key = key_of(block)
    ours, theirs = _by_key(block, xs, key), _by_key(block, ys, key)
    found = [_met(block, ours[name], theirs[name]) for name in ours.keys() & theirs.keys()]
    return tuple(sorted(found, key=lambda item: _sortable(getattr(item, key))))


def _by_key(block: type[Block], items: tuple[Block, ...], key: str) -> dict[object, Block]:
    found: dict[object, Block] = {}
    for item in items:
        name = getattr(item, key)
        found[name] = _met(block, found[name], item) if name in found else item
    return found


def _sortable(name: object) -> tuple[int, int, bytes]:
    if isinstance(name, int):
        return (0, name, b"")
    return (1, 0, name.encode(errors="replace")) if isinstance(name, str) else (2, 0, b"")


def key_of(block: type[Block]) -> str:
    """The field by which one of several records is told from the others: its text, or else its first attribute."""
    fields = block.declarations.values()
    content = next((d.field for d in fields if d.kind is Kind.CONTENT), None)
    return content or next(d.field for d in fields if d.kind is Kind.ATTRIBUTE and not d.verdict)


def _kept(block: type[Block], a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    """What the schema does not know and both have alike, after the declared fields."""
    if not a or not b:
        return ()
    both = [item for item in dict.fromkeys(a) if item in b and _says_something(block, item)]
    attributes = sorted(item for item in both if item.startswith("@"))
    others = sorted(item for item in both if not item.startswith("@"))
    if not others:
        return tuple(attributes)
    from domcaps.formats.xml_reader import spelled_field  # noqa: PLC0415 - start-up: few documents hold anything kept

    spelled = {spelled_field(block, item) for item in others if item.startswith("<")}
    apart = {Kind.ATTRIBUTE, Kind.NAMES}
    fields = [d.field for d in block.declarations.values() if d.kind not in apart and d.field not in spelled]
    return (*attributes, *fields, *others)


def _says_something(block: type[Block], item: str) -> bool:
    return bool(item) and item not in block.declarations and not item.startswith(("<!--", "<?"))


Rule = Callable[[Any, Any], Any]


def _lesser(order: tuple[object, ...], x: object, y: object) -> Any:  # noqa: ANN401 - as `_value`
    return min(x, y, key=order.index)


def _agreed(_x: object, _y: object) -> None:
    """Values that differ have nothing in common."""
    return


def _usable(x: str | None, y: str | None) -> str | None:
    """The worse of two; what libvirt does not write is as good as nothing stated."""
    return min((value if value in _USABLE else None for value in (x, y)), key=lambda value: _USABLE[value])


def _deprecated(x: bool | None, y: bool | None) -> Any:  # noqa: ANN401 - as `_value`
    """Whether any advises against it."""
    return _lesser((True, None, False), x, y)


def _united(x: tuple[str, ...] | None, y: tuple[str, ...] | None) -> tuple[str, ...]:
    """What is in the way on any of them."""
    return tuple(sorted({*(x or ()), *(y or ())}, key=lambda name: name.encode(errors="replace")))


RULES: Mapping[Hashable, Rule] = {
    CustomModel.usable: _usable,
    CustomModel.deprecated: _deprecated,
    CustomModel.blockers: _united,
    Sev.cbitpos: _agreed,
    Sev.reduced_phys_bits: _agreed,
    HypervDefaults.spinlocks: _agreed,
}
"""Fields that do not follow their declaration: where more is worse, and numbers that are no amounts."""
