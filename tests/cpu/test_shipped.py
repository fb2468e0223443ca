"""The CPU data that domcaps brings along: which is taken, and that the layout holds any map."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domcaps.cpu.model import ArmMap, CpuMap, Ppc64Map
from domcaps.cpu.shipped import CHANGES, WHOLE, changes, decode_data, load, releases
from domcaps.release import Release
from tests.conftest import ROOT
from tests.cpu.small import SMALL

IMPORT: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "import_cpu_map.py"))


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("1.2.7", "2.3.0"),
        ("6.1.0", "6.0.0"),
        ("8.9.0", "8.4.0"),
        ("8.10.0", "9.0.0"),
        ("9.0.0", "9.0.0"),
        ("9.9.0", "9.8.0"),
        ("10.9.0", "10.7.0"),
        ("10.10.0", "11.3.0"),
        ("11.2.0", "11.3.0"),
        ("11.3.0", "11.3.0"),
        ("12.7.0", "11.3.0"),
        ("12.8.0", "12.8.0"),
        ("13.0.0", "12.8.0"),
    ],
)
def test_the_newest_data_that_is_not_younger_than_the_release_is_taken(asked: str, given: str) -> None:
    assert load(Release.parse(asked)).release == Release.parse(given)


def test_data_is_read_once() -> None:
    assert load(Release((11, 3, 0))) is load(Release((12, 0, 0)))


def test_every_data_file_is_known_and_there() -> None:
    names = sorted(path.name for path in (ROOT / "src/domcaps/cpu/data").iterdir())
    assert names == sorted([Path(CHANGES).name, *(f"libvirt-{release}.json" for release in WHOLE)])


def test_what_the_tool_writes_is_the_map() -> None:
    assert decode_data(IMPORT["spell"](SMALL).encode()) == SMALL


@pytest.mark.parametrize("release", WHOLE, ids=str)
def test_the_data_is_laid_out_as_the_tool_lays_it_out(release: Release) -> None:
    path: Path = ROOT / f"src/domcaps/cpu/data/libvirt-{release}.json"
    assert IMPORT["spell"](load(release)) == path.read_text()


def test_the_differences_are_laid_out_as_the_tool_lays_them_out() -> None:
    assert IMPORT["spell_changes"]([load(release) for release in releases()]) == Path(CHANGES).read_text()


def test_every_difference_leads_to_a_whole_release() -> None:
    for release in changes():
        seen = [release]
        while seen[-1] not in WHOLE:
            seen.append(Release.parse(changes()[seen[-1]].base))
            assert seen[-1] not in seen[:-1], seen


def other(cpu_map: CpuMap, release: str, **more: object) -> CpuMap:
    return msgspec.structs.replace(cpu_map, release=Release.parse(release), **more)


def test_a_release_is_written_as_what_differs_from_a_neighbour() -> None:
    tiny, *models = SMALL.x86.models
    less = msgspec.structs.replace(SMALL.x86, models=(*models[2:], tiny))
    old, same = other(SMALL, "8.0.0", x86=less, ppc64=Ppc64Map()), other(SMALL, "8.5.0", x86=less, ppc64=Ppc64Map())
    whole = [other(SMALL, str(release)) for release in WHOLE]
    text = IMPORT["spell_changes"]([old, same, *whole])
    written = msgspec.json.decode(text, type=dict[str, Any])["releases"]
    assert list(written) == ["8.0.0"], "8.5.0 has nothing of its own"
    assert written["8.0.0"]["base"] == "9.0.0"
    assert set(written["8.0.0"]) == {"base", "models", "ppc64", "ppc64_vendors"}
    assert written["8.0.0"]["models"]["gone"] == ["Tiny", "Old", "Old-v1"]
    assert written["8.0.0"]["models"]["new"] == {"Other": {"Tiny": {"plus": ["a"]}}}, "what moved left and came"


def test_between_whole_releases_the_nearer_neighbour_is_the_base() -> None:
    late = msgspec.structs.replace(SMALL.x86, models=SMALL.x86.models[:2])
    maps = [other(SMALL, "9.0.0"), other(SMALL, "10.0.0", arm=ArmMap(features=("sve",)))]
    maps += [other(SMALL, "11.0.0", x86=late, arm=ArmMap(features=("sme",)))]
    maps += [other(SMALL, "11.3.0", x86=late), other(SMALL, "12.8.0")]
    written = msgspec.json.decode(IMPORT["spell_changes"](maps), type=dict[str, Any])["releases"]
    assert {name: one["base"] for name, one in written.items()} == {"10.0.0": "9.0.0", "11.0.0": "11.3.0"}
