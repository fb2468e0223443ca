"""What a question to the bhyve driver is about, every default filled in, and what libvirt refuses. Pure code."""

from __future__ import annotations

from domcaps.drivers.bhyve.facts import BhyveFacts, BhyveHost
from domcaps.drivers.question import NOT_SUPPORTED, Question, check_arch, check_virt_type
from domcaps.errors import RequestError
from domcaps.host.arch import X86

VIRT_TYPE = "bhyve"

EMULATOR = "/usr/sbin/bhyve"
"""libvirt prints this path when none is given; another one is printed as given, and never run."""


def facts_for(host: BhyveHost, host_arch: str, asked: Question) -> BhyveFacts:
    """The facts that answer a question.

    Raises:
        RequestError: a word of it that libvirt refuses, in libvirt's order and words.
    """
    check_virt_type(asked.virt_type, VIRT_TYPE)
    check_arch(asked.arch, asked.libvirt)
    arch = asked.arch or host_arch
    if arch not in X86:
        raise RequestError(f"unsupported architecture: {arch}", kind=NOT_SUPPORTED)
    return BhyveFacts(
        host=host,
        release=asked.libvirt,
        path=asked.emulator or EMULATOR,
        arch=arch,
        machine=asked.machine or None,
    )
