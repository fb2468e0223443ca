"""From one ordered table to another: whatever the two are, the difference leads from the one to the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domcaps.cpu.changes import FIRST, Changes, changed, changes_between

TABLES = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 2))).map(dict)


@given(before=TABLES, after=TABLES)
def test_the_difference_leads_from_one_to_the_other_in_its_order(before: dict[str, int], after: dict[str, int]) -> None:
    assert list(changed(before, changes_between(before, after)).items()) == list(after.items())


@given(table=TABLES)
def test_there_is_no_difference_from_itself(table: dict[str, int]) -> None:
    assert changes_between(table, table) == Changes()


def test_what_left_changed_and_came_is_told_apart() -> None:
    before, after = {"a": 1, "b": 2, "c": 3}, {"z": 0, "a": 1, "c": 4, "d": 5, "e": 6}
    expected = Changes[int](gone=["b"], other={"c": 4}, new={FIRST: {"z": 0}, "c": {"d": 5, "e": 6}})
    assert changes_between(before, after) == expected
