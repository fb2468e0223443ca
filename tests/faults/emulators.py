"""Fake emulators put where a test wants them, and the traces that an emulator may leave."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from domcaps.host.facts import HostFacts, KvmFacts

FAKE = Path(__file__).with_name("fake_emulator.py")
HOST = HostFacts(arch="x86_64", kvm=KvmFacts(usable=True))
"""Expects KVM of an x86_64 emulator: two processes at once."""
HOST_WITHOUT_KVM = HostFacts(arch="x86_64", kvm=KvmFacts(usable=False))


def install(folder: Path, behaviour: str, name: str = "qemu-system-x86_64", *, counted: bool = False) -> str:
    """A program that is the fake with that behaviour; its processes carry the path in their arguments.

    `counted`: each start of it is a line of the file `PATH.count`.
    """
    path = folder / name
    count = [f'echo started >> "{path}.count"'] if counted else []
    lines = (
        "#!/bin/sh",
        *count,
        f'FAKE_PATH="{path}"; export FAKE_PATH',
        f'exec "{sys.executable}" -I -S "{FAKE}" {behaviour} "$@" "{path}"',
    )
    path.write_text("\n".join(lines), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def processes(word: str) -> list[str]:
    """The arguments of all living processes that have `word` in them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                arguments = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if word in arguments:  # a zombie has no arguments left
                found.append(f"{entry.name} {arguments}")
    return found


def children() -> list[str]:
    """All children of this process, dead ones that nobody waited for included."""
    task = Path(f"/proc/{os.getpid()}/task")
    return [pid for thread in task.iterdir() for pid in (thread / "children").read_text(encoding="ascii").split()]


class Traces:
    """What there is now, to compare with what there was: processes, descriptors, sockets, files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.before = self.now()

    def now(self) -> dict[str, object]:
        links = {}
        for entry in list(Path("/proc/self/fd").iterdir()):
            try:
                links[int(entry.name)] = str(entry.readlink())
            except OSError:
                continue  # the descriptor of the listing
        return {
            "processes": processes(str(self.folder)),
            "children": children(),
            "descriptors": links,
            "sockets": sorted(link for link in links.values() if link.startswith("socket:")),
            "files": sorted(str(path) for path in self.folder.rglob("*") if stat.S_ISREG(path.lstat().st_mode)),
        }

    def left(self) -> dict[str, object]:
        """What differs from before, by kind: to be empty."""
        return {kind: value for kind, value in self.now().items() if value != self.before[kind]}
