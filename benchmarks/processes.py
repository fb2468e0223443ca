"""Whole processes: a cold and a warm `show` against QEMU's floor and the bare interpreter, and how cost grows."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import domcaps
from benchmarks import floor
from benchmarks.measure import (
    DOMCAPS,
    EMULATOR,
    NO_EMULATOR,
    PYTHON,
    Row,
    absent,
    command,
    duration,
    in_turn,
    ratio,
    spelled,
)
from domcaps.drivers.qemu.probe import find_emulators

MOST_MEMORY = 80 * 1024
"""KiB that a cold show may take, QEMU left out."""

PEAK = """import os, resource, runpy, sys
sys.argv = ["domcaps", "show", "--no-cache"]
sys.stdout = open(os.devnull, "w")
try: runpy.run_module("domcaps", run_name="__main__")
except SystemExit: pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"""


def cold(runs: int) -> Iterator[Row]:
    """The probe of one emulator as a whole process, against QEMU alone; its memory; what it takes of the processors."""
    what = "cold show, whole process, against QEMU's floor"
    if not EMULATOR:
        yield absent(what, "1.5 ×", NO_EMULATOR)
        return
    with tempfile.TemporaryDirectory() as folder:
        launches = floor.prepare(EMULATOR, Path(folder))
        ours, theirs = in_turn(runs, command(*DOMCAPS, "show", "--no-cache"), lambda: floor.run(EMULATOR, launches))
    yield ratio(what, ours, theirs, 1.5, of="both launches, commands written at once")
    done = subprocess.run([PYTHON, "-c", PEAK], capture_output=True, text=True, check=True)
    peak = float(done.stderr.split()[-1])
    yield Row(
        "memory of a cold show, QEMU's left out", f"{peak / 1024:.0f} MiB", "80 MiB", {"kib": peak}, peak < MOST_MEMORY
    )


def warm(runs: int) -> Iterator[Row]:
    """A show that the cache answers, and a probe in a process that has probed before."""
    what = "warm show, whole process, against `python3 -c pass`"
    if not EMULATOR:
        yield absent(what, "2 ×", NO_EMULATOR)
        return
    with tempfile.TemporaryDirectory() as folder:
        show = command(*DOMCAPS, "show", DOMCAPS_CACHE_DIR=f"{folder}/cache")
        show()
        ours, theirs = in_turn(max(runs * 4, 20), show, command(PYTHON, "-c", "pass"))
        yield ratio(what, ours, theirs, 2, of="the bare interpreter")
        os.environ["DOMCAPS_CACHE_DIR"] = f"{folder}/cache"
        domcaps.probe()
        (again,) = in_turn(500, domcaps.probe)
        del os.environ["DOMCAPS_CACHE_DIR"]
    yield duration("warm probe() in process", again, 100e-6)


def emulators(runs: int) -> Iterator[Row]:
    """How the cost grows with the number of emulators, all of them cold."""
    found = find_emulators()
    counts = [count for count in (1, 2, 4, 8, 16, 32) if count < len(found)]
    if not found:
        yield absent("emulators side by side", "–", "no emulator in PATH")
        return
    for count in [*counts, len(found)]:
        with tempfile.TemporaryDirectory() as folder:
            for path in found[:count]:
                (Path(folder) / Path(path).name).symlink_to(path)
            (taken,) = in_turn(max(1, runs // 4), command(*DOMCAPS, "emulators", "--no-cache", PATH=folder))
        shown = f"{spelled(taken.median)}, {spelled(taken.median / count)} each"
        yield Row(f"{count} emulator{'s' if count > 1 else ''}, cold", shown, figures={"seconds": taken.median})


def queries(runs: int) -> Iterator[Row]:
    """How QEMU's own cost grows with what it is asked: the handshake and `quit`, some questions between, all."""
    if not EMULATOR:
        yield absent("QEMU asked nothing", "–", NO_EMULATOR)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, file in floor.prepare(EMULATOR, Path(folder)):
            lines = file.read_bytes().splitlines(keepends=True)
            counts = [1, *(count for count in (5, 10, 20) if count < len(lines) - 1), len(lines) - 1]
            launches = [(name, _part(file, count)) for count in counts]
            sides = [partial(floor.run, EMULATOR, [launch]) for launch in launches]
            for count, taken in zip(counts, in_turn(runs, *sides), strict=True):
                asked = "the handshake alone" if count == 1 else f"{count} questions"
                yield Row(f"QEMU with {name}, asked {asked}", spelled(taken.median), figures={"seconds": taken.median})


def _part(file: Path, count: int) -> Path:
    """The first questions of a file, and its `quit`."""
    lines = file.read_bytes().splitlines(keepends=True)
    part = file.with_name(f"{count}-{file.name}")
    part.write_bytes(b"".join([*lines[:count], lines[-1]]))
    return part
