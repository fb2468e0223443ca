"""What a question to the Xen driver is about, every default filled in, and what libvirt refuses. Pure code."""

from __future__ import annotations

from domcaps.drivers.question import INVALID, Question, check_arch, check_virt_type
from domcaps.drivers.xen.facts import XenFacts, XenHost
from domcaps.errors import RequestError
from domcaps.release import release

VIRT_TYPE = "xen"

EMULATOR = "/usr/bin/qemu-system-x86_64"
"""libvirt prints this path when none is given, whatever is there."""

MACHINES = ("xenpv", "xenpvh", "xenfv")
"""Paravirtualized guests (libvirt's choice), those in a hardware container, and fully virtualized ones."""


PVH = release("4.10")
"""The release that brought `xenpvh` (libvirt's history)."""


def facts_for(host: XenHost, host_arch: str, asked: Question) -> XenFacts:
    """The facts that answer a question.

    Raises:
        RequestError: a word of it that libvirt refuses, in libvirt's order and words.
    """
    check_virt_type(asked.virt_type, VIRT_TYPE)
    check_arch(asked.arch, asked.libvirt)
    known = [machine for machine in MACHINES if machine != "xenpvh" or asked.libvirt >= PVH]
    if asked.machine and asked.machine not in known:
        *names, last = (f"'{machine}'" for machine in known)
        raise RequestError(f"Xen only supports {', '.join(names)} and {last} machines", kind=INVALID)
    return XenFacts(
        host=host,
        release=asked.libvirt,
        path=asked.emulator or EMULATOR,
        arch=asked.arch or host_arch,
        machine=asked.machine or MACHINES[0],
    )
