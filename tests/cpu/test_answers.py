"""QEMU's replies about CPUs, read into values."""

from __future__ import annotations

import msgspec
import pytest

from domcaps.cpu.answers import read_definitions, read_expansion
from domcaps.cpu.model import CpuDefinition, CpuMap
from domcaps.errors import ProbeError
from domcaps.release import release
from tests.cpu.small import R9, R12


def expanded(props: dict[str, object], **more: object) -> bytes:
    return msgspec.json.encode({"model": {"name": "base", "props": props}, **more})


def test_definitions_keep_qemu_s_order_and_get_libvirt_s_names(small: CpuMap) -> None:
    reply = msgspec.json.encode(
        [
            {"name": "max", "typename": "max-x86_64-cpu", "unavailable-features": [], "static": False},
            {"name": "Old", "unavailable-features": ["lahf-lm", "kvm-x", "lahf-lm"], "deprecated": True},
            {"name": "New"},
        ]
    )
    assert read_definitions(reply, arch="x86_64", release=R12, cpu_map=small) == (
        CpuDefinition(name="max", unavailable_features=()),
        CpuDefinition(name="Old", unavailable_features=("lahf_lm", "kvm-x", "lahf_lm"), deprecated=True),
        CpuDefinition(name="New"),
    )


def test_ppc64_models_get_the_map_s_spelling_and_features_stay(small: CpuMap) -> None:
    reply = msgspec.json.encode([{"name": "power8", "unavailable-features": ["lahf-lm"]}, {"name": "power8_v2.0"}])
    found = read_definitions(reply, arch="ppc64le", release=R12, cpu_map=small)
    assert [definition.name for definition in found] == ["POWER8", "power8_v2.0"]
    assert found[0].unavailable_features == ("lahf-lm",)


@pytest.mark.parametrize(("asked", "name"), [("5.8", "power8"), ("5.9", "POWER8")])
def test_libvirt_did_not_know_lower_case_power_before_5_9(asked: str, name: str, small: CpuMap) -> None:
    reply = msgspec.json.encode([{"name": "power8"}])
    (found,) = read_definitions(reply, arch="ppc64", release=release(asked), cpu_map=small)
    assert found.name == name


@pytest.mark.parametrize(("asked", "blocker"), [("8.8", "lahf-lm"), ("8.9", "lahf_lm")])
def test_what_blocks_a_model_had_qemus_name_before_8_9(asked: str, blocker: str, small: CpuMap) -> None:
    reply = msgspec.json.encode([{"name": "Old", "unavailable-features": ["lahf-lm"]}])
    (found,) = read_definitions(reply, arch="x86_64", release=release(asked), cpu_map=small)
    assert found.unavailable_features == (blocker,)


@pytest.mark.parametrize(("asked", "blockers"), [("2.4", None), ("2.5", ("x",))])
def test_nobody_read_what_blocks_a_model_before_2_5(
    asked: str, blockers: tuple[str, ...] | None, small: CpuMap
) -> None:
    reply = msgspec.json.encode([{"name": "Old", "unavailable-features": ["x"]}])
    (found,) = read_definitions(reply, arch="x86_64", release=release(asked), cpu_map=small)
    assert found.unavailable_features == blockers


@pytest.mark.parametrize(
    ("qemu", "old", "new"),
    [
        ("pclmulqdq", "pclmuldq", "pclmuldq"),
        ("tsc-adjust", "tsc_adjust", "tsc_adjust"),
        (
            "vmx-invept-single-context-noglobals",
            "vmx-invept-single-context-noglobals",
            "vmx-invvpid-single-context-noglobals",
        ),
        ("hv-vendor-id", "hv-vendor-id", "hv-vendor_id"),
        ("svm-lock", "svm-lock", "svm-lock"),
    ],
)
def test_names_are_those_of_the_release(qemu: str, old: str, new: str) -> None:
    reply = expanded({qemu: True})
    assert list(read_expansion(reply, arch="i686", release=R9).props) == [old]
    assert list(read_expansion(reply, arch="x86_64", release=R12).props) == [new]
    assert list(read_expansion(reply, arch="s390x", release=R12).props) == [qemu]


def test_values_that_are_no_cpu_property_are_dropped() -> None:
    reply = b"""{"model": {"name": "base", "props": {"null": null, "list": [], "object": {}, "fraction": 1.5,
        "huge": 99999999999999999999, "yes": true, "number": -1, "word": "x"}}}"""
    assert read_expansion(reply, arch="x86_64", release=R12).props == {"yes": True, "number": -1, "word": "x"}


def test_what_is_on_only_without_migratability_is_on_and_not_migratable() -> None:
    merged = read_expansion(
        expanded({"on": True, "invtsc": False, "off": False, "level": 1}),
        arch="x86_64",
        release=R12,
        unmigratable=expanded({"on": True, "invtsc": True, "off": False, "level": True, "new": True}),
    )
    assert merged.props == {"on": True, "invtsc": True, "off": False, "level": 1}
    assert merged.model == "base"
    assert merged.not_migratable == {"invtsc"}
    assert merged.migratability_known


def test_without_the_second_answer_migratability_is_not_known() -> None:
    assert not read_expansion(expanded({}), arch="x86_64", release=R12).migratability_known


@pytest.mark.parametrize(
    ("static", "full", "deprecated"),
    [
        pytest.param({"deprecated-props": ["te"]}, {"deprecated-props": ["bpb", "cte"]}, ("bpb", "cte"), id="the full"),
        pytest.param({"deprecated-props": ["te"]}, {}, ("te",), id="the static, when the full has none"),
        pytest.param({}, {}, (), id="neither"),
    ],
)
def test_deprecated_properties_are_those_of(
    static: dict[str, object], full: dict[str, object], deprecated: tuple[str, ...]
) -> None:
    reply = read_expansion(expanded({}, **static), arch="s390x", release=R12, full=expanded({}, **full))
    assert reply.deprecated == deprecated


def test_s390x_may_have_no_properties() -> None:
    reply = b'{"model": {"name": "z14-base"}}'
    assert read_expansion(reply, arch="s390x", release=R12).props == {}
    with pytest.raises(ProbeError, match="has no CPU properties"):
        read_expansion(reply, arch="x86_64", release=R12)


@pytest.mark.parametrize("reply", [b"{}", b'{"model": {"props": {}}}', b'{"model": 1}', b"[]", b"nonsense"])
def test_an_expansion_without_a_model_is_the_emulator_s_fault(reply: bytes) -> None:
    with pytest.raises(ProbeError, match="query-cpu-model-expansion"):
        read_expansion(reply, arch="x86_64", release=R12)


@pytest.mark.parametrize("reply", [b"{}", b"[{}]", b'[{"name": "x", "unavailable-features": 1}]', b""])
def test_definitions_that_are_none_are_the_emulator_s_fault(reply: bytes, small: CpuMap) -> None:
    with pytest.raises(ProbeError, match="query-cpu-definitions"):
        read_definitions(reply, arch="x86_64", release=R12, cpu_map=small)
