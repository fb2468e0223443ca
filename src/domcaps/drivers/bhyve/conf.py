"""The one setting of libvirt's bhyve.conf that changes a document: the folder of firmware images. Pure code."""

from __future__ import annotations

import re

FIRMWARE_FOLDER = "/usr/local/share/uefi-firmware"
"""libvirt's default: where FreeBSD's packages put firmware for bhyve."""


def firmware_folder(text: str) -> str:
    """The folder that the text of a bhyve.conf names, or libvirt's default."""
    found = re.search(r"""(?m)^[ \t]*firmware_dir\s*=\s*("[^"\n]*"|'[^'\n]*')""", text)
    return found[1][1:-1] if found and len(found[1]) > 2 else FIRMWARE_FOLDER
