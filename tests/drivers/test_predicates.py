"""Conditions: three values, reasons, remedies."""

from __future__ import annotations

import msgspec
import pytest

from domcaps.drivers.predicates import (
    Predicate,
    Unstated,
    Verdict,
    all_of,
    always,
    any_of,
    from_release,
    never,
    not_,
    since,
    stated_if,
)
from domcaps.release import Release, release


class Given(msgspec.Struct, frozen=True):
    """Facts that are nothing but a release."""

    release: Release = release("10.0")


class Told(Predicate[object], frozen=True):
    """A condition that was told its answer."""

    answer: bool | None
    remedy: str = ""

    def judge(self, facts: object) -> Verdict:
        return Verdict(self.answer, f"told {self.answer} by {type(facts).__name__}", self.remedy)


YES, NO, UNKNOWN = Told(True), Told(False), Told(None)


@pytest.mark.parametrize(
    ("parts", "both", "either"),
    [
        ((YES, YES), True, True),
        ((YES, NO), False, True),
        ((NO, YES), False, True),
        ((NO, NO), False, False),
        ((YES, UNKNOWN), None, True),
        ((UNKNOWN, YES), None, True),
        ((NO, UNKNOWN), False, None),
        ((UNKNOWN, NO), False, None),
        ((UNKNOWN, UNKNOWN), None, None),
        ((), True, False),
    ],
)
def test_unknown_parts_decide_only_what_no_other_part_does(
    parts: tuple[Told, ...], both: bool | None, either: bool | None
) -> None:
    assert all_of(*parts).judge(Given()).holds is both
    assert any_of(*parts).judge(Given()).holds is either


@pytest.mark.parametrize(("part", "opposite"), [(YES, False), (NO, True), (UNKNOWN, None)])
def test_the_opposite_of_unknown_is_unknown(part: Told, opposite: bool | None) -> None:
    assert not_(part).judge(Given()).holds is opposite


def test_a_no_of_several_ways_names_every_way_to_a_yes() -> None:
    verdict = any_of(Told(False, "buy one"), Told(False, "borrow one"), Told(False, "buy one")).judge(Given())
    assert verdict.remedy == "buy one, or borrow one"


def test_a_no_of_several_needs_gives_the_reason_of_the_need_that_failed() -> None:
    verdict = all_of(always("first"), never("second"), UNKNOWN).judge(Given())
    assert (verdict.holds, verdict.reason) == (False, "second")


@pytest.mark.parametrize(("asked", "answer"), [("9.9.9", False), ("10.0.0", True), ("10.0.1", True), ("11.0.0", True)])
def test_a_release_counts_from_itself_on(asked: str, answer: bool) -> None:
    assert since("10.0").judge(Given(release(asked))).holds is answer


@pytest.mark.parametrize(("asked", "reason"), [("9.9", "old way"), ("10.0", "new way")])
def test_each_release_is_judged_by_its_own_condition(asked: str, reason: str) -> None:
    rule = from_release("10.0", always("new way"), before=always("old way"))
    assert rule.judge(Given(release(asked))).reason == reason


def test_what_a_release_does_not_state_is_neither_yes_nor_no() -> None:
    assert stated_if(never("not here"), always("yes")).judge(Given()) == Verdict(None, "not here", stated=False)
    assert stated_if(always("here"), never("no")).judge(Given()) == Verdict(False, "no")
    assert not Unstated("silent").judge(Given()).stated
