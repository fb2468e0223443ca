"""What the CPU tests share: where the recordings are, and a CPU map small enough to reckon with by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from domcaps.cpu.model import CpuMap
from tests.cpu.small import SMALL

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recordings beside the checkout; a test that asks for them is skipped without."""
    if not (SHARED / "vectors").is_dir():
        pytest.skip(f"no recordings: {SHARED} is not there")
    return SHARED


@pytest.fixture
def small() -> CpuMap:
    """The map of `tests/cpu/small.py`."""
    return SMALL
