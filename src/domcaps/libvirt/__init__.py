"""libvirt's own face: a connection for code that was written against libvirt-python.

`domcaps.connect(uri)` gives one. This module has libvirt-python's names too (`open`, `openAuth`, `libvirtError`,
`virConnect`, the `VIR_*` constants), so that it can stand where a program has `import libvirt`:
`import domcaps.libvirt as libvirt`. Nothing is connected to, and no libvirt is needed.

Rule: an error is `libvirtError`, and also libvirt-python's own where the program has loaded that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from domcaps.cpu.model import CpuMap
from domcaps.drivers.connection_uri import ConnectionUri, of_driver, read_uri
from domcaps.errors import DomcapsError, InputError
from domcaps.libvirt.connection import Connection, not_served, version_number
from domcaps.libvirt.constants import CONSTANTS, METHODS_NOT_SERVED
from domcaps.libvirt.errors import from_domcaps, libvirtError, with_theirs
from domcaps.release import NEWEST, Release
from domcaps.snapshot import Snapshot, read_snapshot

__all__ = ["Connection", "connect", "getVersion", "libvirtError", "open", "openAuth", "openReadOnly", "virConnect"]

SNAPSHOT = "snapshot://"
"""What a URI begins with that names a recorded host: `snapshot:///path.json.gz`."""

virConnect = Connection  # noqa: N816 - libvirt-python's name


def connect(
    uri: str | None = None, *, libvirt: str | Release | None = None, cpu_map: CpuMap | None = None
) -> Connection:
    """A connection to this host's hypervisor, or to a recorded one.

    Args:
        uri: `qemu:///system`, `xen:///system`, `bhyve:///system`, `test:///default`, any of them with
            `?snapshot=/path`, or `snapshot:///path`; `None`: what LIBVIRT_DEFAULT_URI says, else the host's usual one.
        libvirt: the release whose answers are wanted; `None`: the newest known.
        cpu_map: CPU models and features; `None`: our own for the release.

    Raises:
        libvirtError: there is no such driver, or the snapshot cannot be read.
    """
    try:
        which = NEWEST if libvirt is None else libvirt if isinstance(libvirt, Release) else Release.parse(libvirt)
        found, snapshot = _opened(uri or os.environ.get("LIBVIRT_DEFAULT_URI") or "")
    except DomcapsError as error:
        raise from_domcaps(error, "VIR_FROM_NONE") from error
    refusing: dict[str, object] = {name: not_served(name) for name in METHODS_NOT_SERVED}
    made = with_theirs(Connection, "virConnect", refusing)
    return made(found, libvirt=which, cpu_map=cpu_map, snapshot=snapshot)


def open(name: str | None = None) -> Connection:  # noqa: A001 - libvirt-python's name
    """As `connect`."""
    return connect(name)


def openReadOnly(name: str | None = None) -> Connection:  # noqa: N802 - libvirt-python's name
    """As `connect`: no connection of ours can change anything."""
    return connect(name)


def openAuth(  # noqa: N802 - libvirt-python's name
    uri: str | None, auth: Sequence[object] | None = None, flags: int = 0
) -> Connection:
    """As `connect`; nobody is asked for credentials."""
    del auth, flags
    return connect(uri)


def getVersion(name: str | None = None) -> int:  # noqa: N802 - libvirt-python's name
    """The newest libvirt release whose answers are known, as a number."""
    del name
    return version_number(NEWEST)


def registerErrorHandler(f: Callable[..., object] | None, ctx: object) -> int:  # noqa: N802 - libvirt-python's name
    """1; nothing is ever printed, so there is nothing to divert."""
    del f, ctx
    return 1


def _opened(uri: str) -> tuple[ConnectionUri, Snapshot | None]:
    if uri.startswith(SNAPSHOT):
        path = uri.removeprefix(SNAPSHOT)
        snapshot = _recorded(path)
        return of_driver(snapshot.usual_driver, snapshot=path), snapshot
    if uri:
        found = read_uri(uri)
        return found, _recorded(found.snapshot) if found.snapshot else None
    from domcaps.drivers.usual import usual_driver  # noqa: PLC0415 - start-up: only without a URI
    from domcaps.host.view import here  # noqa: PLC0415 - as above

    return of_driver(usual_driver(here()), privileged=os.geteuid() == 0), None


def _recorded(path: str) -> Snapshot:
    try:
        return read_snapshot(Path(path).read_bytes(), path)
    except OSError as error:
        raise InputError(error.strerror or str(error), source=path) from None


def __getattr__(name: str) -> int:
    """libvirt-python's constants."""
    try:
        return CONSTANTS[name]
    except KeyError:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'") from None


def __dir__() -> list[str]:
    return sorted([*globals(), *CONSTANTS])
