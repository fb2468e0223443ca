"""What is known of a Xen host, and the facts that one of its documents is derived from."""

from __future__ import annotations

import msgspec

from domcaps.release import Release

IMAGES = ("ovmf.bin", "hvmloader")
"""The firmware images that libvirt names, in its order; they lie in Xen's boot folder."""

BOOT_FOLDER = "/usr/lib/xen/boot"
"""Xen's boot folder where nothing else is known."""


class XenHost(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a snapshot holds under `xen`."""

    version: str | None = None
    """Xen's version, `4.17.5`; `None`: not known."""
    capabilities: tuple[str, ...] | None = None
    """The kinds of guests as Xen names them (`hvm-3.0-x86_64`; xl(1), `xl info`: xen_caps); `None`: not known."""
    firmware: tuple[str, ...] = tuple(f"{BOOT_FOLDER}/{image}" for image in IMAGES)
    """The firmware images that libvirt lists, in its order, whether they exist or not."""


class XenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that one document is derived from."""

    host: XenHost
    release: Release
    path: str
    arch: str
    machine: str
