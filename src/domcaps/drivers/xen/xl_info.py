"""The output of `xl info` (xl(1)), read as far as it matters here. Pure code.

Only Xen's version and the kinds of guests are taken; the host's name, which stands there too, never is.
"""

from __future__ import annotations

from domcaps.drivers.xen.facts import XenHost
from domcaps.errors import ProbeError


def read_xl_info(text: str, *, firmware: tuple[str, ...]) -> XenHost:
    """The facts that `xl info` tells: lines of a name, a colon and a value.

    Args:
        text: what it printed.
        firmware: the images that libvirt lists.

    Raises:
        ProbeError: it tells no version, so it is not the output of `xl info`.
    """
    said: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            said.setdefault(name.strip(), value.strip())
    version = said.get("xen_version") or _joined(said)
    if not version:
        raise ProbeError("xl info tells no version of Xen", subject="xl", said=text[:200])
    kinds = said.get("xen_caps")
    return XenHost(version=version, capabilities=None if kinds is None else tuple(kinds.split()), firmware=firmware)


def _joined(said: dict[str, str]) -> str:
    """The version that older toolstacks tell in three parts: 4, 17 and `.5-pre`."""
    major, minor = said.get("xen_major", ""), said.get("xen_minor", "")
    return f"{major}.{minor}{said.get('xen_extra', '')}" if major and minor else ""
