"""Conditions between values that are each listed: the rows of `check_condition_rows`, held against a guest."""

from __future__ import annotations

from collections.abc import Iterator

from domcaps.analysis.findings import Finding
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.condition_rows import CONDITIONS, Condition
from domcaps.analysis.guests.guest import Node


def findings(case: Case) -> Iterator[Finding]:
    """All conditions that do not hold."""
    for condition in CONDITIONS:
        for path in condition.paths:
            for node in case.guest.at.get(path) or ():
                value = condition.broken(case, node)
                if value is not None:
                    yield _finding(case, condition, node, value)


def _finding(case: Case, condition: Condition, node: Node, value: str) -> Finding:
    below, _, attribute = condition.at.rpartition("@")
    at = node.child(below.strip("/")) if below.strip("/") else node
    pointed = at if at is not None else node
    return case.unsupported(
        condition.code,
        case.said(condition.message, value),
        pointed,
        attribute if pointed.get(attribute) is not None else "",
        stage=condition.stage,
        path=condition.governs,
        asks=value,
        reason=case.said(condition.reason, value),
        alternative=condition.alternative,
        libvirt=case.said(condition.said, value),
        edits=condition.mend(case, node) if condition.mend is not None and not case.receive else (),
    )
