"""A host's own registers: there and back, which are read, and the host's CPU definition."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domcaps.cpu.choose import CpuData
from domcaps.cpu.cpuid import (
    Leaf,
    Registers,
    decode_registers,
    encode_registers,
    guest_features,
    host_definition,
    leaves_to_read,
    msrs_to_read,
)
from domcaps.cpu.model import CpuMap, CpuSignature, Model, Signature
from domcaps.cpu.shipped import load
from domcaps.release import NEWEST
from tests.cpu.small import PLACES, R9, R12, SMALL, feature_set, model, x86_map

SHIPPED = load(NEWEST).x86
SIGNATURES = st.builds(
    CpuSignature, family=st.integers(1, 15 + 255), model=st.integers(0, 255), stepping=st.integers(0, 15)
)


@given(
    names=st.sets(st.sampled_from([feature.name for feature in SHIPPED.features])),
    vendor=st.sampled_from([None, *(vendor.name for vendor in SHIPPED.vendors)]),
    signature=st.none() | SIGNATURES,
)
def test_registers_tell_the_cpu_that_they_were_made_of(
    names: set[str], vendor: str | None, signature: CpuSignature | None
) -> None:
    features = SHIPPED.mask(names - {"hle", "rtm"})  # whose absence has rules of its own
    cpu = CpuData(features=features, vendor=vendor, signature=signature)
    assert decode_registers(SHIPPED, encode_registers(SHIPPED, cpu)) == cpu


def test_broken_tsx_is_left_out_of_registers_too() -> None:
    haswell = CpuSignature(family=6, model=60, stepping=3)
    cpu = CpuData(features=feature_set(["a", "hle"]), vendor="Intel", signature=haswell)
    assert decode_registers(SMALL.x86, encode_registers(SMALL.x86, cpu)).features == feature_set("a")


def test_an_unread_leaf_has_no_features_and_an_unknown_vendor_is_none() -> None:
    unknown = Registers(cpuid=(Leaf(leaf=0, ebx=0x12345678),))
    assert decode_registers(SMALL.x86, unknown) == CpuData(features=0)


def test_the_leaves_to_read_are_those_of_the_map_and_the_first_two() -> None:
    assert leaves_to_read(SMALL.x86) == ((0, 0), (1, 0), (7, 0), (0x80000007, 0))
    assert leaves_to_read(msgspec.structs.replace(SMALL.x86, features=())) == ((0, 0), (1, 0))


@pytest.mark.parametrize(
    ("features", "before", "after"),
    [
        pytest.param(["arch-capabilities"], (0x10A,), (0x10A,), id="announced"),
        pytest.param(["a"], (), (0x10A,), id="not announced: newer releases read it all the same"),
    ],
)
def test_the_msrs_to_read(features: list[str], before: tuple[int, ...], after: tuple[int, ...]) -> None:
    leaves = encode_registers(SMALL.x86, CpuData(features=feature_set(features))).cpuid
    assert msrs_to_read(SMALL.x86, R9, leaves) == before
    assert msrs_to_read(SMALL.x86, R12, leaves) == after


def test_what_only_a_host_can_have_is_not_for_guests() -> None:
    dropped = SHIPPED.names(((1 << len(SHIPPED.features)) - 1) & ~guest_features(SHIPPED, R9))
    assert set(dropped) == {"cmt", "mbm_local", "mbm_total", "osxsave", "ospke"}
    assert not guest_features(SHIPPED, R12) & SHIPPED.mask(["vmx-ept-wb"])


@pytest.mark.parametrize(
    ("features", "vendor", "found"),
    [
        pytest.param("abce", "Intel", "Old-v1: e", id="nothing is disabled, and of equal models the last is taken"),
        pytest.param("abcdef", "Intel", "New:", id="the shortest list"),
        pytest.param("abcd", "AMD", "Other:", id="models of another vendor do not count"),
        pytest.param("abcd", "Intel", "Old-v1: d", id="whatever they have"),
        pytest.param("a", "Intel", "Tiny:", id="models without vendor do"),
        pytest.param("b", None, "", id="no model is part of it"),
    ],
)
def test_the_host_s_own_definition(small: CpuMap, features: str, vendor: str | None, found: str) -> None:
    host = host_definition(small.x86, CpuData(features=feature_set(features), vendor=vendor))
    spelled = f"{host.model}: {' '.join(feature.name for feature in host.features)}".rstrip() if host else ""
    assert spelled == found


def test_the_shorter_list_wins_wherever_its_model_stands() -> None:
    cpu = CpuData(features=feature_set("abcd"))
    for models in ((model("A", "abc"), model("B", "ab")), (model("B", "ab"), model("A", "abc"))):
        host = host_definition(x86_map(*models), cpu)
        assert host is not None
        assert host.model == "A"


def test_the_signature_decides_about_the_host_s_model_first() -> None:
    signed = Model(name="A", features=feature_set("a"), signatures=(Signature(family=6, model=1),))
    cpu = CpuData(features=feature_set("abc"), signature=CpuSignature(family=6, model=1, stepping=0))
    host = host_definition(x86_map(signed, model("B", "abc")), cpu)
    assert host is not None
    assert (host.model, host.signature) == ("A", cpu.signature)


def test_the_small_map_names_every_place() -> None:
    assert [feature.name for feature in SMALL.x86.features] == list(PLACES)
