"""The custom models of a document."""

from __future__ import annotations

import pytest

from domcaps.cpu.custom import custom_models
from domcaps.cpu.model import CpuDefinition, CpuMap, CustomModel
from domcaps.release import Release
from tests.cpu.small import R9, R11, R12, definitions

QEMU = definitions(host=(), max=(), base=(), New=("b", "a-z", "a_z", "b"), Old=(), Tiny=None)


def names(arch: str, small: CpuMap, release: Release = R12, found: tuple[CpuDefinition, ...] = QEMU) -> list[str]:
    models = custom_models(document_arch=arch, definitions=found, cpu_map=small, release=release)
    return [model.name for model in models]


@pytest.mark.parametrize(
    ("arch", "found"),
    [
        pytest.param("x86_64", ["New", "Old", "Tiny"], id="x86: what the map has"),
        pytest.param("i686", ["New", "Old", "Tiny"], id="i686 as x86_64"),
        pytest.param("ppc64", [], id="ppc64: what its map has"),
        pytest.param("s390x", ["New", "Old", "Tiny", "base", "max"], id="s390x: all but host, by bytes"),
        pytest.param("aarch64", ["New", "Old", "Tiny", "base", "max"], id="Arm: all but host"),
        pytest.param("riscv64", ["New", "Old", "Tiny", "base", "max"], id="riscv64: all but host"),
        pytest.param("loongarch64", ["New", "Old", "Tiny", "base", "max"], id="loongarch64: all but host"),
        pytest.param("sparc", [], id="sparc: none"),
        pytest.param("riscv32", [], id="riscv32: none"),
    ],
)
def test_the_document_s_architecture_filters(small: CpuMap, arch: str, found: list[str]) -> None:
    assert names(arch, small) == found


def test_old_releases_keep_qemu_s_order(small: CpuMap) -> None:
    assert names("aarch64", small, R9) == ["max", "base", "New", "Old", "Tiny"]


def test_old_releases_have_none_for_riscv64(small: CpuMap) -> None:
    assert names("riscv64", small, R9) == []


def test_an_emulator_that_did_not_answer_has_none(small: CpuMap) -> None:
    assert custom_models(document_arch="x86_64", definitions=None, cpu_map=small, release=R12) == ()


def test_an_entry_says_usability_vendor_canonical_name_and_blockers(small: CpuMap) -> None:
    assert custom_models(document_arch="x86_64", definitions=QEMU, cpu_map=small, release=R12) == (
        CustomModel(name="New", usable="no", vendor="Intel", blockers=("a-z", "a_z", "b")),
        CustomModel(name="Old", usable="yes", vendor="Intel", canonical="Old-v1"),
        CustomModel(name="Tiny", usable="unknown", vendor="unknown"),
    )


@pytest.mark.parametrize(
    ("release", "has"),
    [
        pytest.param((9, 0, 0), [], id="9.0: neither"),
        pytest.param((10, 8, 0), [], id="10.8: neither"),
        pytest.param((10, 9, 0), ["blockers"], id="10.9: blockers"),
        pytest.param((10, 10, 0), ["blockers", "canonical"], id="10.10: both"),
    ],
)
def test_blockers_and_canonical_names_came(small: CpuMap, release: tuple[int, int, int], has: list[str]) -> None:
    found = custom_models(document_arch="x86_64", definitions=QEMU, cpu_map=small, release=Release(release))
    said = {"blockers": any(m.blockers for m in found), "canonical": any(m.canonical for m in found)}
    assert [what for what, there in said.items() if there] == has


def test_deprecation_is_qemu_s_word(small: CpuMap) -> None:
    found = (CpuDefinition(name="Old", deprecated=True),)
    assert custom_models(document_arch="x86_64", definitions=found, cpu_map=small, release=R12)[0].deprecated


@pytest.mark.parametrize(
    ("arch", "release", "vendors"),
    [
        ("s390x", R9, ["unknown", "unknown", "unknown"]),
        ("s390x", R11, ["IBM", "unknown", "IBM"]),
        ("aarch64", R12, ["unknown", "unknown", "unknown"]),
    ],
)
def test_vendors_of_models_that_no_map_has(small: CpuMap, arch: str, release: Release, vendors: list[str]) -> None:
    found = definitions(gen15a=(), qemu=(), z14=())
    models = custom_models(document_arch=arch, definitions=found, cpu_map=small, release=release)
    assert [model.vendor for model in models] == vendors


def test_ppc64_models_have_the_map_s_vendor(small: CpuMap) -> None:
    models = custom_models(
        document_arch="ppc64", definitions=definitions(POWER9=None, POWER8=None), cpu_map=small, release=R12
    )
    assert [(model.name, model.vendor) for model in models] == [("POWER8", "IBM"), ("POWER9", "unknown")]
