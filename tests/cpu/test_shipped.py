"""The CPU data that domcaps brings along: which is taken, and that the layout holds any map."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from domcaps.cpu.shipped import SHIPPED, decode_data, load
from domcaps.release import Release
from tests.conftest import ROOT
from tests.cpu.small import SMALL

IMPORT: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "import_cpu_map.py"))


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("1.2.7", "9.0.0"),
        ("9.0.0", "9.0.0"),
        ("11.2.0", "9.0.0"),
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
    assert names == sorted(f"libvirt-{release}.json" for release in SHIPPED)


def test_what_the_tool_writes_is_the_map() -> None:
    assert decode_data(IMPORT["spell"](SMALL).encode()) == SMALL


@pytest.mark.parametrize("release", SHIPPED, ids=str)
def test_the_data_is_laid_out_as_the_tool_lays_it_out(release: Release) -> None:
    path: Path = ROOT / f"src/domcaps/cpu/data/libvirt-{release}.json"
    assert IMPORT["spell"](load(release)) == path.read_text()
