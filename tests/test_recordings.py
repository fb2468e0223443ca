"""Our own recordings (`tools/record.py`): real emulators, and beside them what the real libvirt said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commandline import Case, ask, cases_of, show_arguments
from tests.conftest import ROOT
from tests.differences import first_difference

DATA = ROOT / "tests" / "data"
SHIPPED_MAP = Path("/nonexistent")
"""Not given: domcaps has the CPU map of the recorded release in itself."""

CASES = [
    pytest.param(path.parent, case, id=f"{path.parent.name}: {case['name']}")
    for path in sorted(DATA.glob("*/cases.json"))
    for case in cases_of(path)
]


@pytest.mark.parametrize(("folder", "case"), CASES)
def test_a_recorded_emulator_gives_what_libvirt_gave(folder: Path, case: Case) -> None:
    answer = ask(*show_arguments(case, folder / f"{case['snapshot']}.json.gz", SHIPPED_MAP))
    assert answer.status == case.get("status", 0), answer.err
    if answer.status:
        assert "\n" not in answer.err.strip(), "one sentence"
        return
    found = first_difference((folder / str(case["expected"])).read_text(encoding="utf-8"), answer.out)
    assert not found, found


def test_recordings_stay_small() -> None:
    size = sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file())
    assert size < 2_000_000
