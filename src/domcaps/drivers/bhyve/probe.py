"""Edge: a live bhyve host.

Rules: bhyve is the one in PATH, whatever path a document names; it is asked for devices in ways that end at once and
start no guest. FreeBSD without bhyve in PATH has no feature, as libvirt has it; another system is no bhyve host.
"""

from __future__ import annotations

import os
import sys

from domcaps.drivers.bhyve.conf import firmware_folder
from domcaps.drivers.bhyve.facts import BhyveHost
from domcaps.drivers.bhyve.questions import QUESTIONS
from domcaps.drivers.program import ask_program
from domcaps.errors import ProbeError
from domcaps.host.view import HostView

CONFIGURATIONS = ("/usr/local/etc/libvirt/bhyve.conf", "/etc/libvirt/bhyve.conf")
"""Where libvirt's configuration lies: FreeBSD's packages, then a libvirt built for /etc."""


def probe_bhyve(view: HostView, *, timeout: float = 10.0) -> BhyveHost:
    """The facts of a live bhyve host.

    Raises:
        ProbeError: this is no bhyve host, or bhyve does not end within the time (seconds).
    """
    found = dict.fromkeys((question.fact for question in QUESTIONS), False)
    bhyve = view.which("bhyve")
    if bhyve is None and not sys.platform.startswith("freebsd"):
        raise ProbeError("this is no bhyve host: bhyve is not in PATH", subject="bhyve")
    for question in QUESTIONS if bhyve else ():
        answer = ask_program(view, str(bhyve), *question.arguments, timeout=timeout)
        found[question.fact] |= question.lacking not in answer.err
    return BhyveHost(firmware=_firmware(view), **found)


def _firmware(view: HostView) -> tuple[str, ...]:
    """Every entry of the folder, in the folder's own order: libvirt sorts and filters nothing."""
    conf = next((text for path in CONFIGURATIONS if (text := view.read(path, 1 << 20)) is not None), "")
    folder = firmware_folder(conf)
    try:
        return tuple(f"{folder}/{name}" for name in os.listdir(view.path(folder)))  # noqa: PTH208 - order and start-up
    except OSError:
        return ()
