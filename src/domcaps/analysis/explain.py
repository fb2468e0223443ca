"""Why a document has something or not: the rule and the facts that decided, since when, and what would change it.

Pure code. With the facts that a document was derived from, every row on the way to a path is judged again by what built
the document (`domcaps.drivers.table`), so that an explanation cannot drift from the answer. Of a document alone it
tells what the document says, since when libvirt prints it, and where it goes in a guest's definition.

Rule kept here: whether something is offered is the document's word; a rule only says why.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import msgspec

from domcaps.analysis.explain_cpu import (
    NamedModel,
    NearestModel,
    feature_of,
    model_of,
    nearest_models,
)
from domcaps.analysis.target import Target, resolve, standing
from domcaps.cpu.model import CpuMap
from domcaps.cpu.shipped import load
from domcaps.drivers.predicates import Facts, Predicate, Verdict
from domcaps.drivers.qemu.facts import HARDWARE, QemuFacts
from domcaps.drivers.table import Judged, Listed, Row, Table, Taken, judged, judged_word
from domcaps.release import FIRST, NEWEST
from domcaps.schema.cpu import HostModel
from domcaps.schema.declare import Block, Declaration, Kind, Word
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import supports, verdict

Ruled = tuple[Mapping[Hashable, Any], Facts]
"""A driver's table and the facts that a document followed from, as `domcaps.derive.ruled` gives them."""

_BY_KVM = frozenset(
    {"VirtTypeIs", "GicOffered", "HasEnlightenment", "SevAnswered", "SgxAnswered", "KvmHasTdx", "HostModelKnown"}
)
"""Conditions that may hold under KVM where they do not hold without it."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the driver's table on the way to what was asked."""

    path: str
    rule: Judged


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of what stands in a block, an enum or a list."""

    path: str
    offered: bool | None
    value: bool | int | str | None = None
    """Of a text or a number."""
    reason: str = ""
    remedy: str = ""
    since: str = ""
    until: str = ""


class About(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which document it is about."""

    path: str | None
    arch: str | None
    virt_type: str | None
    machine: str | None
    libvirt: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer and why it is that."""

    path: str
    offered: bool | None
    """`None`: not stated, or not known."""
    reason: str
    value: bool | int | str | tuple[str, ...] | None = None
    """What the document has there, where it is a text, a number, or a list."""
    remedy: str = ""
    """What would change the answer to a yes, as far as it is known."""
    meaning: str = ""
    since: str
    """The libvirt release that first printed it."""
    until: str = ""
    """The first that no longer does."""
    places: tuple[str, ...] = ()
    """What it governs in a guest's definition, as XPaths."""
    about: About
    steps: tuple[Step, ...] = ()
    """The rows that decided, the outermost first: the last one did. Empty for a document without facts."""
    entries: tuple[Entry, ...] = ()
    model: NamedModel | None = None
    nearest: NearestModel | None = None
    """Of a host-model: what it was chosen among."""
    notes: tuple[str, ...] = ()


def explain(
    path: str,
    document: DomainCapabilities,
    ruled: Ruled | None = None,
    *,
    cpu_map: CpuMap | None = None,
    kvm_said: str = "",
) -> Explanation:
    """Explain what a document says at a path.

    Args:
        path: as `domcaps.analysis.target` describes.
        document: the document.
        ruled: what it was derived from, if that is known.
        cpu_map: the models and features of the release; `None`: our own data.
        kvm_said: what stands in the way of KVM here, such as `/dev/kvm: Permission denied`.

    Raises:
        InputError: there is no such path or value; the nearest is in the message.
    """
    models = cpu_map or load(NEWEST if ruled is None else ruled[1].release)
    facts = ruled[1] if ruled is not None and isinstance(ruled[1], QemuFacts) else None
    target = resolve(path, document, models)
    steps = () if ruled is None else tuple(_steps(target, *ruled))
    offered, reason, remedy = _answer(target, document, steps)
    explanation = Explanation(
        path=target.path,
        offered=offered,
        reason=reason,
        value=_value(target, document),
        remedy=remedy,
        meaning=_meaning(target),
        since=_release(target.since),
        until=str(target.until or ""),
        places=target.places,
        about=_about(document, ruled),
        steps=steps,
        entries=tuple(_entries(target, document, ruled)),
        notes=_notes(offered, steps, target, facts, kvm_said),
    )
    if target.is_model and target.value is not None:
        return _of_model(explanation, target.value, document, facts, models)
    if target.is_feature and target.value is not None:
        found = feature_of(target.value, document, facts, models.x86)
        return msgspec.structs.replace(explanation, offered=found.offered, reason=found.reason)
    if "host-model" in target.base and facts is not None:
        return msgspec.structs.replace(explanation, nearest=nearest_models(facts.cpu.decoded))
    return explanation


def _of_model(
    explanation: Explanation, name: str, document: DomainCapabilities, facts: QemuFacts | None, cpu_map: CpuMap
) -> Explanation:
    answer = model_of(name, document, facts, cpu_map)
    return msgspec.structs.replace(
        explanation,
        offered=answer.offered,
        reason=answer.reason,
        remedy=answer.remedy,
        value=None if answer.model is None else answer.model.usable,
        model=answer.model,
    )


def _about(document: DomainCapabilities, ruled: Ruled | None) -> About:
    return About(
        path=document.path,
        arch=document.arch,
        virt_type=document.domain,
        machine=document.machine,
        libvirt="" if ruled is None else str(ruled[1].release),
    )


def _release(since: object) -> str:
    return "" if since == FIRST else str(since)


def _meaning(target: Target) -> str:
    if target.word is not None and target.word.meaning:
        return target.word.meaning
    if target.value is not None and (target.is_model or target.is_feature):
        return ""
    block = target.last.block
    return target.last.meaning or ((block.__doc__ or "").strip().rstrip(".") if block is not None else "")


def _steps(target: Target, table: Table[Any], facts: Facts) -> list[Step]:
    """The rows on the way, up to the one that decides."""
    steps: list[Step] = []
    block: type[Block] = DomainCapabilities
    for number, declaration in enumerate(target.way):
        path = "/".join(d.spelling for d in target.way[: number + 1])
        last = declaration is target.last
        row = table.get(getattr(block, declaration.field))
        rule = _rule(declaration, row, facts, target.value if last else None)
        if rule is not None:
            steps.append(Step(path=target.path if last else path, rule=rule))
            if not rule.verdict.holds:
                break
        if declaration.block is None:
            break
        block = declaration.block
    # what every host offers decides nothing, unless it is all there is
    telling = [step for step in steps[:-1] if step.rule.kind != "Always"]
    return [*telling, *steps[-1:]]


def _rule(declaration: Declaration, row: Row[Any] | None, facts: Facts, value: str | None) -> Judged | None:
    """What the table says of one declaration; `None` where it says nothing, as of the parts of a number."""
    if not declaration.known_to(facts.release):
        life = f"libvirt {declaration.since} or newer"
        if declaration.until is not None and facts.release >= declaration.until:
            life = f"libvirt older than {declaration.until}"
        said = Verdict(None, f"libvirt {facts.release} does not print it", life, stated=False)
        return Judged(verdict=said, condition="The release that is asked for prints it")
    if isinstance(row, Predicate):
        return judged(row, facts)
    if isinstance(row, Listed):
        return _listed_rule(declaration, row, facts, value)
    if isinstance(row, Taken):
        found = row.take(facts) not in {None, ()}
        reason = f"{'taken from' if found else 'there is none in'} {row.reads}"
        return Judged(verdict=Verdict(found, reason), condition=f"Taken from {row.reads}", kind="Taken")
    return None


def _listed_rule(declaration: Declaration, row: Listed[Any], facts: Facts, value: str | None) -> Judged | None:
    words = {word.value: word for word in declaration.words or ()}
    if value is not None:
        return judged_word(row, words[value], facts) if value in words else None
    parts = tuple(judged_word(row, word, facts) for word in words.values() if word.known_to(facts.release))
    held = sum(part.verdict.holds is True for part in parts)
    said = Verdict(held > 0, f"{held or 'none'} of its {len(parts)} values {'is' if held == 1 else 'are'} offered")
    return Judged(verdict=said, condition="Any of its values is offered", kind="AnyOf", parts=parts)


def _answer(target: Target, document: DomainCapabilities, steps: tuple[Step, ...]) -> tuple[bool | None, str, str]:
    """Whether it is offered, why, and what would change that."""
    offered = _offered(target, document)
    if steps:
        rule = steps[-1].rule
        reason = rule.verdict.reason
        if offered is None and not rule.verdict.stated:
            reason = f"not stated: {reason}"
        elif offered is False and rule.verdict.holds is None:
            reason = f"{reason}, and libvirt takes what it does not know for a no"
        found = standing(document, target.way)
        if target.value is not None and isinstance(found, int):
            reason = f"the document has {target.last.codec.write(found)} there, {reason}"
        elif target.last.block is HostModel and isinstance(found, HostModel) and found.model is not None:
            reason = rule.parts[-1].verdict.reason if rule.parts else reason
        return offered, reason, "" if offered else rule.remedy
    return offered, _said(target, document, offered), ""


def _offered(target: Target, document: DomainCapabilities) -> bool | None:
    found = standing(document, target.way)
    if target.value is not None and isinstance(found, int) and not isinstance(found, bool):
        return target.value.isdecimal() and int(target.value) <= found
    return supports(document, target.base, target.value)


def _said(target: Target, document: DomainCapabilities, offered: bool | None) -> str:
    """What a document alone says."""
    for number in range(1, len(target.way) + 1):
        way = target.way[:number]
        path = "/".join(d.spelling for d in way)
        found = standing(document, way)
        if found is None:
            return f"the document does not state {path}"
        if isinstance(found, Block) and verdict(found) is False:
            return f"the document says no to {path}"
    found = standing(document, target.way)
    if isinstance(found, int | str):
        return f"the document has {target.last.codec.write(found)} there"
    if target.value is None:
        return f"the document {'has' if offered else 'lists nothing at'} {target.base}"
    verb = "lists" if offered else "does not list"
    return f"the document {verb} {target.value} at {target.base}"


def _value(target: Target, document: DomainCapabilities) -> bool | int | str | tuple[str, ...] | None:
    found = standing(document, target.way)
    if target.value is not None or isinstance(found, Block) or found is None:
        return None
    if isinstance(found, tuple):
        return tuple(str(getattr(item, "name", "")) if isinstance(item, Block) else str(item) for item in found)
    return found if isinstance(found, bool | int | str) else None


def _entries(target: Target, document: DomainCapabilities, ruled: Ruled | None) -> list[Entry]:
    """What stands in it, one by one."""
    if target.value is not None:
        return []
    if target.last.kind is Kind.ENUM:
        return _words(target, document, ruled)
    block = target.last.block
    if block is None or block is HostModel or target.last.kind is Kind.ITEMS:
        return []
    entries: list[Entry] = []
    for declaration in block.declarations.values():
        below = Target(way=(*target.way, declaration))
        if declaration.kind is Kind.ENUM:
            entries += _words(below, document, ruled)
        elif declaration.kind is Kind.CHILD or (not declaration.verdict and _value(below, document) is not None):
            entries.append(_entry(below, document, ruled))
    return entries


def _words(target: Target, document: DomainCapabilities, ruled: Ruled | None) -> list[Entry]:
    found = standing(document, target.way)
    listed = [str(word) for word in found] if isinstance(found, tuple) else []
    if ruled is None and found is None:
        return [_entry(target, document, ruled)]
    words: dict[str, Word | None] = {word.value: word for word in target.last.words or ()}
    words |= {word: None for word in listed if word not in words}
    return [_entry(msgspec.structs.replace(target, value=word), document, ruled) for word in words]


def _entry(target: Target, document: DomainCapabilities, ruled: Ruled | None) -> Entry:
    steps = () if ruled is None else tuple(_steps(target, *ruled))
    offered, reason, remedy = _answer(target, document, steps)
    value = _value(target, document)
    return Entry(
        path=target.path,
        offered=offered,
        value=None if isinstance(value, tuple) else value,
        reason=reason if steps else "",
        remedy=remedy if steps else "",
        since=_release(target.since),
        until=str(target.until or ""),
    )


def _notes(
    offered: bool | None, steps: tuple[Step, ...], target: Target, facts: QemuFacts | None, kvm_said: str
) -> tuple[str, ...]:
    """What of the host has a part in it."""
    if offered is None and not steps and target.since > FIRST:
        return (f"libvirt {target.since} was the first to print it: an older one may have written this document",)
    if facts is None or offered or not facts.native or facts.virt_type in HARDWARE.values():
        return ()
    by_kvm = target.base.startswith("cpu") or any(
        leaf.kind in _BY_KVM and not leaf.verdict.holds for step in steps for leaf in step.rule.leaves()
    )
    if not by_kvm:
        return ()
    accelerator = HARDWARE.get(facts.emulator.hardware or "")
    if accelerator is not None:
        return (f"this is the answer for virt type {facts.virt_type}; the emulator has {accelerator} too",)
    if facts.host.kvm.usable is not False:
        return ()
    because = f": {kvm_said}" if kvm_said else ""
    return (f"kvm is not usable on this host{because}; with kvm the answer may be another",)
