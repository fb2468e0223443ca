"""The libvirt that is installed on this host, if one is: its release, without starting any of it.

Its library's name tells the release: `libvirt.so.0.12008.0` is 12.8.0 (libvirt's meson.build: 1000 × major + minor,
then the micro number).
"""

from __future__ import annotations

import os
import re

_REAL_NAME = re.compile(r"libvirt\.so\.0\.(\d{4,6})\.(\d{1,4})")


def libraries() -> tuple[str, ...]:
    """Where distributions have the library: links to a file whose name tells the release."""
    folders = (f"/usr/lib/{os.uname().machine}-linux-gnu", "/usr/lib64", "/usr/lib")
    return tuple(f"{folder}/libvirt.so.0" for folder in folders)


def installed_release(root: str = "") -> tuple[int, int, int] | None:
    """The release of the installed libvirt; `None`: there is none, or it does not tell.

    Args:
        root: the folder in which a host's folders lie; for tests.
    """
    for path in libraries():
        match = _REAL_NAME.fullmatch(os.path.realpath(root + path).rpartition("/")[2])
        if match:
            major, minor = divmod(int(match[1]), 1000)
            return major, minor, int(match[2])
    return None
