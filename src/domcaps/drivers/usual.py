"""Edge: the driver that libvirt would take on a host when no connection is named."""

from __future__ import annotations

import sys

from domcaps.drivers.connection_uri import Driver
from domcaps.host.view import HostView

CAPABILITIES = "/proc/xen/capabilities"
"""Linux says `control_d` there in the domain that rules Xen's guests."""


def usual_driver(view: HostView) -> Driver:
    """Xen where this machine rules Xen's guests, bhyve on FreeBSD, QEMU anywhere else."""
    if "control_d" in (view.read(CAPABILITIES, 256) or ""):
        return Driver.XEN
    return Driver.BHYVE if sys.platform.startswith("freebsd") else Driver.QEMU
