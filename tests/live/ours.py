"""Our side of the comparison: the installed `domcaps`, and the capture of this host."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.commandline import Answer

SHOW_SECONDS = 60


def program(*arguments: str, timeout: float = SHOW_SECONDS) -> Answer:
    """Run the installed `domcaps` as a person would, in a process of its own."""
    command = [str(Path(sys.executable).with_name("domcaps")), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=timeout, stdin=subprocess.DEVNULL
    )
    return Answer(done.returncode, done.stdout, done.stderr)


class Snapshots:
    """The capture of this host, whole and one emulator at a time (small files are quick to read again and again)."""

    def __init__(self, whole: Path) -> None:
        self.whole = whole
        self._content: dict[str, Any] = json.loads(whole.read_text(encoding="utf-8"))

    def has(self, emulator: str) -> bool:
        """Whether the emulator answered when the host was captured."""
        return emulator in self._content["emulators"]

    def of(self, emulator: str) -> Path:
        """The snapshot with that emulator only; the whole one when none is named."""
        if not emulator:
            return self.whole
        entry = self._content["emulators"][emulator]
        path = self.whole.with_name(f"{Path(emulator).name}.json")
        if not path.exists():
            path.write_text(json.dumps({**self._content, "emulators": {emulator: entry}}), encoding="utf-8")
        return path
