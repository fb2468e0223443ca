"""The facts of a document with nothing filled in, and what the test driver refuses. Pure code."""

from __future__ import annotations

import msgspec

from domcaps.drivers.qemu.choose import check_words
from domcaps.drivers.question import NOT_SUPPORTED, Question
from domcaps.errors import RequestError
from domcaps.release import Release, release

ARCH = "i686"
"""The architecture of the test driver's host."""

VIRT_TYPE = "test"

ANSWERS_SINCE = release("9.8")
"""Before it the test driver did not implement the call: libvirt 9.0.0 refuses it."""


class NothingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: all that is known."""

    release: Release
    path: str | None
    virt_type: str
    arch: str
    machine: str | None


def facts_for(asked: Question) -> NothingFacts:
    """The facts of the test driver for a question.

    Raises:
        RequestError: the release's test driver does not answer, or does not know a word.
    """
    if asked.libvirt < ANSWERS_SINCE:
        raise RequestError(f"{NOT_SUPPORTED}: virConnectGetDomainCapabilities", kind=NOT_SUPPORTED)
    check_words(virt_type=asked.virt_type, arch=asked.arch, which=asked.libvirt)
    return NothingFacts(
        release=asked.libvirt,
        path=asked.emulator or None,
        virt_type=asked.virt_type or VIRT_TYPE,
        arch=asked.arch or ARCH,
        machine=asked.machine or None,
    )
