"""Documents that real libvirt releases wrote: our own recordings, and those of ../shared where they are."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import ROOT

_EACH = 6
"""How many of a recorded host's documents are enough here: machines differ little in what exports ask."""


def documents_here() -> list[Path]:
    """A spread of the recorded documents, the same ones every time."""
    folders = [
        *sorted((ROOT / "tests/data").glob("*/expected")),
        *sorted((ROOT / "../shared/vectors").glob("*/expected")),
    ]
    found: list[Path] = []
    for folder in folders:
        files = sorted(folder.glob("*.xml"))
        found += files[:: max(1, len(files) // _EACH)]
    return found
