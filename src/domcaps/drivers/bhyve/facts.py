"""What is known of a bhyve host, and the facts that one of its documents is derived from."""

from __future__ import annotations

import msgspec

from domcaps.release import Release


class BhyveHost(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a snapshot holds under `bhyve`; `None` means *not known*, never *no*."""

    boot_rom: bool | None = None
    """bhyve takes a boot ROM on its LPC bus: UEFI firmware."""
    framebuffer: bool | None = None
    """bhyve has a framebuffer that is shown by VNC."""
    virtio_rnd: bool | None = None
    """bhyve has a virtio random number generator."""
    firmware: tuple[str, ...] = ()
    """The files in the folder of firmware images, in the folder's order."""


class BhyveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that one document is derived from."""

    host: BhyveHost
    release: Release
    path: str
    arch: str
    machine: str | None
