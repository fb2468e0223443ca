"""Reading and writing documents: ratios in one run, as Markdown and, with `--json`, as JSON.

Each side of a ratio is measured in turns with the other and the best of them counts: the machine is shared, and the
least disturbed turn is what the code costs. virtinst is Debian's, run by `/usr/bin/python3` in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from domcaps.formats.json_format import from_json, to_json
from domcaps.formats.read import read
from domcaps.formats.xml_layout import match
from domcaps.formats.xml_reader import document
from domcaps.formats.xml_tree import parse
from domcaps.formats.xml_writer import to_xml
from domcaps.schema.cpu import Cpu, Custom, CustomModel
from domcaps.schema.devices import Devices, Disk
from domcaps.schema.document import DomainCapabilities

TURNS = 15
ROUNDS = 20
SIZE = 60_000
WITHOUT_BLOCKERS = 15_000
"""The size of a document of libvirt 9.0.0, which states all that virtinst reads and nothing more."""

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"

VIRTINST = """
import sys, time
sys.path.insert(0, "/usr/share/virt-manager")
from virtinst.domcapabilities import DomainCapabilities
text = sys.stdin.read()

def ask():
    caps = DomainCapabilities(None, text)
    return [m.model for m in caps.cpu.get_mode("custom").models if m.usable != "no"], caps.devices.disk.supported

def values(block):
    return block.supported, [(enum.name, enum.get_values()) for enum in block.enums]

def read():
    caps = DomainCapabilities(None, text)
    devices = caps.devices
    blocks = [getattr(devices, name) for name in ("disk", "hostdev", "video", "graphics", "tpm", "filesystem")]
    blocks += [caps.os, caps.os.loader, caps.memorybacking, caps.features.gic]
    found = [values(block) for block in blocks]
    sev = caps.features.sev
    modes = [
        (mode.name, mode.supported, [(m.model, m.usable, m.fallback) for m in mode.models]) for mode in caps.cpu.modes
    ]
    return found, modes, sev.supported, caps.path, caps.domain, caps.machine, caps.arch

def best(call):
    call()
    taken = []
    for _ in range(30):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)

print(best(read), best(ask), len(ask()[0]))
"""


def sample(size: int) -> str:
    """A recorded document of about a size where there is one, else one made up."""
    files = [file for file in SHARED.glob("vectors/*/expected/*.xml") if file.stat().st_size]
    if files:
        return min(files, key=lambda file: abs(file.stat().st_size - size)).read_text()
    blockers = tuple(f"feature-{number}" for number in range(10))
    models = tuple(
        CustomModel(usable="no", vendor="AMD", canonical=f"model-{n}-v1", name=f"model-{n}", blockers=blockers)
        for n in range(110)
    )
    caps = DomainCapabilities(
        cpu=Cpu(custom=Custom(supported=True, model=models)),
        devices=Devices(disk=Disk(supported=True, bus=("virtio",))),
    )
    return to_xml(caps)


def best_of(*sides: Callable[[], object]) -> list[float]:
    """The best time of each side, in seconds for one call, taken in turns."""
    best = [float("inf")] * len(sides)
    for _ in range(TURNS):
        for place, side in enumerate(sides):
            start = time.perf_counter()
            for _ in range(ROUNDS):
                side()
            best[place] = min(best[place], (time.perf_counter() - start) / ROUNDS)
    return best


def virtinst(text: str) -> tuple[float, float, int] | None:
    """What virtinst takes to read all that it knows, and to answer two questions, in seconds; `None` without it.

    The third is how many usable CPU models it found.
    """
    command = ["/usr/bin/python3", "-c", VIRTINST]
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    everything, asked, models = done.stdout.split()
    return float(everything), float(asked), int(models)


def questions(data: bytes) -> tuple[list[str | None], bool | None]:
    """What virtinst is asked: the usable models, and whether there are disks."""
    caps = read(data)
    models = caps.cpu.custom.model if caps.cpu and caps.cpu.custom else ()
    return [model.name for model in models if model.usable != "no"], caps.supports("devices/disk")


def against_virtinst(text: str) -> list[tuple[str, float, str]]:
    """The rows of one document against virtinst, none where it is not installed."""
    theirs, data = virtinst(text), text.encode()
    if theirs is None:
        return []
    if len(questions(data)[0]) != theirs[2]:
        raise SystemExit("virtinst counts other models than we do")
    everything, asked = best_of(lambda: read(data), lambda: questions(data))
    size = f"{len(data) // 1000} kB"
    return [
        (f"virtinst's reading of what it knows of {size}, against our reading of all", theirs[0] / everything, "≥ 20"),
        (f"virtinst's reading of {size} and answer to two questions, against ours", theirs[1] / asked, ""),
    ]


def memory(data: bytes) -> float:
    """What a document that was read takes, in bytes for each byte of it."""
    read(data)
    tracemalloc.start()
    caps = read(data)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del caps
    return taken / len(data)


def main() -> None:
    """Measure and print."""
    text = sample(SIZE)
    data = text.encode()
    caps = read(data)
    started = time.perf_counter()
    match(text)
    patterns = time.perf_counter() - started
    while read.__globals__["_read_slowly"] < read.__globals__["WORTH_PATTERNS"]:
        read(data)
    bare, fast, write, slow = best_of(
        lambda: etree.fromstring(data),
        lambda: read(data),
        lambda: to_xml(caps),
        lambda: document(parse(text)),
    )
    written = to_json(caps)
    to_text, of_text = best_of(lambda: to_json(caps), lambda: from_json(written))
    rows: list[tuple[str, float, str]] = [
        ("read, against lxml's bare parse", fast / bare, "2"),
        ("write, against read", write / fast, "1"),
        ("read in any other layout, against lxml's bare parse", slow / bare, ""),
        ("patterns of the fast way, once a process, against one slow reading", patterns / slow, ""),
        ("JSON write, against XML write", to_text / write, ""),
        ("JSON read, against XML read", of_text / fast, ""),
        ("memory of a document, against its bytes", memory(data), ""),
    ]
    for size in (SIZE, WITHOUT_BLOCKERS):
        rows += against_virtinst(sample(size))
    if "--json" in sys.argv:
        print(
            json.dumps({"bytes": len(data), "read_us": fast * 1e6, "ratios": {what: value for what, value, _ in rows}})
        )
        return
    print(f"A document of {len(data)} bytes; reading it takes {fast * 1e6:.0f} µs.\n")
    print("| what | ratio | at most |\n|---|---|---|")
    for what, value, limit in rows:
        print(f"| {what} | {value:.2f} | {limit} |")


if __name__ == "__main__":
    main()
