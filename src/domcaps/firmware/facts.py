"""The firmware of a host, as values: what a snapshot holds under `firmware` (design §4).

Rules: the descriptors are kept as they lie there, broken, empty and masked ones too, because those decide masking and
what libvirt 9.0 refuses; which of them count is `domcaps.firmware.match`'s to say.
"""

from __future__ import annotations

import msgspec

from domcaps.release import Release, release


class FirmwareFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The descriptors' texts and the images that exist."""

    descriptors: dict[str, str] = {}
    """Path to text, of every file in the folders of descriptors that could be read."""
    images: tuple[str, ...] = ()
    """Those that exist, of the images that a descriptor, the configuration or libvirt's own list names."""
    unreadable: dict[str, str] = {}
    """Path to libvirt's complaint, of every descriptor that could not be read as text: it masks, and never matches."""
    links: dict[str, str] = {}
    """Image or template to the file it leads to, where that has another name: libvirt compares files since 12.0."""
    nvram: tuple[str, ...] | None = None
    """The images of `nvram` in libvirt's qemu.conf, alone or as `image:variables`, which replace its own list.
    `None`: it is not set."""


KNOWN_IMAGES: tuple[str, ...] = (
    "/usr/share/OVMF/OVMF_CODE.fd",
    "/usr/share/OVMF/OVMF_CODE.secboot.fd",
    "/usr/share/AAVMF/AAVMF_CODE.fd",
    "/usr/share/AAVMF/AAVMF32_CODE.fd",
)
"""libvirt's own list of images, for machines that no descriptor serves (upstream's and Debian's build)."""

IMAGE_SINCE: dict[str, Release] = {
    "/usr/share/OVMF/OVMF_CODE.secboot.fd": release("2.2"),
    "/usr/share/AAVMF/AAVMF_CODE.fd": release("1.2.13"),
    "/usr/share/AAVMF/AAVMF32_CODE.fd": release("3.6"),
}
"""Those that came to the list after 1.2.9, and when (libvirt's history)."""
