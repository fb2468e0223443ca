"""The live host as a source of facts.

What is slow goes on side by side: the emulator starts with its first questions written, swtpm_setup runs, and the
rest of the program is imported meanwhile. Nothing is left behind: use a `LiveSource` as a context.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from domcaps import __version__
from domcaps.depends import emulator_question, of_emulator, of_running
from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.qemu.conversation import EmulatorRecord
from domcaps.drivers.qemu.questions import TIMEOUT
from domcaps.drivers.usual import usual_driver
from domcaps.early import Early, look
from domcaps.errors import ProbeError, RequestError
from domcaps.firmware.facts import FirmwareFacts
from domcaps.host.facts import HostFacts
from domcaps.host.probe import HostReport, arch_of, begin_probe
from domcaps.host.view import HostView, here
from domcaps.witness import holds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from domcaps.cache import Cache
    from domcaps.drivers.bhyve.facts import BhyveHost
    from domcaps.drivers.qemu.facts import EmulatorFacts
    from domcaps.drivers.qemu.probe import Progress
    from domcaps.drivers.xen.facts import XenHost
    from domcaps.firmware.match import FirmwareIndex
    from domcaps.release import Release

_OFTEN = 4.0
"""Seconds for each of many emulators, were all of them slow: some are asked at the same time."""


class LiveSource:
    """This host, or what lies under another root."""

    def __init__(
        self,
        *,
        view: HostView | None = None,
        timeout: float = TIMEOUT,
        cache: Cache | None = None,
        driver: Driver | None = None,
        early: Early | None = None,
    ) -> None:
        """Look at the host.

        Args:
            view: where to look; `None`: at this process's host.
            timeout: seconds that an emulator has to answer.
            cache: where answers of emulators are kept; `None`: nowhere.
            driver: the driver of libvirt to answer for; `None`: the one that libvirt would take itself.
            early: an emulator that was started before; it ends with this source, and if there comes to be none.
        """
        self.early = early or Early(None, ())
        """The emulator that was started first, and the names by which it was looked for."""
        try:
            self.view = view or here()
            self.driver = driver or usual_driver(self.view)
            self.arch = arch_of(self.view.machine)
            self._probe = begin_probe(self.view)
        except BaseException:
            self.early.end()
            raise
        self.timeout = timeout
        self.images: tuple[str, ...] = ()
        """The firmware images that were looked for."""
        self.notes: Callable[[str], None] | None = None
        """Is told, a sentence each, what is passed over."""
        self.running: list[str] = []
        """Witnesses of what an emulator's processes ran that is a script."""
        self._passing = False
        self._missing: list[str] = []
        self._cache = cache
        self._report: HostReport | None = None
        self._firmware: FirmwareFacts | None = None
        self._emulators: dict[str, EmulatorFacts] = {}
        self._xen: XenHost | None = None
        self._bhyve: BhyveHost | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._probe.close()
        self.early.end()
        if isinstance(error, RequestError) and self._missing and self.notes is not None:
            path = self.view.env.get("PATH", "not set")
            self.notes(f"there is no {' and no '.join(self._missing)} in PATH ({path})")

    @property
    def seen(self) -> HostReport:
        """What of the host is known without waiting."""
        return self._report or self._probe.report

    @property
    def report(self) -> HostReport:
        """The host's facts, its identity, and what could not be seen of it; waits for swtpm_setup."""
        if self._report is None:
            self._report = self._probe.finish()
        return self._report

    @property
    def host(self) -> HostFacts:
        """The host's facts; waits for swtpm_setup."""
        return self.report.facts

    @property
    def descriptor_folders(self) -> tuple[str, ...]:
        """The folders of firmware descriptors that apply to this user."""
        from domcaps.firmware.search import descriptor_folders  # noqa: PLC0415 - start-up: as below

        return descriptor_folders(self.view)

    @property
    def firmware_facts(self) -> FirmwareFacts:
        """The host's firmware as it lies there.

        Raises:
            ProbeError: a folder of descriptors cannot be read.
        """
        if self._firmware is None:
            from domcaps.firmware.search import find_firmware  # noqa: PLC0415 - start-up: QEMU is to be started first

            self._firmware = find_firmware(self.view)
        return self._firmware

    def firmware(self, which: Release) -> FirmwareIndex:
        """The host's firmware as a libvirt release understands it.

        Raises:
            ProbeError: a folder of descriptors cannot be read.
            RequestError: a descriptor is broken, and that release refuses every request then.
        """
        from domcaps.firmware.facts import KNOWN_IMAGES  # noqa: PLC0415 - start-up: as above
        from domcaps.firmware.match import FirmwareIndex  # noqa: PLC0415 - as above

        index = FirmwareIndex(self.firmware_facts, which)
        if self.notes is not None:
            for complaint in index.complaints():
                self.notes(complaint)
        named = [found.code for found in index.descriptors if found.code is not None]
        self.images = tuple(dict.fromkeys([*KNOWN_IMAGES, *named, *(self.firmware_facts.nvram or ())]))
        return index

    def find(self, name: str) -> str | None:
        """The path of a program in PATH, or of one at an absolute path; `None` when it is not there."""
        found = self.view.which(name) if not name.startswith("/") else name if self.view.runnable(name) else None
        self._missing = [*self._missing, name] if found is None else []
        return found

    @property
    def xen(self) -> XenHost:
        """What the Xen driver knows of this host.

        Raises:
            ProbeError: it does not run Xen, or the toolstack does not answer.
        """
        if self._xen is None:
            from domcaps.drivers.xen.probe import probe_xen  # noqa: PLC0415 - start-up: few hosts run Xen

            self._xen = probe_xen(self.view, timeout=self.timeout)
        return self._xen

    @property
    def bhyve(self) -> BhyveHost:
        """What the bhyve driver knows of this host.

        Raises:
            ProbeError: bhyve does not answer.
        """
        if self._bhyve is None:
            from domcaps.drivers.bhyve.probe import probe_bhyve  # noqa: PLC0415 - start-up: few hosts run bhyve

            self._bhyve = probe_bhyve(self.view, timeout=self.timeout)
        return self._bhyve

    def emulator(self, path: str) -> EmulatorFacts:
        """What the emulator at a path answers.

        Raises:
            ProbeError: it is not there, cannot be run, or does not answer.
        """
        if path not in self._emulators:
            from domcaps.drivers.qemu.facts import EmulatorFacts  # noqa: PLC0415 - start-up: QEMU is to be started first

            check_program(path)
            early = self.early if self.early.path == path else self._looked_up(path)
            if early.failed is not None:
                raise early.failed
            record = self._kept(early.kept) or self._asked(path, early)
            self._emulators[path] = EmulatorFacts(path, record.conversations())
        return self._emulators[path]

    @property
    def unchanged(self) -> bool:
        """Whether all that the emulator's answers depend on is as it was before it was asked."""
        path, depends = self.early.path, self.early.depends
        return path is None or (not self._passing and depends == of_emulator(path) and all(map(holds, self.running)))

    def emulators(
        self, paths: Iterable[str], *, progress: Progress | None = None
    ) -> dict[str, EmulatorRecord | ProbeError]:
        """What several emulators answer, or why one does not, each in its time: from the cache, else side by side.

        Args:
            paths: the emulators, in the order of the answer.
            progress: is told how far it is, and who is waited for.
        """
        from domcaps.drivers.qemu.probe import probe_emulators  # noqa: PLC0415 - start-up: as in `emulator`

        wanted = list(paths)
        found: dict[str, EmulatorRecord | ProbeError] = {}
        before: dict[str, list[str]] = {}
        for path in wanted:
            kept = None if self._cache is None else self._cache.find("emulator", emulator_question(__version__, path))
            record = self._kept(kept)
            if record is None:
                before[path] = of_emulator(path)
            else:
                found[path] = record
        together = max(self.timeout, _OFTEN * len(before))
        running: dict[str, list[str]] = {os.path.realpath(path): [] for path in before}
        found |= probe_emulators(
            before,
            self.seen.facts,
            timeout=together,
            each=self.timeout,
            progress=progress,
            greeted=lambda path, program: running[os.path.realpath(path)].extend(of_running(program)),
        )
        for path, depends in before.items():
            answer = found[path]
            if not isinstance(answer, ProbeError):
                self._keep(path, depends, running[os.path.realpath(path)], answer)
        return {path: found[path] for path in wanted}

    def _keep(self, path: str, depends: list[str], running: list[str], record: EmulatorRecord) -> None:
        """Keep an emulator's answers unless what they depend on changed meanwhile."""
        if self._misses_kvm(path, record):
            return
        if self._cache is not None and depends == of_emulator(path) and all(map(holds, running)):
            question, answer = emulator_question(__version__, path), msgspec.json.encode(record)
            self._cache.keep("emulator", question, [*depends, *running], msgspec.json.encode(running) + b"\n" + answer)

    def _kept(self, data: bytes | None) -> EmulatorRecord | None:
        """An emulator's answers as the cache had them; `None` when it had none that can be read."""
        if data is None:
            return None
        running, _, answer = data.partition(b"\n")
        try:
            record = msgspec.json.decode(answer, type=EmulatorRecord)
            self.running += msgspec.json.decode(running, type=list[str])
        except msgspec.MsgspecError:
            return None
        return record

    def _misses_kvm(self, path: str, record: EmulatorRecord) -> bool:
        """Whether KVM works and the emulator could not use it: that passes, and is no answer to keep.

        Another hypervisor has the processor, say, or there was no memory for a virtual machine: QEMU goes on with TCG.
        """
        from domcaps.drivers.qemu.queries import kvm_failed  # noqa: PLC0415 - start-up: as in `emulator`

        if not self.seen.facts.kvm.usable or list(record.accelerators) != ["tcg"]:
            return False
        if not kvm_failed(record.conversations()["tcg"]):
            return False
        self._passing = True
        if self.notes is not None:
            self.notes(f"{path} could not use KVM, which is there; hardware virtualization cannot be used")
        return True

    def _looked_up(self, path: str) -> Early:
        early = Early(path, (path,))
        look(early, self._cache, self.timeout)
        return early

    def _asked(self, path: str, early: Early) -> EmulatorRecord:
        """Ask the emulator, and keep its answers."""
        from domcaps.drivers.qemu.probe import probe_emulator  # noqa: PLC0415 - start-up: as in `emulator`

        under_way, early.processes = early.processes, None
        try:
            left = max(self.timeout - early.waited, 0.0)
            record = probe_emulator(
                path,
                self.seen.facts,
                timeout=left,
                ahead=under_way,
                greeted=lambda _, program: self.running.extend(of_running(program)),
            )
            self._keep(path, early.depends, self.running, record)
        except ProbeError as error:
            if early.lock is not None and not isinstance(error.__cause__, OSError):  # what we lack, others may have
                early.lock.leave(f"{error}\0{error.said}", self.timeout)
            raise
        finally:
            early.free()
        return record


def check_program(path: str) -> None:
    """Refuse what cannot be an emulator, in libvirt's words.

    Raises:
        ProbeError: there is no such file, or it may not be executed.
    """
    if not path.startswith("/") or not os.path.exists(path):  # noqa: PTH110 - start-up: pathlib costs more than this
        raise ProbeError(f"Cannot check QEMU binary {path}: No such file or directory", subject=path)
    if os.path.isdir(path):  # noqa: PTH112 - as above
        raise ProbeError(f"QEMU binary {path} is not executable: Is a directory", subject=path)
    if not os.path.isfile(path):  # noqa: PTH113 - as above
        raise ProbeError(f"QEMU binary {path} is not executable: not a regular file", subject=path)
    if not os.access(path, os.X_OK):
        raise ProbeError(f"QEMU binary {path} is not executable: Permission denied", subject=path)
