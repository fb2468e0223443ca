"""What a driver is asked, and the words of it that drivers refuse alike. Pure code."""

from __future__ import annotations

from typing import Protocol

from domcaps.errors import RequestError
from domcaps.host.arch import ARCHES
from domcaps.release import Release

INVALID = "invalid argument"
NOT_SUPPORTED = "this function is not supported by the connection driver"


class Question(Protocol):
    """What is asked for, spelled as in `virsh domcapabilities`; `None` is the driver's to choose."""

    @property
    def emulator(self) -> str | None:
        """The emulator's path."""

    @property
    def arch(self) -> str | None:
        """The guest's architecture."""

    @property
    def machine(self) -> str | None:
        """The guest's machine."""

    @property
    def virt_type(self) -> str | None:
        """The virt type."""

    @property
    def libvirt(self) -> Release:
        """The libvirt release whose answer is wanted."""


def check_arch(arch: str | None, which: Release) -> None:
    """Refuse an architecture that a libvirt release does not know.

    Raises:
        RequestError: it does not.
    """
    if not arch:
        return
    since = ARCHES.get(arch)
    if arch not in ARCHES or (since and which < since):
        raise RequestError(f"unknown architecture: {arch}", kind=INVALID)


def check_virt_type(virt_type: str | None, only: str) -> None:
    """Refuse any virt type but the one that a driver has.

    Raises:
        RequestError: it is another.
    """
    if virt_type and virt_type != only:
        raise RequestError(f"unknown virttype: {virt_type}", kind=INVALID)
