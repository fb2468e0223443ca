"""The schema's walk over a guest: every enum and element with a place, what the guest asks there, what is offered.

Names no element of the document: the places are the schema's, what is special stands in `check_rules`. Rules kept here:
what the document does not state is unknown; a fact that nobody asked for makes an answer unknown, never a no; what
libvirt would choose is judged like what a guest says, unless the guest runs already.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from domcaps.analysis.findings import Edit, Finding, Severity
from domcaps.analysis.guests import edits
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.guest import Node
from domcaps.analysis.guests.places import Governed, all_governed, descend, matching, route, route_of
from domcaps.analysis.guests.rules import NO_RULE, REMOVE, RULES, UNSAID, Rule
from domcaps.drivers.predicates import Verdict
from domcaps.release import FIRST
from domcaps.schema.declare import Block, Kind


class Asked(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One value that a guest asks for."""

    subject: Node
    """The element that asks."""
    node: Node
    """The element that says it, or would."""
    attribute: str
    value: str
    chosen: bool = False
    steps: tuple[str, ...] = ()
    """From the subject to the element that would say it."""


@lru_cache(maxsize=1)
def _walked() -> tuple[tuple[Governed, Rule], ...]:
    rows = ((governed, RULES.get(governed.member, NO_RULE)) for governed in all_governed())
    return tuple((governed, rule) for governed, rule in rows if not rule.elsewhere)


def findings(case: Case) -> Iterator[Finding]:
    """All that the walk finds."""
    at = case.guest.at
    weak: list[Finding] = []
    said: set[str] = set()
    troubled: set[int] = set()
    for governed, rule in _walked():
        if governed.subject.path not in at and not rule.also and not rule.implied_by:
            continue
        judge = _enum if governed.declaration.kind is Kind.ENUM else _element
        for finding in judge(case, governed, rule, troubled):
            if rule.weak:
                weak.append(finding)
            else:
                said.add(finding.place.xpath)
                yield finding
    yield from (finding for finding in weak if finding.place.xpath not in said)


def stated(case: Case, governed: Governed) -> object:
    """What the document states of a governed place: worked out once."""
    listed = case.ground.listed
    if governed.number not in listed:
        found = governed.found_in(case.ground.document)
        listed[governed.number] = frozenset(found) if isinstance(found, tuple) else found
    return listed[governed.number]


def _element(case: Case, governed: Governed, rule: Rule, troubled: set[int]) -> Iterator[Finding]:
    block = stated(case, governed)
    if isinstance(block, Block) and getattr(block, "supported", None) is not False:
        return
    for subject in governed.subjects(case.guest):
        if rule.asks is not None and not rule.asks(subject):
            continue
        selector = governed.subject.steps[-1].attribute
        if block is None and case.ground.release < rule.newer.get("", FIRST):
            yield _not_yet(case, governed, rule, subject, "")
            return
        if block is None:
            if _is_stated_elsewhere(case, governed):
                return
            yield _unknown(case, governed, subject, selector)
            return
        troubled.add(id(subject))
        yield _refused(case, governed, rule, subject, selector)


def _is_stated_elsewhere(case: Case, governed: Governed) -> bool:
    """Whether what holds this block is itself not there: then that was said already."""
    if not governed.blocks or len(governed.way) < 2:
        return False
    above: object = case.ground.document
    for field in governed.way[:-1]:
        above = getattr(above, field, None)
    return above is None and governed.path.count("/") > 1


def _unknown(case: Case, governed: Governed, node: Node, attribute: str) -> Finding:
    since = governed.declaration.since
    return case.finding(
        Severity.UNKNOWN,
        f"{governed.code}-not-stated",
        f"the document does not say whether there is {governed.title()}",
        node,
        attribute,
        path=governed.path,
        reason=f"documents say it from libvirt {since} on, and not every driver does",
        since=str(since),
    )


def _not_yet(case: Case, governed: Governed, rule: Rule, node: Node, word: str) -> Finding:
    """A word or an element that came after the release."""
    since = rule.newer[word]
    removed = REMOVE in rule.nearest.get("*", ())
    return case.unsupported(
        f"{governed.code}-unsupported",
        f"libvirt {case.ground.release} does not know {governed.title(word)}",
        node,
        path=governed.path,
        asks=word,
        reason=f"it came with libvirt {since}",
        remedy=f"libvirt {since} or newer",
        since=str(since),
        alternative=f"leave <{node.name}> out" if removed else "",
        edits=(edits.remove(case.guest, node),) if removed else (),
    )


def _refused(case: Case, governed: Governed, rule: Rule, node: Node, attribute: str) -> Finding:
    """A whole element that the document says no of."""
    verdict = case.ground.why(governed.member)
    unknown = verdict is not None and verdict.holds is None
    removed = REMOVE in rule.nearest.get("*", ())
    return case.finding(
        Severity.UNKNOWN if unknown else Severity.UNSUPPORTED if rule.stage else Severity.NOTE,
        f"{governed.code}-{'unknown' if unknown else 'unsupported'}",
        f"{governed.title()} is not supported",
        node,
        attribute,
        stage=None if unknown else rule.stage,
        path=governed.path,
        asks=node.get(attribute) or "" if attribute else "",
        reason=_reason(verdict, f"the document says supported='no' of {governed.path}"),
        remedy=verdict.remedy if verdict else "",
        since=str(governed.declaration.since),
        alternative=f"leave <{node.name}> out" if removed else "",
        libvirt=case.said(rule.said),
        edits=(edits.remove(case.guest, node),) if removed else (),
    )


def _reason(verdict: Verdict | None, otherwise: str) -> str:
    return verdict.reason if verdict is not None else otherwise


def _enum(case: Case, governed: Governed, rule: Rule, troubled: set[int]) -> Iterator[Finding]:
    words = stated(case, governed)
    if words in {None, False} and rule.by_facts:
        words = case.ground.by_facts(governed.member)
    if words is False:
        return
    if words is None:
        yield from _not_stated(case, governed)
        return
    if not isinstance(words, frozenset):
        return
    for asked in _asked(case, governed, rule):
        if asked.value in words or (asked.chosen and id(asked.subject) in troubled):
            continue
        if case.ground.release < rule.newer.get(asked.value, FIRST):
            yield _not_yet(case, governed, rule, asked.node, asked.value)
            continue
        troubled.add(id(asked.subject))
        yield _unlisted(case, governed, rule, asked, words) if asked.value else _missing(case, governed, rule, asked)


def _not_stated(case: Case, governed: Governed) -> Iterator[Finding]:
    """An enum that its block does not have; a block that is not there is said by its own row."""
    above: object = case.ground.document
    for field in governed.way[:-1]:
        above = getattr(above, field, None)
    if above is None:
        return
    for subject in governed.subjects(case.guest):
        for node in descend(subject, governed.below.steps):
            attribute = governed.below.attribute
            if not attribute or attribute in node.attributes:
                yield _unknown(case, governed, node, attribute)
                return


def _asked(case: Case, governed: Governed, rule: Rule) -> Iterator[Asked]:
    """Every value that the guest says, and every one that libvirt would choose."""
    attribute = governed.below.attribute
    steps = tuple(step.name for step in governed.below.steps)
    if rule.implied_by and not case.guest.all(governed.subject.path):
        yield from _implied(case, governed, rule)
    for subject in governed.subjects(case.guest):
        if rule.values is not None:
            for node, name, value in rule.values(subject):
                yield Asked(subject=subject, node=node, attribute=name, value=value)
            continue
        saying = subject
        for node in descend(subject, governed.below.steps):
            saying = node
            said = node.attributes.get(attribute) if attribute else node.text
            if said is not None:
                yield Asked(subject=subject, node=node, attribute=attribute, value=said, steps=steps)
                break
        else:
            unsaid = Asked(subject=subject, node=saying, attribute=attribute, value="", steps=steps)
            yield from _chosen(case, rule, unsaid)
    for place in rule.also:
        yield from _also(case, rule, place)


def _chosen(case: Case, rule: Rule, unsaid: Asked) -> Iterator[Asked]:
    """What libvirt would choose for what an element does not say."""
    if case.receive:
        return
    value = rule.default(case, unsaid.subject) if rule.default is not None else None
    if value is not None or "" in rule.said_of:
        yield msgspec.structs.replace(unsaid, value=value or "", chosen=True)


def _implied(case: Case, governed: Governed, rule: Rule) -> Iterator[Asked]:
    """An element that is not there, and that libvirt adds because of another one."""
    for cause in case.guest.all(rule.implied_by)[:1]:
        if cause.parent is not None:
            steps = (governed.subject.steps[-1].name, *(step.name for step in governed.below.steps))
            unsaid = Asked(subject=cause.parent, node=cause, attribute=governed.below.attribute, value="", steps=steps)
            yield from _chosen(case, rule, unsaid)


def _also(case: Case, rule: Rule, place: str) -> Iterator[Asked]:
    further = route(place)
    steps = further.steps[:2] if further.steps[0].name == "devices" else further.steps[:1]
    below = further.steps[len(steps) :]
    for subject in matching(case.guest, route_of(steps)):
        unsaid = Asked(
            subject=subject,
            node=subject,
            attribute=further.attribute,
            value="",
            steps=tuple(step.name for step in below),
        )
        for node in descend(subject, below):
            value = node.attributes.get(further.attribute)
            if value is not None:
                yield msgspec.structs.replace(unsaid, node=node, value=value)
                break
        else:
            yield from _chosen(case, rule, unsaid)


def _missing(case: Case, governed: Governed, rule: Rule, asked: Asked) -> Finding:
    """Nothing is said, and libvirt would not know what to choose."""
    words = stated(case, governed)
    offered = _in_order(case, governed) if isinstance(words, frozenset) else ()
    nearest = _nearest(case, rule, "", frozenset(offered))
    alternative, changes = _alternative(case, rule, asked, nearest)
    return case.unsupported(
        f"{governed.code}-missing",
        f"{governed.title()} is not said, and libvirt has none to choose",
        asked.node,
        stage=rule.stage,
        path=governed.path,
        chosen=True,
        offered=offered,
        reason=f"for {case.ground.arch} {case.ground.machine} there is no default",
        alternative=alternative,
        libvirt=case.said(rule.said_of.get("", "")),
        edits=changes,
    )


def _unlisted(case: Case, governed: Governed, rule: Rule, asked: Asked, words: frozenset[str]) -> Finding:
    """A value that the document does not list."""
    value = asked.value
    verdict = case.ground.why(governed.member, value)
    stage = rule.stages.get(value, rule.stage)
    if rule.stage_of is not None:
        stage = rule.stage_of(case, asked.subject, value, stage)
    unknown = verdict is not None and verdict.holds is None
    severity = Severity.NOTE if stage is None else Severity.UNKNOWN if unknown else Severity.UNSUPPORTED
    suffix = {Severity.NOTE: "unlisted", Severity.UNKNOWN: "unknown"}.get(severity, "unsupported")
    alternative, changes = "", tuple[Edit, ...]()
    if severity is Severity.UNSUPPORTED:
        alternative, changes = _alternative(case, rule, asked, _nearest(case, rule, value, words))
    return case.finding(
        severity,
        f"{governed.code}-{suffix}",
        _message(governed, asked, severity),
        asked.node,
        "" if asked.chosen else asked.attribute,
        stage=stage if severity is Severity.UNSUPPORTED else None,
        path=governed.path,
        asks=value,
        chosen=asked.chosen,
        offered=_in_order(case, governed),
        reason=_reason(verdict, _no_such(governed, value)),
        remedy=verdict.remedy if verdict else "",
        since=_since(governed, value),
        alternative=alternative,
        libvirt=case.said(rule.said_of.get(value, rule.said), value) if severity is Severity.UNSUPPORTED else "",
        edits=changes,
    )


def _message(governed: Governed, asked: Asked, severity: Severity) -> str:
    title = governed.title(asked.value)
    if governed.below.steps[-1:] and governed.below.steps[-1].name == "*":
        title = title.replace("features ", "feature ", 1)
    who = ", which libvirt chooses here," if asked.chosen else ""
    if severity is Severity.NOTE:
        return f"{title}{who} is not listed; libvirt takes it, and whether it works is seen at start"
    verb = "may not be supported" if severity is Severity.UNKNOWN else "is not supported"
    return f"{title}{who} {verb}"


def _no_such(governed: Governed, value: str) -> str:
    known = governed.declaration.words is not None and value in list(governed.declaration.words)
    return f"the document does not list it among {governed.path}" if known else "no document can list it"


def _since(governed: Governed, value: str) -> str:
    word = next((word for word in governed.declaration.words or () if word == value), None)
    return "" if word is None else str(max(word.since, governed.declaration.since))


def _in_order(case: Case, governed: Governed) -> tuple[str, ...]:
    found = governed.found_in(case.ground.document)
    return tuple(map(str, found)) if isinstance(found, tuple) else ()


def _nearest(case: Case, rule: Rule, value: str, words: frozenset[str]) -> str | None:
    candidates = rule.nearest.get(value) or rule.nearest.get("*") or ()
    for near in candidates:
        known = near in words and case.ground.release >= rule.newer.get(near, FIRST)
        if near in {REMOVE, UNSAID} or (known and near != value):
            return near
    return None


def _alternative(case: Case, rule: Rule, asked: Asked, nearest: str | None) -> tuple[str, tuple[Edit, ...]]:
    """The nearest value as a clause, and the edits that make it so."""
    guest, attribute = case.guest, asked.attribute
    if nearest is None:
        return "", ()
    if nearest == REMOVE:
        gone = asked.node if rule.values is not None else asked.subject
        return f"leave <{gone.name}> out", (edits.remove(guest, gone),)
    if nearest == UNSAID:
        return f"leave {attribute} out", tuple(edits.remove_attribute(guest, asked.node, attribute))
    same = (other for other in case.guest.all(asked.subject.path) if other is not asked.subject)
    if rule.once and any(other.get(attribute) == nearest for other in same):
        return f"leave it out: there is {attribute}='{nearest}' already", (edits.remove(guest, asked.subject),)
    inside = asked.steps[-1] if asked.steps else asked.subject.name
    change = edits.set_below(guest, asked.subject, asked.steps, attribute, nearest)
    further = rule.tidy(case, asked.subject, nearest) if rule.tidy is not None else ()
    return f"{attribute}='{nearest}' in <{inside}>", (change, *further)
