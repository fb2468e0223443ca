"""What bhyve is asked: two arguments each, and the words by which it says that it lacks the device. Rows only."""

from __future__ import annotations

import msgspec


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One run of bhyve."""

    fact: str
    """The field of `BhyveHost` that becomes true when bhyve does not say `lacking`."""
    arguments: tuple[str, str]
    lacking: str
    """A part of standard error."""


QUESTIONS = (
    Question(
        fact="boot_rom",
        arguments=("-l", "bootrom"),
        lacking="bhyve: invalid lpc device configuration 'bootrom'",
    ),
    Question(fact="framebuffer", arguments=("-s", "0,fbuf"), lacking='pci slot 0:0: unknown device "fbuf"'),
    # libvirt takes an xHCI controller for a framebuffer, too.
    Question(fact="framebuffer", arguments=("-s", "0,xhci"), lacking='pci slot 0:0: unknown device "xhci"'),
    Question(fact="virtio_rnd", arguments=("-s", "0,virtio-rnd"), lacking='pci slot 0:0: unknown device "virtio-rnd"'),
)
