"""The emulator that a question is about, found and started before anything heavy is imported.

Nothing is started when the cache has its answers, or while another process is asking it: then one of them asks, and all
read what it kept. What is wrong with a path is for `LiveSource.emulator` to say.
"""

from __future__ import annotations

import os
import time

from domcaps import __version__
from domcaps.depends import emulator_question, of_emulator
from domcaps.drivers.qemu.launch import Ahead, ahead, libvirt_arch
from domcaps.drivers.qemu.names import emulator_names
from domcaps.errors import ProbeError
from domcaps.witness import find_program

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domcaps.cache import Cache, Lock


class Early:
    """One emulator: its answers from the cache, or its processes under way, or neither.

    Attributes:
        asked: what was asked for: the path and the guest's architecture, as `start` was given them.
        path: the emulator; `None` when none was found.
        looked_for: the names by which it was looked for.
        kept: its answers, as the cache has them.
        processes: what was started of it.
        lock: held while it is asked.
        depends: witnesses of what its answers depend on, seen before it was started or its answers were taken.
        waited: seconds that another process was waited for.
        failed: why that process had no answer.
    """

    __slots__ = ("asked", "depends", "failed", "kept", "lock", "looked_for", "path", "processes", "waited")

    def __init__(
        self, path: str | None, looked_for: Iterable[str], asked: tuple[str | None, str | None] = (None, None)
    ) -> None:
        self.asked = asked
        self.path = path
        self.looked_for = tuple(looked_for)
        self.kept: bytes | None = None
        self.processes: Ahead | None = None
        self.lock: Lock | None = None
        self.depends: list[str] = []
        self.waited = 0.0
        self.failed: ProbeError | None = None

    def end(self) -> None:
        """End what was started, and let go of the lock."""
        if self.processes is not None:
            self.processes.end()
            self.processes = None
        self.free()

    def free(self) -> None:
        """Let go of the lock."""
        if self.lock is not None:
            self.lock.free()
            self.lock = None


def start(emulator: str | None, guest: str | None, *, cache: Cache | None, timeout: float) -> Early:
    """Find the emulator for a guest's architecture (libvirt's names), or take the one named, and start it.

    Args:
        emulator: a path; `None`: libvirt's choice.
        guest: `None`: the host's own.
        cache: where answers may be kept; `None`: nowhere.
        timeout: seconds for all; the half of it is for waiting for another process that asks the same emulator.
    """
    host = libvirt_arch(os.uname().machine)
    names = [emulator] if emulator else list(emulator_names(host, guest or host))
    early = Early(next((path for path in map(find_program, names) if path), None), names, (emulator, guest))
    if early.path is None:
        return early
    look(early, cache, timeout)
    if early.kept is None and early.failed is None:
        try:
            early.processes = ahead(early.path)
        except ProbeError:
            early.processes = None
        except BaseException:
            early.end()
            raise
    return early


def look(early: Early, cache: Cache | None, timeout: float) -> None:
    """Take an emulator's answers from the cache; where they are not there, become the one who asks for them."""
    if cache is None or early.path is None:
        return
    question = emulator_question(__version__, early.path)
    early.depends = of_emulator(early.path)
    early.kept = cache.find("emulator", question)
    if early.kept is not None:
        return
    early.lock = cache.lock("emulator", question)
    begun = time.monotonic()
    if early.lock.take(timeout / 2):
        early.waited = time.monotonic() - begun
        early.depends = of_emulator(early.path)
        early.kept = cache.find("emulator", question)
        if early.kept is None and (words := early.lock.left(timeout)):
            message, _, said = words.partition("\0")
            early.failed = ProbeError(message, subject=early.path, said=said)
    if early.kept is not None or early.failed is not None:
        early.free()
    else:
        early.lock.leave("", 0)
