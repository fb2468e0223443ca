"""The table of benchmarks (design §10): ratios, each side of a ratio measured in turn with the other in one run.

    run.py [--runs N] [--json FILE] [--only WORD]

What cannot be measured here (no emulator, no libvirt) is a row that says so. Figures are medians; the machine may be
noisy, so that the ratio counts and not the time. Prints Markdown; `--json` (.bench/latest.json) keeps all figures.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

DOMCAPS = [sys.executable, "-m", "domcaps"]
EMULATOR = shutil.which(f"qemu-system-{os.uname().machine}") or ""
GUEST = b"""<domain type='kvm'><name>g</name><memory unit='GiB'>4</memory><vcpu>4</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
<devices><disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>
<graphics type='vnc'/><video><model type='virtio'/></video>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng></devices></domain>"""


class Row(NamedTuple):
    """A line of the table."""

    what: str
    measured: str
    at_most: str
    figures: dict[str, float]
    met: bool | None


def median_of(runs: int, *sides: Callable[[], object]) -> list[float]:
    """The median seconds of each side, the sides in turn, after one round that is not counted."""
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(runs + 1):
        for side, times in zip(sides, taken, strict=True):
            began = time.perf_counter()
            side()
            if number:
                times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]


def command(*words: str, **environment: str) -> Callable[[], object]:
    """A whole process, its output thrown away."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> None:
        subprocess.run(words, check=True, capture_output=True, env={**kept, **environment})

    return run


def ratio(what: str, ours: float, theirs: float, limit: float, *, of: str) -> Row:
    """A row that compares two times."""
    shown = f"{ours / theirs:.2f} × ({ours * 1000:.1f} ms against {theirs * 1000:.1f} ms of {of})"
    return Row(what, shown, f"{limit} ×", {"ours": ours, "theirs": theirs}, ours / theirs <= limit)


def absent(what: str, at_most: str, why: str) -> Row:
    """A row for what could not be measured."""
    return Row(what, f"not measured: {why}", at_most, {}, None)


def cold(runs: int) -> Iterator[Row]:
    """The probe of one emulator as a whole process, against QEMU alone."""
    what = "cold show, whole process, against QEMU's floor"
    if not EMULATOR:
        yield absent(what, "1.5 ×", "no emulator of this host's architecture in PATH")
        return
    from benchmarks import floor  # noqa: PLC0415 - needs an emulator to be there

    with tempfile.TemporaryDirectory() as folder:
        files = floor.prepare(EMULATOR, Path(folder))
        show = command(*DOMCAPS, "show", "--no-cache")
        ours, theirs = median_of(runs, show, lambda: floor.run(EMULATOR, files))
    yield ratio(what, ours, theirs, 1.5, of="both launches, commands written at once")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    own = peak_memory([*DOMCAPS, "show", "--no-cache"])
    shown = f"{own / 1024:.0f} MiB"
    yield Row(
        "memory of a cold show (domcaps itself)", shown, "80 MiB", {"kib": own, "children": before}, own < 80 * 1024
    )


def peak_memory(words: list[str]) -> float:
    """The most memory that the first process of a command had, in KiB."""
    script = (
        "import os, resource, runpy, sys; sys.argv = ['domcaps', 'show', '--no-cache'];"
        "sys.stdout = open(os.devnull, 'w')\n"
        "try: runpy.run_module('domcaps', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    done = subprocess.run([words[0], "-c", script], capture_output=True, text=True, check=True)
    return float(done.stderr.split()[-1])


def warm(runs: int) -> Iterator[Row]:
    """A show that the cache answers."""
    what = "warm show, whole process, against `python3 -c pass`"
    if not EMULATOR:
        yield absent(what, "2 ×", "no emulator of this host's architecture in PATH")
        return
    with tempfile.TemporaryDirectory() as folder:
        place = f"{folder}/cache"
        show = command(*DOMCAPS, "show", DOMCAPS_CACHE_DIR=place)
        show()
        ours, theirs = median_of(max(runs * 4, 20), show, command(sys.executable, "-c", "pass"))
        yield ratio(what, ours, theirs, 2, of="the bare interpreter")
        os.environ["DOMCAPS_CACHE_DIR"] = place
        import domcaps  # noqa: PLC0415 - after the cache's place is set

        domcaps.probe()
        began = time.perf_counter()
        for _ in range(200):
            domcaps.probe()
        each = (time.perf_counter() - began) / 200
        del os.environ["DOMCAPS_CACHE_DIR"]
    yield Row("warm probe() in process", f"{each * 1e6:.0f} µs", "100 µs", {"seconds": each}, each <= 100e-6)


@contextmanager
def libvirt() -> Iterator[object]:
    """A real libvirt daemon, or the reason why there is none."""
    from tests.live.libvirtd import Libvirtd, why_not  # noqa: PLC0415 - found beside this folder

    why = why_not()
    if why:
        yield why
        return
    with Libvirtd() as daemon:
        yield daemon


def against_libvirt(runs: int) -> Iterator[Row]:
    """The same questions put to libvirt, its cache emptied before each."""
    one, all_of_them = (
        "cold show, against `virsh domcapabilities` cold",
        "all emulators, against `virsh capabilities` cold",
    )
    with libvirt() as daemon:
        if isinstance(daemon, str) or not EMULATOR:
            why = daemon if isinstance(daemon, str) else "no emulator of this host's architecture in PATH"
            yield absent(one, "0.3 ×", why)
            yield absent(all_of_them, "0.35 ×", why)
            return
        theirs = cold_virsh(daemon, "domcapabilities", runs)
        (ours,) = median_of(runs, command(*DOMCAPS, "show", "--no-cache"))
        yield ratio(one, ours, theirs, 0.3, of="virsh")
        few = max(1, runs // 3)
        theirs = cold_virsh(daemon, "capabilities", few)
        (ours,) = median_of(few, command(*DOMCAPS, "emulators", "--no-cache"))
        yield ratio(all_of_them, ours, theirs, 0.35, of="virsh")


def cold_virsh(daemon: object, verb: str, runs: int) -> float:
    """The median seconds of a virsh command after the daemon's cache was emptied."""
    times = []
    for _ in range(runs):
        daemon.restart()  # type: ignore[attr-defined] # tests.live.libvirtd.Libvirtd
        daemon.virsh("uri")  # type: ignore[attr-defined] # as above: the daemon is up before the clock runs
        began = time.perf_counter()
        daemon.virsh(verb)  # type: ignore[attr-defined] # as above
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def documents(runs: int) -> Iterator[Row]:
    """Reading, writing and checking, in process."""
    import domcaps  # noqa: PLC0415 - not at the top: each part stands alone

    if not EMULATOR:
        yield absent("read a document, against lxml's bare parse", "2 ×", "no emulator to make a document with")
        return
    from lxml import etree  # noqa: PLC0415 - as above

    document = domcaps.probe()
    data = document.to_xml().encode()
    rounds = runs * 30
    for _ in range(60):
        domcaps.read(data)
    read, parse = median_of(rounds, lambda: domcaps.read(data), lambda: etree.fromstring(data))
    yield ratio(f"read a document of {len(data) // 1024} kB, against lxml's bare parse", read, parse, 2, of="lxml")
    write, read = median_of(rounds, document.to_xml, lambda: domcaps.read(data))
    yield ratio("write it, against reading it", write, read, 1, of="reading")
    check, _ = median_of(rounds, lambda: domcaps.check(GUEST, document), lambda: None)
    yield Row("check of a guest", f"{check * 1000:.2f} ms", "1 ms", {"seconds": check}, check <= 1e-3)


def main() -> None:
    """Measure, print, keep."""
    ask = argparse.ArgumentParser(description="The table of benchmarks.")
    ask.add_argument("--runs", type=int, default=9, help="counted runs of each whole process (9)")
    ask.add_argument("--json", type=Path, default=ROOT / ".bench" / "latest.json", help="where all figures go")
    ask.add_argument("--only", default="", help="only the parts whose name has this word")
    args = ask.parse_args()
    rows: list[Row] = []
    print("| what | measured | at most | |\n|---|---|---|---|", flush=True)
    for part in (cold, warm, documents, against_libvirt):
        if args.only in part.__name__:
            for row in part(args.runs):
                rows.append(row)
                mark = {True: "met", False: "**not met**", None: "–"}[row.met]
                print(f"| {row.what} | {row.measured} | {row.at_most} | {mark} |", flush=True)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps([row._asdict() for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
