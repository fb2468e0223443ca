"""In a running process: documents read, written and checked, CPUs decoded, snapshots answered from."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from lxml import etree

import domcaps
from benchmarks.measure import EMULATOR, NO_EMULATOR, ROOT, Row, Times, absent, duration, in_turn, ratio
from benchmarks.reading import WITHOUT_BLOCKERS, against_virtinst, sample
from domcaps.cpu import shipped
from domcaps.cpu.reply import decode_reply
from domcaps.release import NEWEST
from domcaps.snapshot import read_snapshot

GUEST = b"""<domain type='kvm'><name>g</name><memory unit='GiB'>4</memory><vcpu>4</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
<devices><disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>
<graphics type='vnc'/><video><model type='virtio'/></video>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng></devices></domain>"""

SIZE = 60_000
RECORDED = ROOT / "tests/data/libvirt-9.0.0_qemu-7.2.22_x86_64/snapshot.json.gz"
ENOUGH = 60
"""Documents after which the reader has made its patterns."""


def documents(runs: int) -> Iterator[Row]:
    """Reading, writing and checking."""
    data = sample(SIZE).encode()
    caps = domcaps.read(data)
    rounds = runs * 30
    for _ in range(ENOUGH):
        domcaps.read(data)
    size = f"{len(data) // 1000} kB"
    read, parse, write = in_turn(rounds, lambda: domcaps.read(data), lambda: etree.fromstring(data), caps.to_xml)
    yield ratio(f"read a document of {size}, against lxml's bare parse", read, parse, 2, of="lxml")
    yield ratio("write it, against reading it", write, read, 1, of="reading")
    yield from _virtinst()
    if not EMULATOR:
        yield absent("check of a guest, document read already", "1 ms", NO_EMULATOR)
        return
    document = domcaps.probe()
    (check,) = in_turn(rounds, lambda: domcaps.check(GUEST, document))
    yield duration("check of a guest, document read already", check, 1e-3)


def _virtinst() -> Iterator[Row]:
    """The document that Debian's libvirt gives Debian's virtinst, and one that is mostly what virtinst passes over."""
    for size, limit in ((WITHOUT_BLOCKERS, 20.0), (SIZE, None)):
        rows = against_virtinst(sample(size))
        if not rows:
            yield absent(f"virtinst's reading of {size // 1000} kB, against ours", "≥ 20 ×", "no virtinst here")
        for what, found, held in rows:
            row = Row(what, f"{found:.1f} ×", figures={"ratio": found})
            yield row if limit is None or not held else row._replace(at_most=f"≥ {limit:g} ×", met=found >= limit)


def answers(runs: int) -> Iterator[Row]:
    """A recorded host: the snapshot read, its document derived, its CPU decoded, the CPU data loaded."""
    data = RECORDED.read_bytes()
    source = domcaps.open_snapshot(data)
    host = source.snapshot.emulators["/usr/bin/qemu-system-x86_64"].accelerators["kvm"]
    reply = next(msgspec.json.encode(asked) for asked in host if asked.execute == "query-cpu-model-expansion")
    cpu_map = shipped.load(NEWEST)
    load, snapshot, derive, decode = in_turn(
        runs * 3,
        _loaded_anew,
        lambda: read_snapshot(data),
        lambda: domcaps.probe(source=domcaps.open_snapshot(data)),
        lambda: decode_reply(reply, cpu_map=cpu_map, release=NEWEST),
    )
    yield _told("CPU data of a release, loaded", load)
    yield _told(f"snapshot of {len(data) // 1000} kB, read", snapshot)
    yield _told("that host's document, snapshot read anew", derive)
    yield _told("CPU decoded from QEMU's answer", decode)


def _loaded_anew() -> None:
    shipped._read.cache_clear()  # noqa: SLF001 - what a process pays once is to be paid each time
    shipped.load(NEWEST)


def _told(what: str, taken: Times) -> Row:
    return duration(what, taken, float("inf"))._replace(at_most="–", met=None)
