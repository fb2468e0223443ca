"""Whether a document is one that some libvirt can have written, and of which releases.

Rules kept here:

- what no libvirt writes (a contradiction, a value of the wrong type, a thing twice) is an error; what this schema does
  not know, or what libvirt always states and this document does not, is a warning: a newer release, or another driver,
  may do so; so is a CPU model twice, which libvirt has written for POWER;
- what is always stated is missed only where something as young is there: else the document may be older;
- releases are told by what stands there: the oldest is that of the youngest thing, by what drivers print (libvirt's own
  tests once made documents with every word of every enum, which no driver writes);
- every finding has the path of what it is about, and its line and column where the input was XML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from domcaps.formats.read import TOO_MANY, WORTH_PATTERNS, read_documents, tree_of
from domcaps.formats.xml_layout import match
from domcaps.formats.xml_reader import Unknown, document, table
from domcaps.formats.xml_stream import Fragment, Notes, Stream, decode
from domcaps.formats.xml_tree import Element
from domcaps.release import FIRST, NEWEST, Release
from domcaps.schema.declare import Block, Codec, Declaration, Kind
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import all_paths, find, get, paths, verdict


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """No libvirt writes this."""
    WARNING = "warning"
    """No libvirt that the schema knows writes this."""


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong, or not known."""

    severity: Severity
    kind: str
    """A word for programs: `unknown`, `value`, `twice`, `contradiction`, `missing`, `implausible`, `too-young`."""
    path: str
    message: str
    line: int | None = None
    column: int | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said about one document."""

    source: str
    line: int
    """Where in the input the document begins."""
    oldest: str
    """The oldest release that prints all that stands there."""
    because: tuple[str, ...]
    """What only that release and later ones print: the first few."""
    before: str | None
    """The release that no longer prints something that stands there; `None` when all is still printed."""
    findings: tuple[Finding, ...]

    @property
    def is_fine(self) -> bool:
        """Whether nothing is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


class _Context(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a document beside what it states."""

    source: str
    line: int
    libvirt: Release | None
    places: dict[str, tuple[int, int]] = {}
    unknown: tuple[Unknown, ...] = ()


_Place = tuple[int | None, int | None]
_Places = dict[str, tuple[int, int]]
_REASONS = 3
_MOST_LINES = 150_000
"""Lines of all documents of an input in libvirt's own layout, looking at which takes most of a second."""

EXPECTED = ("cpu", "devices", "features")
"""What every libvirt driver states, and libvirt's own schema does not ask for."""

POSITIVE = ("vcpu/max", "cpu/host-model/maxphysaddr/limit", "features/sev/cbitpos", "features/sgx/section_size/size")
"""Numbers that cannot be 0."""


def validate(
    data: bytes, source: str = "", *, libvirt: Release | None = None, notes: Notes | None = None
) -> list[Report]:
    """Look at all documents of an input.

    Args:
        data: XML or JSON, as `domcaps.formats.read.read_documents` takes it.
        source: the input's name.
        libvirt: a release that the documents are meant for: the first thing that is younger is an error.
        notes: as for reading.

    Raises:
        InputError: the input cannot be read.
    """
    if data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        found = read_documents(data, source, notes=notes)
        return [_report(one, _Context(source=source, line=1, libvirt=libvirt)) for one in found]
    stream = Stream(decode(data, source), source, notes)
    reports: list[Report] = []
    lines = 0

    def look_fast(position: int) -> int | None:
        """Look at a document in libvirt's own layout; one with findings is looked at again, for their places."""
        nonlocal lines
        found = match(stream.text, position) if len(stream.text) >= WORTH_PATTERNS else None
        if found is None:
            return None
        line = stream.line(position)
        report = _report(found[0], _Context(source=source, line=line, libvirt=libvirt))
        if report.findings:
            return None
        reports.append(report)
        lines += stream.line(found[1]) - line
        if lines > _MOST_LINES:
            stream.fail(TOO_MANY, position)
        return found[1]

    for fragment in stream.fragments(look_fast):
        reports.append(_of_xml(stream, fragment, libvirt))  # noqa: PERF401 - look_fast appends in between
    return reports


def _of_xml(stream: Stream, fragment: Fragment, libvirt: Release | None) -> Report:
    tree = tree_of(stream, fragment, cost=2)
    unknown: list[Unknown] = []
    found = document(tree, unknown)
    places: _Places = {}
    _locate(tree, DomainCapabilities, "", places)
    context = _Context(source=stream.source, line=fragment.line, libvirt=libvirt, places=places, unknown=tuple(unknown))
    return _report(found, context)


def _locate(element: Element, block: type[Block], before: str, places: _Places) -> None:
    """Note where everything that has a path begins; of several, where the first does."""
    for name in element.attributes:
        places.setdefault(f"{before}{name}", (element.line, element.column))
    for child in element.children:
        if not isinstance(child, Element):
            continue
        declaration = table(block).find(child.name, child.attributes)
        if declaration is None:
            continue
        path = before + declaration.spelling
        places.setdefault(path, (child.line, child.column))
        text = "".join(part for part in child.children if isinstance(part, str)).strip()
        places.setdefault(f"{path}={text}", (child.line, child.column))
        if declaration.block is not None:
            _locate(child, declaration.block, f"{path}/", places)
        for value in child.children if declaration.kind is Kind.ENUM else ():
            if isinstance(value, Element):
                word = "".join(part for part in value.children if isinstance(part, str)).strip()
                places.setdefault(f"{path}={word}", (value.line, value.column))


class _Thing(msgspec.Struct, frozen=True):
    """Something that stands in a document, with the releases that print it."""

    path: str
    name: str
    since: Release
    until: Release | None


def _things(found: Block) -> Iterator[_Thing]:
    """All that a document states and the schema dates."""
    for path, declaration, value in paths(found):
        yield _Thing(path, path, declaration.since, declaration.until)
        if declaration.words is not None and isinstance(value, tuple):
            members = {str(member): member for member in declaration.words}
            for word in value:
                if word in members:
                    yield _Thing(f"{path}={word}", f"{path} '{word}'", members[word].since, members[word].until)
        elif declaration.block is not None and isinstance(value, tuple):
            present = {path for item in value for path, _, _ in paths(item)}
            for below in declaration.block.declarations.values():
                if below.spelling in present:
                    inner = f"{path}/{below.spelling}"
                    yield _Thing(inner, inner, below.since, below.until)


def _report(found: DomainCapabilities, context: _Context) -> Report:
    places = context.places
    things = list(_things(found))
    oldest = max((thing.since for thing in things), default=FIRST)
    gone = min((thing.until for thing in things if thing.until is not None), default=None)
    youngest = [thing.name for thing in things if thing.since == oldest]
    findings = [_of_unknown(one) for one in context.unknown]
    findings += _strange_words(found, places)
    findings += _contradictions(found, places)
    findings += _implausible(found, places)
    findings += _missing(found, oldest, places)
    if gone is not None and gone <= oldest:
        last = next(thing for thing in things if thing.until == gone)
        message = f"{last.name} was last printed before libvirt {gone}, and {youngest[0]} came with {oldest}"
        findings.append(_finding(places, Severity.ERROR, "contradiction", last.path, message))
    if context.libvirt is not None:
        findings += _too_young(things, context.libvirt, places)
    findings.sort(key=lambda finding: (finding.line or 0, finding.column or 0))
    return Report(
        source=context.source,
        line=context.line,
        oldest=str(oldest),
        because=tuple(youngest[:_REASONS]) if oldest > FIRST else (),
        before=None if gone is None else str(gone),
        findings=tuple(findings),
    )


def _finding(places: _Places, severity: Severity, kind: str, path: str, message: str) -> Finding:
    bare = path.split("=", 1)[0]
    known: _Place = places.get(path) or places.get(bare) or (None, None)
    return Finding(severity=severity, kind=kind, path=bare, message=message, line=known[0], column=known[1])


def _of_unknown(unknown: Unknown) -> Finding:
    name = unknown.path.rsplit("/", 1)[-1]
    if unknown.what == "twice":
        severity, kind, message = Severity.ERROR, "twice", f"<{name}> stands here once more"
    elif unknown.what == "value":
        severity, kind, message = Severity.ERROR, "value", f"{name} is not spelled as any libvirt spells it"
    else:
        what = "text" if unknown.what == "text" else f"the {unknown.what} {name}"
        severity, kind, message = Severity.WARNING, "unknown", f"{what} is not known up to libvirt {NEWEST}"
    return Finding(
        severity=severity, kind=kind, path=unknown.path, message=message, line=unknown.line, column=unknown.column
    )


def _strange_words(found: Block, places: _Places) -> Iterator[Finding]:
    for path, declaration, value in paths(found):
        if declaration.words is None or not isinstance(value, tuple):
            continue
        known = set(map(str, declaration.words))
        for word in value:
            if word not in known:
                message = f"the value '{word}' of {path} is not known up to libvirt {NEWEST}"
                yield _finding(places, Severity.WARNING, "unknown", f"{path}={word}", message)


def _too_young(things: list[_Thing], libvirt: Release, places: _Places) -> Iterator[Finding]:
    young = [thing for thing in things if thing.since > libvirt]
    gone = [thing for thing in things if thing.until is not None and thing.until <= libvirt]
    if young:
        rest = f", and {len(young) - 1} more" if len(young) > 1 else ""
        message = f"{young[0].name} came with libvirt {young[0].since}: too young for {libvirt}{rest}"
        yield _finding(places, Severity.ERROR, "too-young", young[0].path, message)
    if gone:
        message = f"{gone[0].name} was last printed before libvirt {gone[0].until}: gone in {libvirt}"
        yield _finding(places, Severity.ERROR, "too-old", gone[0].path, message)


def _contradictions(found: Block, places: _Places) -> Iterator[Finding]:
    """What cannot both be so."""
    for path, declaration, value in paths(found):
        if isinstance(value, Block):
            if verdict(value) is False and (stated := _content_of(value)):
                message = f"{path} says no, and states {stated} nevertheless"
                yield _finding(places, Severity.ERROR, "contradiction", path, message)
        elif isinstance(value, tuple):
            names = [_name(item) if isinstance(item, Block) else item for item in value]
            severity = Severity.WARNING if declaration.kind is Kind.ITEMS else Severity.ERROR
            for name, count in Counter(name for name in names if name).items():
                if count > 1:
                    message = f"{path} lists '{name}' {count} times"
                    yield _finding(places, severity, "twice", f"{path}={name}", message)
            for item in value:
                if isinstance(item, Block):
                    yield from _of_item(item, path, declaration, places)


def _content_of(block: Block) -> str:
    """The first thing that a block states beside its verdict, empty when there is none."""
    for declaration in type(block).declarations.values():
        if not declaration.verdict and getattr(block, declaration.field) not in (None, ()):
            return declaration.spelling
    return ""


def _of_item(item: Block, path: str, declaration: Declaration, places: _Places) -> Iterator[Finding]:
    name = _name(item)
    for below in declaration.block.declarations.values() if declaration.block else ():
        names = getattr(item, below.field)
        if below.kind is Kind.NAMES and names is not None:
            if verdict(item) is not False:
                message = f"{name} has {below.spelling} without being said to be unusable"
                yield _finding(places, Severity.ERROR, "contradiction", f"{path}={name}", message)
            for one, count in Counter(names).items():
                if count > 1:
                    message = f"{name} lists '{one}' {count} times among its {below.spelling}"
                    yield _finding(places, Severity.ERROR, "twice", f"{path}={name}", message)


def _name(item: Block) -> str:
    """What a record of several is called: its text, else its last attribute that is a text, if it can differ."""
    declarations = [d for d in type(item).declarations.values() if not d.verdict]
    named = next((d for d in declarations if d.kind is Kind.CONTENT), None)
    if named is None and verdict(item) is not True and declarations:
        named = declarations[-1]
    value = None if named is None else getattr(item, named.field)
    return value if isinstance(value, str) else ""


def _implausible(found: DomainCapabilities, places: _Places) -> Iterator[Finding]:
    """Numbers and texts that no host has."""
    for path in POSITIVE:
        if get(found, path) == 0:
            yield _finding(places, Severity.ERROR, "implausible", path, f"{path} is 0")
    for path, declaration in all_paths(DomainCapabilities):
        if not declaration.choices and not (declaration.pattern and declaration.codec is Codec.STRING):
            continue
        values = get(found, path)
        strange = dict.fromkeys(
            value
            for value in (values if isinstance(values, tuple) else (values,))
            if isinstance(value, str) and not _is_usual(value, declaration)
        )
        for value in strange:
            rest = f"and not one of {', '.join(declaration.choices)}" if declaration.choices else "which none can be"
            message = f"{path} is '{value}', {rest}"
            yield _finding(places, Severity.WARNING, "unknown", path, message)


def _is_usual(value: str, declaration: Declaration) -> bool:
    if declaration.choices:
        return value in declaration.choices
    return re.fullmatch(declaration.pattern, value) is not None


def _missing(found: DomainCapabilities, oldest: Release, places: _Places) -> Iterator[Finding]:
    """What every release that can have written this states."""
    for path in EXPECTED:
        if get(found, path) is None and find(DomainCapabilities, path)[-1].since <= oldest:
            yield _finding(places, Severity.WARNING, "missing", path, f"there is no {path}, which every driver states")
    for name in _lacking(found, oldest):
        yield _finding(places, Severity.WARNING, "missing", name, f"there is no {name}, which every driver states")
    for path, _, value in paths(found):
        if isinstance(value, Block) and verdict(value) is not False:
            for name in _lacking(value, oldest):
                yield _finding(places, Severity.WARNING, "missing", path, f"{path} has no {name}")
        elif isinstance(value, tuple):
            lacking = [(name, item) for item in value if isinstance(item, Block) for name in _lacking(item, oldest)]
            for name, item in dict(reversed(lacking)).items():
                which = f"{path}={_name(item)}"
                message = f"{path} '{_name(item)}' has no {name}" if _name(item) else f"{path} has no {name}"
                yield _finding(places, Severity.WARNING, "missing", which, message)


def _lacking(block: Block, oldest: Release) -> Iterator[str]:
    """The names of what a block lacks of that which is stated always."""
    for declaration in type(block).declarations.values():
        if declaration.always and declaration.since <= oldest and getattr(block, declaration.field) is None:
            yield declaration.spelling
