"""libvirt asked the same, its cache emptied before each question."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.measure import DOMCAPS, EMULATOR, NO_EMULATOR, Row, Times, absent, command, in_turn, ratio
from tests.live.libvirtd import Libvirtd, why_not


class Question(NamedTuple):
    """What both are asked."""

    what: str
    virsh: str
    domcaps: str
    limit: float
    share: int
    """Of so many runs of other benchmarks there is one of this."""


QUESTIONS = (
    Question("cold show, against `virsh domcapabilities` cold", "domcapabilities", "show", 0.3, 1),
    Question("all emulators, against `virsh capabilities` cold", "capabilities", "emulators", 0.35, 3),
)


def against_libvirt(runs: int) -> Iterator[Row]:
    """One emulator, and all of them, cold on both sides; one, warm on both sides."""
    why = why_not() or ("" if EMULATOR else NO_EMULATOR)
    if why:
        for question in QUESTIONS:
            yield absent(question.what, f"{question.limit:g} ×", why)
        return
    with Libvirtd() as daemon:
        for question in QUESTIONS:
            yield _compared(daemon, question, max(1, runs // question.share))
        warm = command(*DOMCAPS, "show")
        virsh, own = in_turn(runs * 2, lambda: daemon.virsh("domcapabilities"), warm)
        yield ratio("warm show, against `virsh domcapabilities` warm", own, virsh, None, of="virsh and its daemon")


def _compared(daemon: Libvirtd, question: Question, times: int) -> Row:
    show = command(*DOMCAPS, question.domcaps, "--no-cache")
    theirs: list[float] = []
    ours: list[float] = []
    for _ in range(times):
        daemon.restart()
        daemon.virsh("uri")  # the daemon is up before the clock runs
        began = time.perf_counter()
        daemon.virsh(question.virsh)
        between = time.perf_counter()
        show()
        theirs.append(between - began)
        ours.append(time.perf_counter() - between)
    return ratio(question.what, Times(ours), Times(theirs), question.limit, of="virsh")
