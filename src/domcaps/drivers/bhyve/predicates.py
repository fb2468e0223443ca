"""Predicates over the facts of a bhyve host."""

from __future__ import annotations

from domcaps.drivers.bhyve.facts import BhyveFacts
from domcaps.drivers.predicates import Predicate, Verdict


class BhyveHas(Predicate[BhyveFacts], frozen=True):
    """bhyve has a device, as its own words tell."""

    fact: str
    """The field of `BhyveHost`."""
    what: str

    def judge(self, facts: BhyveFacts) -> Verdict:
        """Look it up."""
        found: bool | None = getattr(facts.host, self.fact)
        if found is None:
            return Verdict(None, f"nobody asked bhyve for {self.what}")
        return Verdict(found, f"bhyve {'has' if found else 'has no'} {self.what}", "" if found else "a newer bhyve")


def bhyve_has(fact: str, what: str) -> BhyveHas:
    """bhyve has a device, as its own words tell."""
    return BhyveHas(fact, what)
