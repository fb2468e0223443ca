#!/usr/bin/env python3
"""Writes docs/reference.md: every element, enum and value of the document, from the schema and QEMU's rules.

    tools/reference.py            write docs/reference.md
    tools/reference.py --check    status 1 when the file is not what would be written

Meanings, releases and places are the declarations' own; a rule's text is made of the predicate values themselves, by
`in_words`, which knows every predicate and refuses one that it does not know.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Any

from domcaps.drivers import predicates as p
from domcaps.drivers.qemu import firmware as f
from domcaps.drivers.qemu import hyperv as h
from domcaps.drivers.qemu import predicates as q
from domcaps.drivers.qemu.rules import cpu as c
from domcaps.drivers.qemu.rules.table import QEMU
from domcaps.drivers.table import Listed, Taken
from domcaps.release import FIRST, NEWEST, Release
from domcaps.schema.declare import Block, Declaration, Kind, Word
from domcaps.schema.document import ROOT, DomainCapabilities
from domcaps.schema.features import Flag

FILE = Path(__file__).resolve().parent.parent / "docs/reference.md"

HEAD = f"""# Reference: the document, element by element

Made by `tools/reference.py` from the schema (`src/domcaps/schema`) and the rules (`src/domcaps/drivers/qemu/rules`); do
not edit. It knows libvirt {NEWEST} and all releases before it, back to {FIRST}.

- **since**: the first libvirt release that prints it; {FIRST} where nothing is said. **until**: the first one that does
  not print it any more.
- **governs**: the place in a guest's definition, as an XPath below `/domain`.
- **QEMU**: when libvirt's QEMU driver says yes, or lists the value. What QEMU was not asked is a no.
- Paths are those of `domcaps explain` and `domcaps show --format text`.
"""

LEAVES: dict[type, Callable[[Any], str]] = {
    p.Always: lambda x: f"always: {x.reason}",
    p.Never: lambda x: f"never: {x.reason}",
    p.Unstated: lambda x: f"not stated: {x.reason}",
    p.Since: lambda x: f"libvirt is {short(x.release)} or newer",
    q.HasType: lambda x: f"QEMU has the type {_any(x.names)}",
    q.HasProperty: lambda x: f"QEMU's `{x.qom_type}` has the property `{x.name}`",
    q.QemuSince: lambda x: f"QEMU is {'.'.join(map(str, x.version))} or newer",
    q.HasDeviceProperty: lambda x: f"QEMU's device `{x.device}` has the property `{x.name}`",
    q.InSchema: lambda x: f"QEMU's QMP schema has `{x.path}`",
    q.HasOption: lambda x: f"QEMU has the option `{f'-{x.option} {x.parameter}'.rstrip()}`",
    q.Answers: lambda x: f"`{x.command}` lists `{x.word}`",
    q.MachineIs: lambda x: f"the machine is {' or '.join(kind.title for kind in x.kinds)}",
    q.OldS390: lambda _: "the machine is s390-ccw-virtio-2.4 to 2.7, under kvm",
    q.TargetIs: lambda x: f"the emulator is for {' or '.join(x.arches)}",
    q.GuestArchIs: lambda x: f"the guest is {x.arch}",
    q.VirtTypeIs: lambda x: f"the virt type is `{x.virt_type}`",
    q.HostHas: lambda x: f"the host has {x.title}",
    q.KvmHasTdx: lambda _: "KVM can run TDX guests",
    q.HostSwtpm: lambda x: f"the host's swtpm can set up TPM {x.version}" if x.version else "the host has swtpm",
    q.GicOffered: lambda x: f"`query-gic-capabilities` offers version {x.version} for the virt type",
    q.SevAnswered: lambda _: "QEMU answers `query-sev-capabilities`",
    q.SgxAnswered: lambda _: "QEMU answers `query-sgx-capabilities`, with sections",
    f.FirmwareInterface: lambda x: f"a firmware descriptor for the machine has the interface {x.interface}",
    f.SecureBoot: lambda x: f"a firmware descriptor for the machine {_has(x.has)} `secure-boot`",
    f.EnrolledKeys: lambda x: f"a firmware descriptor for the machine {_has(x.has)} `enrolled-keys`",
    f.NeedsSmm: lambda _: "a firmware descriptor for the machine has `requires-smm`",
    f.UefiVars: lambda _: "a firmware descriptor for the machine has `uefi-vars`",
    h.HasEnlightenment: lambda x: f"`hv-passthrough` turns on `hv-{x.name.replace('_', '-')}`",
    c.Native: lambda _: "the host's CPU runs the emulator's architecture",
    c.NamesModel: lambda x: f"QEMU has a CPU model `{x.name}`",
    c.HostModelKnown: lambda _: "the host's CPU can be described by a named model",
    c.HasModels: lambda _: "libvirt lists CPU models of QEMU's for the architecture",
}
"""A predicate that has no parts, and how it is said."""

GROUPED = (p.AllOf, p.AnyOf, p.ByRelease, p.When)
"""Predicates that are put in brackets inside another."""


def short(which: Release) -> str:
    """A release as people say it: 11.5, not 11.5.0."""
    return str(which).removesuffix(".0")


def _any(names: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _has(word: str) -> str:
    return "has" if word == "yes" else "lacks"


def in_words(rule: p.Predicate[Any]) -> str:
    """A predicate as a clause.

    Raises:
        TypeError: nobody said how to say it.
    """
    if isinstance(rule, p.AllOf):
        return ", and ".join(_part(part) for part in rule.parts)
    if isinstance(rule, p.AnyOf):
        return ", or ".join(_part(part) for part in rule.parts)
    if isinstance(rule, p.Not):
        return f"not: {_part(rule.part)}"
    if isinstance(rule, p.ByRelease):
        return f"from {short(rule.release)} on: {_part(rule.newer)}; before: {_part(rule.older)}"
    if isinstance(rule, p.When):
        return f"stated only if {_part(rule.condition)}; then {_part(rule.then)}"
    if type(rule) not in LEAVES:
        raise TypeError(f"tools/reference.py does not know how to say {type(rule).__name__}")
    return LEAVES[type(rule)](rule)


def _part(rule: p.Predicate[Any]) -> str:
    return f"({in_words(rule)})" if isinstance(rule, GROUPED) else in_words(rule)


def leaves(rule: p.Predicate[Any]) -> Iterator[p.Predicate[Any]]:
    """A predicate's parts that have no parts."""
    for part in p_parts(rule):
        yield from leaves(part)
    if not p_parts(rule):
        yield rule


def p_parts(rule: p.Predicate[Any]) -> tuple[p.Predicate[Any], ...]:
    """What a predicate is made of."""
    if isinstance(rule, p.AllOf | p.AnyOf):
        return rule.parts
    if isinstance(rule, p.Not):
        return (rule.part,)
    if isinstance(rule, p.ByRelease):
        return (rule.newer, rule.older)
    return (rule.condition, rule.then) if isinstance(rule, p.When) else ()


def reference() -> str:
    """The whole page."""
    lines = [HEAD.rstrip("\n"), "", f"## `<{ROOT}>`", "", sentence(DomainCapabilities)]
    lines += block(DomainCapabilities, "")
    return "\n".join(lines) + "\n"


def sentence(of: type[Block]) -> str:
    """What a block is: the first line of its docstring."""
    return (of.__doc__ or "").strip().splitlines()[0]


def block(of: type[Block], before: str) -> Iterator[str]:
    """The lines of a block: its plain fields in one table, then its enums and the blocks below it."""
    plain = [
        d
        for d in of.declarations.values()
        if d.kind not in {Kind.CHILD, Kind.ITEMS, Kind.ENUM} and d.name != "supported"
    ]
    if plain:
        yield from ("", "| | in XML | since | governs | meaning | QEMU |", "|---|---|---|---|---|---|")
        yield from (field(of, d, before) for d in plain)
    for declaration in of.declarations.values():
        path = before + declaration.spelling
        if declaration.kind is Kind.ENUM:
            yield from enum(of, declaration, path)
        elif declaration.block is not None:
            yield from child(of, declaration, path)


def field(of: type[Block], declaration: Declaration, before: str) -> str:
    """A row of an element's plain fields."""
    where = {
        Kind.ATTRIBUTE: f"`@{declaration.name}`",
        Kind.CONTENT: "its text",
        Kind.TEXT: f"`<{declaration.name}>`",
        Kind.VALUES: "`<value>`",
        Kind.NAMES: f"`<{declaration.name}>` after it",
    }[declaration.kind]
    name = f"`{before}{declaration.spelling}`"
    return row(name, where, when(declaration), place(declaration), declaration.meaning, rule_of(of, declaration))


def child(of: type[Block], declaration: Declaration, path: str) -> Iterator[str]:
    """A block below another: what it is, and all that stands in it."""
    inner = declaration.block
    if inner is None:
        return
    level = "##" if "/" not in path else "###"
    yield from ("", f"{level} `{path}`", "", facts(declaration, inner))
    said = rule_of(of, declaration)
    if said:
        yield from ("", f"**QEMU**: {said}.")
    yield from block(inner, f"{path}/")


def facts(declaration: Declaration, inner: type[Block]) -> str:
    """What a declaration says of its block, as sentences."""
    meaning = f"{declaration.meaning[:1].upper()}{declaration.meaning[1:]}."
    generic = inner is Flag and declaration.meaning
    parts = [meaning] if generic else [sentence(inner)]
    if declaration.meaning and meaning not in parts:
        parts.append(meaning)
    if declaration.kind is Kind.ITEMS:
        parts.append("Any number of times.")
    if "supported" not in inner.declarations:
        parts.append("It says no yes or no of its own.")
    if when(declaration):
        parts.append(f"Since {when(declaration)}.")
    if declaration.place:
        parts.append(f"Governs `{declaration.place}`.")
    return " ".join(parts)


def enum(of: type[Block], declaration: Declaration, path: str) -> Iterator[str]:
    """An enum: what it governs, and a row a value."""
    since = f" Since {when(declaration)}." if when(declaration) else ""
    meaning = declaration.meaning or sentence_of_words(declaration)
    yield from ("", f"#### `{path}`", "", f"{meaning[0].upper()}{meaning[1:]}.{since} Governs `{declaration.place}`.")
    yield from ("", "| value | since | meaning | QEMU |", "|---|---|---|---|")
    rules = QEMU.get(member(of, declaration))
    for word in declaration.words or ():
        rule = rules.words.get(word) if isinstance(rules, Listed) else None
        yield row(f"`{word}`", when(word), word.meaning, in_words(rule) if rule is not None else "")


def sentence_of_words(declaration: Declaration) -> str:
    """What the class of an enum's words says."""
    return ((declaration.words.__doc__ if declaration.words else None) or declaration.name).strip().rstrip(".")


def when(of: Declaration | Word) -> str:
    """The releases that print it; empty for all of them."""
    since = "" if of.since == FIRST else short(of.since)
    return f"{since or short(FIRST)} until {short(of.until)}" if of.until else since


def place(declaration: Declaration) -> str:
    """What it governs, as code."""
    return f"`{declaration.place}`" if declaration.place else ""


def member(of: type[Block], declaration: Declaration) -> Hashable:
    """The schema's member that a table has as its key."""
    found: Hashable = getattr(of, declaration.field)
    return found


def rule_of(of: type[Block], declaration: Declaration) -> str:
    """What QEMU's table says of a field; empty where a row above it says it all."""
    found = QEMU.get(member(of, declaration))
    if found is None or isinstance(found, Listed):
        return ""
    return f"taken from {found.reads}" if isinstance(found, Taken) else in_words(found)


def row(*cells: str) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> int:
    """Write the page, or compare it."""
    text = reference()
    if "--check" in sys.argv[1:]:
        same = FILE.exists() and FILE.read_text(encoding="utf-8") == text
        print(f"{FILE} is {'as it should be' if same else 'out of date: run tools/reference.py'}")
        return 0 if same else 1
    FILE.write_text(text, encoding="utf-8")
    print(f"{FILE}: {len(text.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
