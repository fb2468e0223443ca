"""Probe emulators: start what there is to start, talk to all at once, and hand back records.

An emulator is started once with the best accelerator and, where that is a hardware one, once more with TCG alone
(libvirt's way); both at once where a hardware accelerator is to be expected. What was expected wrongly is put right
here: a superfluous process is ended, a missing one is started then. One emulator's fault is its own.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping

from domcaps.drivers.qemu.conversation import Conversation, EmulatorRecord, Exchange
from domcaps.drivers.qemu.launch import Ahead, guess_target, may_accelerate
from domcaps.drivers.qemu.process import Process
from domcaps.drivers.qemu.queries import (
    Plan,
    Profile,
    accelerator_of,
    due_second,
    has_type,
    learn,
    plan_first,
    plan_second,
    target_of,
    unasked,
)
from domcaps.drivers.qemu.questions import SHARED, TIMEOUT
from domcaps.drivers.qemu.session import Talk, pump
from domcaps.errors import ProbeError
from domcaps.host.arch import FROM_QEMU
from domcaps.host.facts import HostFacts

Greeted = Callable[[str, str], None]
"""Called with an emulator's path and that of a program that its process runs at its greeting, where that is another."""
Progress = Callable[[int, int, str], None]
"""Called with how many emulators are done, of how many, and the path of the one that is waited for longest, or none."""
_HARDWARE = frozenset({"kvm", "mshv", "hvf"})
_SIGSYS = 31
"""On the architectures that QEMU's sandbox is for."""
_LIBEXEC = "usr/libexec/qemu-kvm"


def probe_emulator(  # noqa: PLR0913 - a question has that many parts
    path: str,
    host: HostFacts,
    *,
    profile: Profile = Profile.DECIDE,
    timeout: float = TIMEOUT,
    ahead: Ahead | None = None,
    greeted: Greeted | None = None,
) -> EmulatorRecord:
    """Ask one emulator.

    Args:
        path: the program.
        host: its architecture and whether KVM works decide what is started at once.
        profile: how much is asked.
        timeout: seconds for everything.
        ahead: processes of this emulator that were started before (`launch.ahead`); theirs is the `DECIDE` opening.
        greeted: is told what a script runs.

    Raises:
        ProbeError: it cannot be started, does not answer in time, or not as QMP has it.
    """
    probe = _Probe(path, host, profile, deadline=time.monotonic() + timeout, each=timeout, greeted=greeted)
    try:
        probe.start(ahead)
        while probe.outcome is None:
            pump(probe.talks)
            probe.step()
    finally:
        probe.end()
        if ahead is not None:
            ahead.end()
    if isinstance(probe.outcome, ProbeError):
        raise probe.outcome
    return probe.outcome


def probe_emulators(  # noqa: PLR0913 - a question has that many parts
    paths: Iterable[str],
    host: HostFacts,
    *,
    profile: Profile = Profile.DECIDE,
    timeout: float = TIMEOUT,
    each: float = TIMEOUT,
    progress: Progress | None = None,
    greeted: Greeted | None = None,
) -> dict[str, EmulatorRecord | ProbeError]:
    """Ask several emulators, as many at a time as there are processors; links to one program are asked once.

    `timeout` is for all together, `each` for any one of them. A silent emulator does not hold up the others: after a
    tenth of its time the next is started beside it.
    """
    wanted = list(dict.fromkeys(paths))
    real = {path: os.path.realpath(path) for path in wanted}
    deadline, each = time.monotonic() + timeout, min(each, timeout)
    once = {real[path]: path for path in wanted}.values()
    waiting = [_Probe(path, host, profile, deadline=deadline, each=each, greeted=greeted) for path in once]
    total, going, done = len(waiting), list[_Probe](), dict[str, EmulatorRecord | ProbeError]()
    told: tuple[int, int, str] | None = None
    try:
        while waiting or going:
            while waiting and sum(probe.weight(each / 10) for probe in going) < _processors():
                going.append(waiting.pop(0))
                going[-1].start()
            told = _tell(progress, told, (len(done), total, going[0].path))
            pump([talk for probe in going for talk in probe.talks])
            for probe in going[:]:
                probe.step()
                if probe.outcome is not None:
                    probe.end()
                    going.remove(probe)
                    done[real[probe.path]] = probe.outcome
        if total:
            _tell(progress, told, (total, total, ""))
    finally:
        for probe in going:
            probe.end()
    return {path: done[real[path]] for path in wanted}


def _tell(
    progress: Progress | None, told: tuple[int, int, str] | None, now: tuple[int, int, str]
) -> tuple[int, int, str]:
    """Tell how far it is, if that is any news."""
    if progress is not None and now != told:
        progress(*now)
    return now


def find_emulators(root: str = "/", path_env: str | None = None) -> list[str]:
    """The emulators that are installed: `qemu-system-*` in the folders of PATH, and qemu-kvm of libexec; sorted.

    Args:
        root: where the file system of the host begins; the answers are paths below it.
        path_env: the PATH to look into; `None`: the environment's.
    """
    folders = (os.environ.get("PATH", os.defpath) if path_env is None else path_env).split(os.pathsep)
    found: dict[str, str] = {}
    for folder in folders:
        try:
            entries = sorted(os.listdir(_below(root, folder)))  # noqa: PTH208 - names are all that is needed
        except OSError:
            continue
        for name in entries:
            if name.startswith("qemu-system-") and _is_program(_below(root, folder, name)):
                found.setdefault(name, f"{folder.rstrip('/')}/{name}")
    paths = sorted(found.values())
    return [*paths, f"/{_LIBEXEC}"] if _is_program(_below(root, _LIBEXEC)) else paths


class _Probe:
    """One emulator under way: its processes' talks, and in the end a record or a fault."""

    __slots__ = (
        "_deadline",
        "_each",
        "_exact",
        "_first",
        "_greeted",
        "_host",
        "_profile",
        "_second",
        "_started",
        "outcome",
        "path",
    )

    def __init__(  # noqa: PLR0913 - what a probe is told, as it stands in the functions above
        self,
        path: str,
        host: HostFacts,
        profile: Profile,
        *,
        deadline: float,
        each: float,
        greeted: Greeted | None,
    ) -> None:
        self.path = path
        self.outcome: EmulatorRecord | ProbeError | None = None
        self._host = host
        self._profile = profile
        self._deadline = deadline
        self._each = each
        self._greeted = greeted
        self._started = 0.0
        self._first: Talk | None = None
        self._second: Talk | None = None
        self._exact = False

    @property
    def talks(self) -> list[Talk]:
        return [talk for talk in (self._first, self._second) if talk is not None]

    def weight(self, patience: float) -> int:
        """How many processors it keeps busy: one per process, and none once it has taken longer than `patience`."""
        if time.monotonic() - self._started > patience:
            return 0
        return sum(not talk.over for talk in self.talks)

    def start(self, ahead: Ahead | None = None, *, sandbox: bool = True) -> None:
        self._started = time.monotonic()
        if self._started >= self._deadline:
            self.outcome = ProbeError(f"the emulator {self.path} was not asked: the time was up", subject=self.path)
            return
        self._deadline = min(self._deadline, self._started + self._each)
        record = self._profile is Profile.RECORD
        try:
            if ahead is None or ahead.path != self.path or record:
                target = guess_target(self.path, self._host.arch)
                both = may_accelerate(target, self._host.arch, kvm_usable=self._host.kvm.usable)
                ahead = Ahead(self.path, target, both=both, record=record, sandbox=sandbox)
        except ProbeError as error:
            self.outcome = error
            return
        self._first = self._talk(
            ahead.first, plan_first(ahead.target, self._profile, borrows=ahead.second is not None), opened=True
        )
        if ahead.second is not None:
            self._second = self._talk(ahead.second, plan_second(ahead.target), opened=True)

    def step(self) -> None:
        """Take the next turn, if what there is to know for it is known."""
        if self.outcome is not None or self._first is None:
            return
        try:
            if self._first.idle:
                self.outcome = self._lend(self._first)
            if self._first.over and self.outcome is None:
                self.outcome = self._first.fault or self._verdict(self._first)
        except ProbeError as error:
            self.outcome = ProbeError(f"the emulator {self.path} {error}", subject=self.path)
        if isinstance(self.outcome, ProbeError) and any(_of_sandbox(self.outcome, talk.process) for talk in self.talks):
            self.end()
            self.outcome = self._second = None
            self.start(sandbox=False)

    def end(self) -> None:
        for talk in self.talks:
            talk.end()

    def _talk(self, process: Process, plan: Plan, *, opened: bool) -> Talk:
        return Talk(process, plan, opened=opened, deadline=self._deadline, greeted=self._tell_programs)

    def _tell_programs(self, process: Process) -> None:
        if self._greeted is not None:
            for program in process.others():
                self._greeted(self.path, program)

    def _lend(self, first: Talk) -> ProbeError | None:
        """Give the first process what the second was asked for both; it is no use to go on if that failed in need."""
        second = self._second
        if second is None or not second.over:
            return None
        if second.fault is not None and self._hardware_beside_tcg(Conversation(first.exchanges)):
            return second.fault
        first.lend([exchange for exchange in second.exchanges if exchange.execute in SHARED])
        return None

    def _verdict(self, first: Talk) -> EmulatorRecord | ProbeError | None:
        answers = Conversation(first.exchanges)
        hardware = self._hardware_beside_tcg(answers)
        if hardware is None:
            return self._record(answers, {self._hardware(answers) or "tcg": answers.exchanges})
        learnt, second = learn(answers), self._second
        if second is not None:
            if not second.over:
                return None
            if second.fault is not None:
                return second.fault
            others = Conversation(exchange for exchange in second.exchanges if exchange.execute not in SHARED)
            if self._exact or not unasked(due_second(learnt, others), others):
                return self._record(answers, {hardware: answers.exchanges, "tcg": others.exchanges})
        self._exact = True
        process = Process(self.path, "tcg", sandbox=first.process.sandboxed)
        self._second = self._talk(process, plan_second(learnt.target, learnt), opened=False)
        return None

    def _hardware_beside_tcg(self, answers: Conversation) -> str | None:
        """The hardware accelerator that is on, if TCG is there, too: then a second process has something to say."""
        return self._hardware(answers) if has_type(answers, "tcg-accel") else None

    def _hardware(self, answers: Conversation) -> str | None:
        """The hardware accelerator that is on: as QEMU says, and on a Mac whenever the guest is of the host's kind."""
        accelerator = accelerator_of(answers)
        if accelerator is None and sys.platform == "darwin" and self._arch(answers) == self._host.arch:
            return "hvf"
        return accelerator if accelerator in _HARDWARE else None

    def _record(self, answers: Conversation, accelerators: Mapping[str, tuple[Exchange, ...]]) -> EmulatorRecord:
        return EmulatorRecord(arch=self._arch(answers), accelerators=dict(accelerators))

    def _arch(self, answers: Conversation) -> str:
        target = target_of(answers)
        return FROM_QEMU.get(target, target)


def _of_sandbox(fault: ProbeError, process: Process) -> bool:
    """It is the sandbox that failed (a container may forbid it) or that ended the emulator, not the emulator."""
    told = any(word in fault.said.lower() for word in ("seccomp", "sandbox"))
    return process.sandboxed and (told or process.status == -_SIGSYS)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _below(root: str, *parts: str) -> str:
    return "/".join([root.rstrip("/"), *(part.strip("/") for part in parts)])


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)  # noqa: PTH113 - the path is text all the way
