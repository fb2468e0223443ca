"""Start an emulator as far ahead as can be: with a guess of what it is, and with its first questions written already.

Nothing here waits for an answer, and nothing heavy is imported, so that a program can call `ahead` as its first act and
import the rest while QEMU starts. A wrong guess costs a question too many or one later, never an answer: what is due is
worked out again from the answers (`queries`).
"""

from __future__ import annotations

import os
import sys

from domcaps.drivers.qemu import questions
from domcaps.drivers.qemu.process import Process, links_seccomp

Question = tuple[str, dict[str, object]]
"""A QMP command and its arguments."""


class Ahead:
    """Processes that are under way for one emulator.

    Attributes:
        path: the emulator.
        first: its process with the best accelerator.
        second: its process with TCG alone, if the first is expected to have a hardware accelerator.
        target: the QEMU target that was guessed; what the opening questions were chosen by.
    """

    __slots__ = ("first", "path", "second", "target")

    def __init__(self, path: str, target: str, *, both: bool, record: bool = False, sandbox: bool = True) -> None:
        """Start one process, or both at once, which needs the questions of `record` to wait for the first's answers.

        Raises:
            ProbeError: the program cannot be started.
        """
        self.path = path
        self.target = target
        self.second: Process | None = None
        sandbox, both = sandbox and links_seccomp(path), both and not record
        opening = opening_to_record() if record else opening_first(target, borrows=both)
        self.first = Process(path, accelerators(), opening=spell(opening), sandbox=sandbox)
        if both:
            try:
                self.second = Process(path, "tcg", opening=spell(opening_second(target)), sandbox=sandbox)
            except BaseException:
                self.first.end()
                raise

    def end(self) -> None:
        """End what was started."""
        self.first.end()
        if self.second is not None:
            self.second.end()


def ahead(path: str, *, host_arch: str | None = None, kvm_usable: bool | None = None) -> Ahead:
    """Start the emulator `path` for a probe that follows (`probe_emulator(…, ahead=…)`), or for `Ahead.end`.

    Args:
        path: the program.
        host_arch: libvirt's name of the host's architecture, if known already; else the kernel's.
        kvm_usable: /dev/kvm can be opened, if known already; else the permission is looked at.

    Raises:
        ProbeError: the program cannot be started.
    """
    arch = host_arch or libvirt_arch(os.uname().machine)
    usable = os.access("/dev/kvm", os.R_OK | os.W_OK) if kvm_usable is None else kvm_usable
    target = guess_target(path, arch)
    return Ahead(path, target, both=may_accelerate(target, arch, kvm_usable=usable))


def libvirt_arch(machine: str) -> str:
    """libvirt's name of the architecture that the kernel calls `machine` (uname(2))."""
    if machine in {"i386", "i486", "i586"}:
        return "i686"
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)


def guess_target(path: str, host_arch: str) -> str:
    """The QEMU target that the program's name tells (`qemu-system-x86_64-microvm`: x86_64), else the host's own."""
    name = path.rpartition("/")[2]
    if name.startswith("qemu-system-"):
        target = name.removeprefix("qemu-system-").partition("-")[0]
        return {"amd64": "x86_64", "ppc64le": "ppc64"}.get(target, target)
    return {"i686": "i386", "armv7l": "arm", "ppc64le": "ppc64"}.get(host_arch, host_arch)


def may_accelerate(target: str, host_arch: str, *, kvm_usable: bool | None) -> bool:
    """Whether a hardware accelerator is to be expected: KVM works (on a Mac: HVF) and the target is the host's kind."""
    if not kvm_usable and sys.platform != "darwin":
        return False
    return target in questions.RUNS_NATIVELY.get(host_arch, {host_arch})


def accelerators() -> str:
    """The value of `accel=` for the first process, as libvirt gives it on this system."""
    system = str(sys.platform)
    if system == "linux":
        return "kvm:mshv:tcg" if os.access("/dev/mshv", os.F_OK) else "kvm:tcg"
    return "hvf:tcg" if system == "darwin" else "tcg"


def opening_first(target: str, *, borrows: bool = False) -> list[Question]:
    """The first process's first questions: what is due for any emulator, and what is likely due for `target`.

    `borrows`: but for those that the second process, started at once, is asked for both.
    """
    objects, commands = questions.LIKELY.get(target, ((), ()))
    always = [name for name, types in questions.DECIDING_OBJECTS if not types]
    names = [name for name in questions.DECIDE if not (borrows and name in questions.SHARED)]
    asked: list[Question] = [(name, {}) for name in (questions.HANDSHAKE, *names, *commands)]
    asked += [("qom-list-properties", {"typename": name}) for name in (*always, *objects)]
    asked += expansions("host", target)
    if target in questions.X86_TARGETS or target in questions.ARM_TARGETS:
        asked.append(hyperv("host"))
    return asked


def opening_second(target: str) -> list[Question]:
    """The first questions to a second process that is started at once with the first.

    The `full` expansion, which few schemas call for, is asked without knowing: it costs QEMU a millisecond.
    """
    asked: list[Question] = [(name, {}) for name in (questions.HANDSHAKE, *questions.SECOND)]
    asked += expansions("max", target)
    full = expansion("full", "max")
    asked += [] if full in asked else [full]
    return asked + [(name, {}) for name in questions.SHARED]


def opening_to_record() -> list[Question]:
    """The first process's first questions when all that libvirt asks is wanted."""
    asked: list[Question] = [(name, {}) for name in (questions.HANDSHAKE, *questions.RECORD)]
    for command, rows in (
        ("device-list-properties", questions.RECORDED_DEVICES),
        ("qom-list-properties", questions.RECORDED_OBJECTS),
    ):
        asked += [(command, {"typename": name}) for name, types in rows if not types]
    return asked


def expansions(model: str, target: str) -> list[Question]:
    """What says the features of a CPU model; on x86 twice, for what is on and what could not be migrated."""
    if target in questions.ARM_TARGETS:
        return [expansion("full", model)]
    if target in questions.X86_TARGETS:
        return [expansion("static", model), expansion("static", model, {"migratable": False})]
    return [expansion("static", model)]


def hyperv(model: str) -> Question:
    """What says the Hyper-V enlightenments."""
    return expansion("full", model, {"migratable": False, "hv-passthrough": True})


def expansion(kind: str, model: str, properties: dict[str, object] | None = None) -> Question:
    """One `query-cpu-model-expansion`."""
    named: dict[str, object] = {"name": model, "props": properties} if properties else {"name": model}
    return ("query-cpu-model-expansion", {"type": kind, "model": named})


def spell(asked: list[Question]) -> bytes:
    """The questions as QMP sends them, a line each, numbered from 0. Names need no escape: they are our own."""
    lines = []
    for number, (name, arguments) in enumerate(asked):
        given = f'"arguments": {_spell(arguments)}, ' if arguments else ""
        lines.append(f'{{"execute": "{name}", {given}"id": {number}}}\n')
    return "".join(lines).encode()


def _spell(value: object) -> str:
    """JSON of names, flags and objects of them (`json` is imported by whoever needs more)."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {_spell(member)}' for key, member in value.items()) + "}"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f'"{value}"'
