"""Laws over all documents that follow from our own recordings, for releases of libvirt far apart.

Each recorded emulator is asked for each of its machines, by name and by alias, at one of the releases, and for its
default machine at all of them. A refusal is an answer, too.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from domcaps.analysis.validate import validate
from domcaps.derive import Request, SnapshotSource, derive
from domcaps.drivers.qemu.facts import EmulatorFacts
from domcaps.errors import RequestError
from domcaps.firmware.facts import FirmwareFacts
from domcaps.formats.read import read_documents
from domcaps.formats.xml_writer import to_xml
from domcaps.release import Release, release
from domcaps.schema.declare import Block
from domcaps.schema.document import DomainCapabilities
from domcaps.snapshot import read_snapshot
from tests.conftest import ROOT

SNAPSHOTS = sorted((ROOT / "tests" / "data").glob("*/snapshot.json.gz"))

RELEASES = tuple(
    release(text)
    for text in "5.6 6.6 7.0 7.4 8.0 8.9 9.3 9.8 10.5 10.10 11.0 11.5 11.9 12.1 12.5 12.9".split()  # noqa: SIM905 - shorter
)

VIRT_TYPES = (None, "qemu", "kvm")

MAY_GO = {
    "devices/hostdev/subsysType=usb": "6.0",  # libvirt learnt to ask for a controller
    "devices/graphics/type=sdl": "7.5",  # as for this
    "devices/graphics/type=egl-headless": "7.5",
    "features/backup": "7.1",  # the no: libvirt learnt to ask for it
    "features/gic": "9.3",  # the no, as below
    "os/loader/value": "5.8 9.3",  # images of descriptors, and these three: the default machine of Arm and RISC-V
    "vcpu/max": "5.10 9.3",  # the machines of plain emulation are its own
    "vcpu": "5.10",
    "cpu/custom": "5.9 9.8",  # the no, of POWER and of RISC-V
    "devices/disk/diskDevice=floppy": "11.4",
    "devices/disk/bus=fdc": "11.4",
    "devices/filesystem/driverType=handle": "12.2",
    "features/launchSecurity/sectype=tdx": "11.10",
}
"""What a newer release says no longer of the same QEMU on the same host, and the releases since when."""

Case = tuple[Request, DomainCapabilities]


@functools.cache
def recorded(path: Path) -> SnapshotSource:
    """A recorded host, less its firmware for architectures that old releases refuse every request for."""
    snapshot = read_snapshot(path.read_bytes(), str(path))
    descriptors = {name: text for name, text in snapshot.firmware.descriptors.items() if "loongarch64" not in text}
    firmware = FirmwareFacts(descriptors=descriptors, images=snapshot.firmware.images)
    return SnapshotSource(msgspec.structs.replace(snapshot, firmware=firmware))


def asked(source: SnapshotSource) -> Iterator[Request]:
    for path, record in source.snapshot.emulators.items():
        emulator = EmulatorFacts(path, record.conversations())
        listed = [machine for virt_type in emulator.virt_types for machine in emulator.machines(virt_type)]
        names = sorted({name for machine in listed for name in (machine.name, machine.alias) if name})
        for number, which in enumerate(RELEASES):
            for virt_type in VIRT_TYPES:
                for machine in (None, *names[number :: len(RELEASES)]):
                    yield Request(emulator=path, arch=record.arch, virt_type=virt_type, machine=machine, libvirt=which)


@functools.cache
def documents(path: Path) -> tuple[Case, ...]:
    source = recorded(path)
    found = []
    for request in asked(source):
        try:
            found.append((request, derive(source, request)))
        except RequestError:
            continue
    return tuple(found)


def told(request: Request) -> str:
    return f"{request.emulator} {request.virt_type} {request.machine} for libvirt {request.libvirt}"


every_recording = pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.parent.name)


@every_recording
def test_a_document_is_one_that_its_release_can_have_written(path: Path) -> None:
    wrong = [
        f"{told(request)}: {finding.message}"
        for request, document in documents(path)
        for report in validate(to_xml(document).encode(), libvirt=request.libvirt)
        for finding in report.findings
    ]
    assert documents(path) or "loongarch64" in str(path)
    assert not wrong, "\n".join(wrong[:20])


@every_recording
def test_a_document_reads_as_it_was_derived(path: Path) -> None:
    wrong = [
        told(request)
        for request, document in documents(path)
        if read_documents(to_xml(document).encode(), "derived") != [document]
    ]
    assert not wrong, "\n".join(wrong[:20])


def stated(document: DomainCapabilities) -> set[tuple[str, str]]:
    """Path and word of all that a document says outside of the CPU models, whose map each release has of its own."""
    found: set[tuple[str, str]] = set()
    for path, declaration, value in document.paths():
        if path.startswith(("machine", "cpu/host-model/", "cpu/custom/")) or path.endswith("/supported"):
            continue
        if isinstance(value, Block):
            found.add((path, str(bool(value))))
        elif declaration.words is not None and isinstance(value, tuple):
            found |= {(path, word) for word in value}
        else:
            found.add((path, str(value)))
    return found


def explained(path: str, word: str, before: Release, now: Release) -> bool:
    since = MAY_GO.get(f"{path}={word}") or MAY_GO.get(path) or ""
    return any(before < release(one) <= now for one in since.split())


@every_recording
def test_a_newer_libvirt_says_all_that_an_older_one_says(path: Path) -> None:
    wrong = []
    last: dict[str | None, Case] = {}
    for request, document in documents(path):
        if request.machine is not None:
            continue
        if request.virt_type in last:
            before, older = last[request.virt_type]
            gone = stated(older) - stated(document)
            wrong += [
                f"{told(request)} lacks {where}={word} of {before.libvirt}"
                for where, word in sorted(gone)
                if not explained(where, word, before.libvirt, request.libvirt)
            ]
        last[request.virt_type] = (request, document)
    assert not wrong, "\n".join(wrong[:20])
