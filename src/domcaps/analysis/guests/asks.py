"""Whether an element asks for what it governs, and how much depends on it: one function a question of the rules."""

from __future__ import annotations

from domcaps.analysis.findings import Stage
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.guest import Node
from domcaps.release import release

FLOPPY_AT_DEFINITION = release("11.4")
"""By then, the release whose documents first leave floppy drives out for other machines than pSeries."""


def state_on(node: Node) -> bool:
    """A feature is on unless it says otherwise."""
    return node.get("state") in {None, "on"}


def enabled(node: Node) -> bool:
    """A feature is off unless it says otherwise."""
    return node.get("enabled") == "yes"


def hyperv(node: Node) -> list[tuple[Node, str, str]]:
    """The enlightenments that are on, of mode custom."""
    if node.get("mode") not in {None, "custom"}:
        return []
    return [(child, "", child.name) for child in node.children if child.get("state") == "on"]


def floppy(case: Case, _disk: Node, value: str, usual: Stage | None) -> Stage | None:
    """A floppy drive, or its bus, where there is none: older releases look at it when the guest starts."""
    old = case.ground.release < FLOPPY_AT_DEFINITION
    return Stage.START if old and value in {"floppy", "fdc"} else usual


def iommufd(_case: Case, hostdev: Node, _value: str, _usual: Stage | None) -> Stage | None:
    """With VFIO said, at definition; else when the driver is chosen."""
    return Stage.DEFINE if hostdev.value("driver", "name") == "vfio" else Stage.START
