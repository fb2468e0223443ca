"""Real libvirt's verdicts on 560 guests of its own test suite, counted by the project's own command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

GUESTS = ROOT.parent / "shared" / "guests"


@pytest.mark.skipif(not GUESTS.is_dir(), reason="no ../shared/guests beside this checkout")
def test_no_guest_is_refused_wrongly_and_every_stated_refusal_is_named() -> None:
    command = [sys.executable, str(ROOT / "tools" / "guest_verdicts.py"), str(GUESTS), "-v"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    told = [line for line in done.stdout.splitlines() if not line.startswith("other ")]
    assert done.returncode == 0, "\n".join([*told, done.stderr])
    assert "called unsupported at definition: 0" in done.stdout
