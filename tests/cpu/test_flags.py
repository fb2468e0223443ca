"""What the flags of domcapabilities do to a list of features."""

from __future__ import annotations

import pytest

from domcaps.cpu.flags import add_supported, by_name, disable, expand
from domcaps.cpu.model import CpuMap, FeaturePolicy, GuestCpu
from tests.cpu.small import policies, spelled

MSR = {0x10A: 1 | 1 << 33}


def cpu(features: str, *, model: str = "Old", vendor: str | None = "AMD") -> GuestCpu:
    return GuestCpu(model=model, vendor=vendor, features=policies(features))


def test_names_are_ordered_by_their_bytes() -> None:
    names = ["b_a", "b-a", "3d", "B", "b"]
    unordered = GuestCpu(model="Old", features=tuple(FeaturePolicy(None, name) for name in names))
    assert [feature.name for feature in by_name(unordered).features] == ["3d", "B", "b", "b-a", "b_a"]


def test_deprecated_features_are_disabled_in_place_or_at_the_end() -> None:
    assert spelled(disable(cpu("+a +c -b"), ["te", "c", "b"]).features) == "+a -c -b -te"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("+a", "+a +arch-capabilities +no-x +no-y", id="added when absent"),
        pytest.param("-no-y +a", "+no-y +a +arch-capabilities +no-x", id="turned on where disabled, in place"),
        pytest.param("-arch-capabilities", "+arch-capabilities +no-x +no-y", id="also the announcing one"),
        pytest.param("+arch-capabilities", "+arch-capabilities", id="left alone when QEMU has it on"),
    ],
)
def test_supported_features_of_amd(small: CpuMap, before: str, after: str) -> None:
    assert spelled(add_supported(cpu(before), small.x86, MSR).features) == after


def test_only_bits_that_are_set_are_supported(small: CpuMap) -> None:
    assert spelled(add_supported(cpu(""), small.x86, {0x10A: 1 << 33}).features) == "+arch-capabilities +no-y"


@pytest.mark.parametrize("vendor", ["Intel", "Hygon", None])
def test_other_vendors_need_no_support(small: CpuMap, vendor: str | None) -> None:
    assert add_supported(cpu("+a", vendor=vendor), small.x86, MSR).features == policies("+a")


@pytest.mark.parametrize("msrs", [None, {}, {0xCF: 1}])
def test_an_unknown_msr_adds_nothing(small: CpuMap, msrs: dict[int, int] | None) -> None:
    assert add_supported(cpu("+a"), small.x86, msrs).features == policies("+a")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("+e -b", "+a -b +c +e -gone", id="the model's own, then the entries laid over"),
        pytest.param("+gone", "+a +b +c +gone", id="what left the model may be listed"),
    ],
)
def test_expanding_lists_the_model_by_name(small: CpuMap, before: str, after: str) -> None:
    assert spelled(expand(cpu(before), small.x86).features) == after


def test_expanding_an_unknown_model_only_orders(small: CpuMap) -> None:
    assert spelled(expand(cpu("+c +a", model="Nonesuch"), small.x86).features) == "+a +c"
