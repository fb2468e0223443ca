"""What a hypervisor host can do, as libvirt's domain capabilities document, without libvirt.

    import domcaps
    caps = domcaps.probe()                        # this host
    caps = domcaps.read("host.xml")               # anyone's document
    "virtio" in caps.devices.disk.bus
    caps.devices.tpm is None                      # not stated
    caps.to_xml(libvirt="9.0.0")
    domcaps.check(guest_xml, caps); domcaps.diff(a, b); domcaps.common(a, b, c)

Names are loaded when they are first used: importing this package costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

__version__ = "0.1.0"

if TYPE_CHECKING:
    from domcaps.analysis.common import common as common
    from domcaps.analysis.diff import diff as diff
    from domcaps.analysis.guests.check import check as check
    from domcaps.api import open_snapshot as open_snapshot
    from domcaps.api import probe as probe
    from domcaps.errors import DomcapsError as DomcapsError
    from domcaps.errors import InputError as InputError
    from domcaps.errors import ProbeError as ProbeError
    from domcaps.errors import RequestError as RequestError
    from domcaps.errors import UnsupportedError as UnsupportedError
    from domcaps.formats.read import read as read
    from domcaps.formats.read import read_documents as read_documents
    from domcaps.libvirt import connect as connect
    from domcaps.release import Release as Release
    from domcaps.schema.document import DomainCapabilities as DomainCapabilities

_WHERE = {
    "check": "domcaps.analysis.guests.check",
    "common": "domcaps.analysis.common",
    "connect": "domcaps.libvirt",
    "diff": "domcaps.analysis.diff",
    "open_snapshot": "domcaps.api",
    "probe": "domcaps.api",
    "DomcapsError": "domcaps.errors",
    "InputError": "domcaps.errors",
    "ProbeError": "domcaps.errors",
    "RequestError": "domcaps.errors",
    "UnsupportedError": "domcaps.errors",
    "read": "domcaps.formats.read",
    "read_documents": "domcaps.formats.read",
    "Release": "domcaps.release",
    "DomainCapabilities": "domcaps.schema.document",
}
"""Each public name, and the module that has it."""

__all__ = list(_WHERE)


def __getattr__(name: str) -> object:
    """Load a public name."""
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module 'domcaps' has no attribute '{name}'")
    from importlib import import_module  # noqa: PLC0415 - start-up: only here

    value = getattr(import_module(where), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
