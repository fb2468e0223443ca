"""Predicates over the facts of a Xen host."""

from __future__ import annotations

from domcaps.drivers.predicates import Predicate, Verdict
from domcaps.drivers.xen.facts import XenFacts


class MachineIs(Predicate[XenFacts], frozen=True):
    """The guest is of one of these kinds."""

    names: tuple[str, ...]

    def judge(self, facts: XenFacts) -> Verdict:
        """Compare with the machine that was asked for."""
        holds = facts.machine in self.names
        return Verdict(
            holds,
            f"the machine is {facts.machine}" + ("" if holds else f", not {' or '.join(self.names)}"),
            "" if holds else f"machine {self.names[0]}",
        )


def machine_is(*names: str) -> MachineIs:
    """The guest is of one of these kinds."""
    return MachineIs(names)
