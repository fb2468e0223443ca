"""What a program calls: documents of the live host and of snapshots, with the defaults of the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from domcaps.drivers.qemu.questions import TIMEOUT
from domcaps.errors import InputError
from domcaps.release import NEWEST, Release

if TYPE_CHECKING:
    from domcaps.derive import Request, SnapshotSource
    from domcaps.schema.document import DomainCapabilities
    from domcaps.witness import Watch

_known: dict[tuple[str | None, ...], tuple[Watch, DomainCapabilities]] = {}
"""Documents of this host that this process has derived, with the witnesses of what they depend on."""


def probe(  # noqa: PLR0913 - a question has that many parts
    *,
    emulator: str | None = None,
    arch: str | None = None,
    machine: str | None = None,
    virt_type: str | None = None,
    libvirt: str | Release | None = None,
    source: SnapshotSource | None = None,
    timeout: float = TIMEOUT,
) -> DomainCapabilities:
    """The domain capabilities of this host, or of a snapshot.

    Args:
        emulator: the emulator's path; `None`: the one that libvirt finds.
        arch: the guest's architecture in libvirt's words; `None`: the host's.
        machine: a machine type or an alias of one; `None`: the emulator's default.
        virt_type: `kvm`, `qemu`, …; `None`: the best that the emulator has.
        libvirt: the release to imitate, `9.0.0`; `None`: the newest that is known.
        source: a snapshot (`open_snapshot`) in place of this host.
        timeout: seconds that the emulator has to answer.

    Raises:
        RequestError: no emulator serves the question; libvirt refuses it in the same words.
        ProbeError: the emulator or the host does not answer.
    """
    which = Release.parse(libvirt) if isinstance(libvirt, str) else libvirt or NEWEST
    asked = (emulator, arch, machine, virt_type, str(which))
    if source is None:
        known = _still_known(asked)
        if known is not None:
            return known
    from domcaps.derive import Request, derive  # noqa: PLC0415 - start-up: a warm call needs none of it

    request = Request(emulator=emulator, arch=arch, machine=machine, virt_type=virt_type, libvirt=which)
    if source is not None:
        return derive(source, request)
    return _probe_live(asked, request, timeout)


def _still_known(asked: tuple[str | None, ...]) -> DomainCapabilities | None:
    watch, document = _known.get(asked, (None, None))
    return document if watch is not None and watch.holds() else None


def _probe_live(asked: tuple[str | None, ...], request: Request, timeout: float) -> DomainCapabilities:
    from domcaps.cache import Cache  # noqa: PLC0415 - start-up: as above
    from domcaps.depends import of_images, of_live  # noqa: PLC0415 - as above
    from domcaps.derive import derive  # noqa: PLC0415 - as above
    from domcaps.early import start  # noqa: PLC0415 - as above
    from domcaps.live import LiveSource  # noqa: PLC0415 - as above
    from domcaps.witness import Watch  # noqa: PLC0415 - as above

    cache = Cache()
    early = start(request.emulator, request.arch, cache=cache, timeout=timeout)
    with LiveSource(timeout=timeout, cache=cache, early=early) as source:
        before = of_live(early.looked_for, source.descriptor_folders, early.path)
        document = derive(source, request)
        if (
            early.path
            and source.unchanged
            and before == of_live(early.looked_for, source.descriptor_folders, early.path)
        ):
            _known[asked] = (Watch([*before, *source.running, *of_images(source.images)]), document)
    return document


def open_snapshot(file: str | os.PathLike[str] | bytes) -> SnapshotSource:
    """A snapshot as a source of facts, for `probe(source=…)` and `check`.

    Args:
        file: a path, or the snapshot's bytes, plain or gzip-compressed.

    Raises:
        InputError: it is no snapshot, or cannot be read.
    """
    from domcaps.derive import SnapshotSource  # noqa: PLC0415 - start-up: as above
    from domcaps.snapshot import read_snapshot  # noqa: PLC0415 - as above

    if isinstance(file, bytes):
        return SnapshotSource(read_snapshot(file))
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise InputError(error.strerror or str(error), source=os.fspath(file)) from None
    return SnapshotSource(read_snapshot(data, os.fspath(file)))
