"""Predicates: small frozen values that can be evaluated and can say themselves.

A driver's table says by a predicate when a value is offered. Judging one gives a verdict that carries its reason, so
what explains an answer is what gave it.

Rules kept here:

- three values: a fact that nobody asked for makes a verdict `None`, never `False`; one decided part decides the whole
  where logic allows it;
- a reason is a clause in present tense; a remedy, where there is one, says what would make the answer a yes.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import msgspec

from domcaps.release import Release, release


class Facts(Protocol):
    """What every driver's facts have in common."""

    @property
    def release(self) -> Release:
        """The libvirt release whose answer is wanted."""


F = TypeVar("F", contravariant=True)  # noqa: PLC0105 - the same letter as in every driver's tables


class Verdict(msgspec.Struct, frozen=True):
    """An answer with its reason."""

    holds: bool | None
    """`None`: not known."""
    reason: str
    remedy: str = ""
    """What would make it a yes; empty when nothing would, or when it is one."""
    stated: bool = True
    """Whether libvirt says anything of it at all: what it does not know it writes as a no."""


class Predicate(msgspec.Struct, Generic[F], frozen=True):
    """A condition on the facts of a driver."""

    def judge(self, facts: F) -> Verdict:
        """Evaluate the condition."""
        raise NotImplementedError


class Always(Predicate[object], frozen=True):
    """Holds on every host."""

    reason: str

    def judge(self, facts: object) -> Verdict:  # noqa: ARG002 - holds whatever the facts are
        """Yes."""
        return Verdict(True, self.reason)


class Never(Predicate[object], frozen=True):
    """Holds on no host."""

    reason: str

    def judge(self, facts: object) -> Verdict:  # noqa: ARG002 - whatever the facts are
        """No."""
        return Verdict(False, self.reason)


class Unstated(Predicate[object], frozen=True):
    """The driver does not say."""

    reason: str

    def judge(self, facts: object) -> Verdict:  # noqa: ARG002 - whatever the facts are
        """Neither yes nor no."""
        return Verdict(None, self.reason, stated=False)


class AllOf(Predicate[F], Generic[F], frozen=True):
    """Every part holds."""

    parts: tuple[Predicate[F], ...]

    def judge(self, facts: F) -> Verdict:
        """No if any part is no; else unknown if any is unknown."""
        verdicts = [part.judge(facts) for part in self.parts]
        for wanted in (False, None):
            for verdict in verdicts:
                if verdict.holds is wanted:
                    return verdict
        return Verdict(True, ", and ".join(verdict.reason for verdict in verdicts))


class AnyOf(Predicate[F], Generic[F], frozen=True):
    """At least one part holds."""

    parts: tuple[Predicate[F], ...]

    def judge(self, facts: F) -> Verdict:
        """Yes if any part is yes; else unknown if any is unknown."""
        verdicts = [part.judge(facts) for part in self.parts]
        for wanted in (True, None):
            for verdict in verdicts:
                if verdict.holds is wanted:
                    return verdict
        remedies = dict.fromkeys(verdict.remedy for verdict in verdicts if verdict.remedy)
        return Verdict(False, ", and ".join(verdict.reason for verdict in verdicts), ", or ".join(remedies))


class Not(Predicate[F], Generic[F], frozen=True):
    """The part does not hold."""

    part: Predicate[F]

    def judge(self, facts: F) -> Verdict:
        """The opposite; unknown stays unknown."""
        verdict = self.part.judge(facts)
        return verdict if verdict.holds is None else Verdict(not verdict.holds, verdict.reason)


class Since(Predicate[Facts], frozen=True):
    """libvirt answers so from a release on."""

    release: Release

    def judge(self, facts: Facts) -> Verdict:
        """Compare with the release whose answer is wanted."""
        if facts.release >= self.release:
            return Verdict(True, f"libvirt {self.release} or newer is asked for")
        return Verdict(False, f"libvirt {facts.release} is older than {self.release}")


class ByRelease(Predicate[F], Generic[F], frozen=True):
    """One condition before a release, another from it on."""

    release: Release
    older: Predicate[F]
    newer: Predicate[F]

    def judge(self, facts: F) -> Verdict:
        """Judge by the condition of the release whose answer is wanted."""
        wanted: Release = facts.release  # type: ignore[attr-defined] # F is a driver's Facts; Generic cannot say so here
        return (self.newer if wanted >= self.release else self.older).judge(facts)


class When(Predicate[F], Generic[F], frozen=True):
    """Stated only under a condition: where that does not hold, the element is absent."""

    condition: Predicate[F]
    then: Predicate[F]

    def judge(self, facts: F) -> Verdict:
        """Unknown where the condition does not hold."""
        verdict = self.condition.judge(facts)
        return self.then.judge(facts) if verdict.holds else Verdict(None, verdict.reason, stated=False)


def always(reason: str) -> Always:
    """Holds on every host."""
    return Always(reason)


def never(reason: str) -> Never:
    """Holds on no host."""
    return Never(reason)


def unstated(reason: str) -> Unstated:
    """The driver does not say."""
    return Unstated(reason)


def all_of(*parts: Predicate[F]) -> AllOf[F]:
    """Every part holds."""
    return AllOf(parts)


def any_of(*parts: Predicate[F]) -> AnyOf[F]:
    """At least one part holds."""
    return AnyOf(parts)


def not_(part: Predicate[F]) -> Not[F]:
    """The part does not hold."""
    return Not(part)


def since(which: str) -> Since:
    """That libvirt release or a newer one is imitated."""
    return Since(release(which))


def from_release(which: str, newer: Predicate[F], *, before: Predicate[F]) -> ByRelease[F]:
    """`before` until a libvirt release, `newer` from it on."""
    return ByRelease(release(which), before, newer)


def stated_if(condition: Predicate[F], then: Predicate[F]) -> When[F]:
    """`then` where the condition holds; elsewhere the element is absent."""
    return When(condition, then)
