"""What is asked of both libvirt and domcaps, and the judgement of two answers. No question here starts a guest."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.commandline import Answer
from tests.differences import first_difference
from tests.live.libvirtd import END_OF_FILE, Libvirtd

WORDLESS = ("An error occurred, but the cause is unknown", "Failed to read pidfile")
"""Refusals of libvirt's whose words nobody need repeat: they say nothing, or tell of libvirt's own files."""

VIRT_TYPES = ("kvm", "qemu")

LINUX_NAMES = {"i386": "i686", "i486": "i686", "i586": "i686", "armv8l": "armv7l"}
"""The architectures that Linux and libvirt call by different names."""

_STATED_ARCH = re.compile(r"architecture from emulator '(\w+)' doesn't match")
_SHOWN = 5


class Question(NamedTuple):
    """A `virsh domcapabilities` or `domcaps show`; what is empty is not given."""

    emulator: str = ""
    arch: str = ""
    machine: str = ""
    virt_type: str = ""
    flags: tuple[str, ...] = ()

    @property
    def options(self) -> list[str]:
        """The options, spelled as virsh and domcaps both spell them."""
        given = {"--emulatorbin": self.emulator, "--arch": self.arch, "--machine": self.machine}
        given["--virttype"] = self.virt_type
        return [word for option, value in given.items() if value for word in (option, value)] + list(self.flags)

    def __str__(self) -> str:
        return " ".join(self.options) or "no argument"


class Oracle(NamedTuple):
    """The daemon that is asked, its release, and libvirt's name of this host's architecture."""

    libvirtd: Libvirtd
    release: str
    host_arch: str

    def ask(self, question: Question) -> subprocess.CompletedProcess[str]:
        """libvirt's answer."""
        return self.libvirtd.virsh("domcapabilities", *question.options)

    def arch_of(self, emulator: str) -> str:
        """What an emulator emulates, in libvirt's word, asked of libvirt; empty when it does not know the emulator."""
        answer = self.ask(Question(emulator=emulator, virt_type="qemu"))
        if answer.returncode == 0:
            return self.host_arch
        if stated := _STATED_ARCH.search(answer.stderr):
            return stated[1]
        return "i686" if "does not support arch" in answer.stderr and emulator.endswith("i386") else ""


def host_arch() -> str:
    """libvirt's name of this host's architecture."""
    return LINUX_NAMES.get(platform.machine(), platform.machine())


def emulators() -> list[str]:
    """Every qemu-system-* in PATH, the first of each name, in the order of their names."""
    found: dict[str, str] = {}
    for folder in os.get_exec_path():
        for path in Path(folder).glob("qemu-system-*") if folder else ():
            if os.access(path, os.X_OK):
                found.setdefault(path.name, str(path))
    return [found[name] for name in sorted(found)]


def machines(emulator: str) -> list[str]:
    """Every machine that an emulator lists, aliases and `none` too, and one that nobody has."""
    done = subprocess.run([emulator, "-machine", "help"], capture_output=True, text=True, check=True, timeout=20)
    listed = [line.split()[0] for line in done.stdout.splitlines()[1:] if line.strip()]
    return [*listed, "nonesuch"]


def fault(virsh: subprocess.CompletedProcess[str], ours: Answer) -> str:
    """What is wrong with our answer, given libvirt's; empty when nothing is."""
    says = last_line(virsh.stderr)
    if virsh.returncode == 0:
        if ours.status:
            return f"libvirt answers, domcaps does not: status {ours.status}, {last_line(ours.err)}"
        return first_difference(document(virsh.stdout), ours.out)
    if ours.status != 2:
        return f"libvirt refuses ({says}), domcaps answers with status {ours.status}"
    if ours.out:
        return f"domcaps refuses and yet prints {ours.out[:60]!r}"
    if any(words in says for words in WORDLESS):
        return ""
    sentence = says.partition(": ")[2] or says
    return "" if sentence in ours.err else f"libvirt refuses with '{says}', domcaps with '{last_line(ours.err)}'"


def document(printed: str) -> str:
    """The document of virsh's output: virsh adds empty lines, after nothing too."""
    return printed.strip("\n") + "\n" if printed.strip() else ""


def last_line(text: str) -> str:
    """virsh's second error line (the first only says what it was about to do), or our only one."""
    return (text.strip().splitlines() or [""])[-1].removeprefix("error: ")


class Tally:
    """The judgements of one test: how many match, what does not, and which questions killed the daemon."""

    def __init__(self) -> None:
        self.asked = 0
        self.unjudged: list[str] = []
        self.faults: list[str] = []

    def judge(self, name: object, virsh: subprocess.CompletedProcess[str], ours: Answer) -> None:
        """Count one more question; a question of which libvirt itself died has no right answer."""
        if END_OF_FILE in virsh.stderr:
            self.unjudged.append(str(name))
            return
        self.asked += 1
        if found := fault(virsh, ours):
            self.faults.append(f"{name}: {found}")

    def __str__(self) -> str:
        left = [f"… and {len(self.faults) - _SHOWN} more"] if len(self.faults) > _SHOWN else []
        dead = [f"libvirtd died of: {', '.join(self.unjudged)}"] if self.unjudged else []
        match = f"{self.asked - len(self.faults)} of {self.asked} match"
        return "\n".join([match, *self.faults[:_SHOWN], *left, *dead])
