"""Edge: a live Xen host, asked through its toolstack.

Rule: what libvirt's Xen driver would not start on (a machine that is no Xen host, or whose toolstack does not answer)
is an error; the firmware images are named, not looked for, as libvirt does.
"""

from __future__ import annotations

import os
import re

from domcaps.drivers.program import ask_program
from domcaps.drivers.xen.facts import BOOT_FOLDER, IMAGES, XenHost
from domcaps.drivers.xen.xl_info import read_xl_info
from domcaps.errors import ProbeError
from domcaps.host.view import HostView

BOOT_FOLDERS = (BOOT_FOLDER, "/usr/libexec/xen/boot", "/usr/lib64/xen/boot", "/usr/local/lib/xen/boot")
"""Where distributions put Xen's boot folder; Debian has one for each version, `/usr/lib/xen-4.17/boot`."""


def probe_xen(view: HostView, *, timeout: float = 10.0) -> XenHost:
    """The facts of a live Xen host.

    Raises:
        ProbeError: there is no `xl`, or it does not tell of a running Xen within the time (seconds).
    """
    xl = view.which("xl")
    if xl is None:
        raise ProbeError("this is no Xen host: xl is not in PATH", subject="xl")
    answer = ask_program(view, xl, "info", timeout=timeout)
    if answer.status:
        words = (answer.err.strip() or answer.out.strip()).splitlines()
        last = f": {words[-1]}" if words else ""
        raise ProbeError(f"{xl} info failed with status {answer.status}{last}", subject=xl, said=answer.err)
    folder = _boot_folder(view)
    return read_xl_info(answer.out, firmware=tuple(f"{folder}/{image}" for image in IMAGES))


def _boot_folder(view: HostView) -> str:
    for folder in BOOT_FOLDERS:
        if view.exists(f"{folder}/hvmloader"):
            return folder
    versions = [name for name in _names(view, "/usr/lib") if re.fullmatch(r"xen-\d+\.\d+", name)]
    versions.sort(key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    return f"/usr/lib/{versions[-1]}/boot" if versions else BOOT_FOLDER


def _names(view: HostView, folder: str) -> list[str]:
    try:
        return os.listdir(view.path(folder))  # noqa: PTH208 - start-up: pathlib costs more than this
    except OSError:
        return []
