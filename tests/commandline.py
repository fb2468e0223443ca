"""The command line, called in this process: the same code as the `domcaps` program, without its start-up time."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple, cast

from domcaps.cli.main import main

SHOW_OPTIONS = {"emulator": "--emulatorbin", "arch": "--arch", "virt_type": "--virttype", "machine": "--machine"}
"""The keys of a case (cases.json) and the options of `domcaps show` that they stand for."""

Case = dict[str, object]
"""One row of a cases.json: name, snapshot, libvirt, the keys of SHOW_OPTIONS, flags, expected or status."""


class Answer(NamedTuple):
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


def ask(*arguments: str) -> Answer:
    """Run `domcaps ARGUMENTS`."""
    data = io.BytesIO()
    out = io.TextIOWrapper(data, encoding="utf-8", newline="", write_through=True)
    err = io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(arguments)
    out.flush()
    return Answer(status, data.getvalue().decode(), err.getvalue())


def show_arguments(case: Case, snapshot: Path, cpu_map: Path) -> list[str]:
    """The `domcaps show` of a case; a `cpu_map` that is no directory is left out."""
    arguments = ["show", "--from", str(snapshot), "--libvirt", str(case["libvirt"]), "--format", "xml"]
    if cpu_map.is_dir():
        arguments += ["--cpu-map", str(cpu_map)]
    for key, option in SHOW_OPTIONS.items():
        if value := case.get(key):
            arguments += [option, str(value)]
    return [*arguments, *cast("list[str]", case.get("flags") or [])]


def cases_of(path: Path) -> list[Case]:
    """The rows of a cases.json or answers.json."""
    return cast("list[Case]", json.loads(path.read_text(encoding="utf-8")))
