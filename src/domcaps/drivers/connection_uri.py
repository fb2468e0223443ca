"""Connection URIs (libvirt's "Connection URIs"): which driver answers. Rows, and the reading of them. Pure code."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from domcaps.errors import RequestError, UnsupportedError


class Driver(StrEnum):
    """The drivers of libvirt that tell domain capabilities."""

    QEMU = "qemu"
    XEN = "xen"
    BHYVE = "bhyve"
    TEST = "test"


PATHS = {
    Driver.QEMU: ("/system", "/session"),
    Driver.XEN: ("/system", "/"),
    Driver.BHYVE: ("/system", "/session"),
    Driver.TEST: ("/default",),
}
"""The paths that a driver's URI can have here, the usual one first."""

OTHER_DRIVERS = frozenset({"ch", "esx", "gsx", "hyperv", "lxc", "openvz", "phyp", "uml", "vbox", "vmware", "vpx", "vz"})
"""libvirt's other drivers: none of them tells domain capabilities."""

_URI = re.compile(r"(?P<scheme>[a-z]+)(?P<transport>\+[a-z0-9]+)?:(?://(?P<host>[^/?#]*))?(?P<path>[^?#]*)(?P<rest>.*)")


class ConnectionUri(msgspec.Struct, frozen=True, kw_only=True):
    """A URI taken apart."""

    driver: Driver
    path: str
    snapshot: str | None = None
    """The file of a recorded host; `None`: this host."""

    def __str__(self) -> str:
        recorded = f"?snapshot={self.snapshot}" if self.snapshot else ""
        return f"{self.driver}://{self.path}{recorded}"


def of_driver(driver: Driver, *, privileged: bool = True, snapshot: str | None = None) -> ConnectionUri:
    """The usual URI of a driver."""
    paths = PATHS[driver]
    path = paths[0] if privileged or len(paths) == 1 or driver is Driver.XEN else paths[1]
    return ConnectionUri(driver=driver, path=path, snapshot=snapshot)


def read_uri(text: str) -> ConnectionUri:
    """Read `qemu:///system`, `xen:///system`, `bhyve:///system`, `test:///default`, or one with `?snapshot=/file`.

    Raises:
        RequestError: it is no URI, or one that libvirt refuses.
        UnsupportedError: another host's, or a driver that tells no domain capabilities.
    """
    match = _URI.fullmatch(text)
    if match is None:
        raise RequestError(f"URI '{text}' does not include a driver name", kind="no connection driver available for")
    scheme, path, snapshot = match["scheme"], match["path"] or "/", None
    if match["host"] or match["transport"] not in {None, "+unix"}:
        raise UnsupportedError(f"{text}: domcaps asks this host only, or a snapshot of another")
    if scheme in OTHER_DRIVERS:
        raise UnsupportedError(f"{text}: libvirt's driver for {scheme} tells no domain capabilities")
    if scheme not in tuple(Driver):
        raise RequestError(text, kind="no connection driver available for")
    driver = Driver(scheme)
    if match["rest"].startswith("?"):
        named = dict(part.partition("=")[::2] for part in match["rest"][1:].split("&"))
        snapshot = named.get("snapshot") or None
    if path not in PATHS[driver]:
        wanted = f"{driver}://{PATHS[driver][0]}"
        raise RequestError(f"unexpected {NAMES[driver]} URI path '{path}', try {wanted}", kind="internal error")
    return ConnectionUri(driver=driver, path=path, snapshot=snapshot)


NAMES = {Driver.QEMU: "QEMU", Driver.XEN: "Xen", Driver.BHYVE: "bhyve", Driver.TEST: "TEST"}
"""How libvirt calls its drivers in messages, and for a connection's type."""
