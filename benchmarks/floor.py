"""QEMU's own floor: what a cold probe cannot be faster than.

Both launches side by side, the commands that a probe asks written to each at once (and `quit`), until both have exited.
Nothing is parsed; what QEMU writes goes to /dev/null.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec

from domcaps.drivers.qemu.probe import probe_emulator
from domcaps.host.probe import probe_host

ARGUMENTS = ("-S", "-no-user-config", "-nodefaults", "-nographic", "-machine")
ACCELERATORS = {"kvm": "none,accel=kvm:tcg", "tcg": "none,accel=tcg"}

Launch = tuple[str, Path]
"""The accelerator of a process, and the file of what it is asked."""


def prepare(emulator: str, folder: Path) -> list[Launch]:
    """Write the commands that a probe asks of each process, with `quit` after them, to a file of its own."""
    record = probe_emulator(emulator, probe_host())
    launches = []
    for accelerator, exchanges in record.accelerators.items():
        lines = []
        for exchange in exchanges:
            command = {"execute": exchange.execute, "arguments": exchange.arguments}
            lines.append(msgspec.json.encode({key: value for key, value in command.items() if value}))
        lines.append(b'{"execute": "quit"}')
        file = folder / f"{accelerator}.qmp"
        file.write_bytes(b"\n".join(lines) + b"\n")
        launches.append((accelerator, file))
    return launches


def run(emulator: str, launches: Iterable[Launch]) -> None:
    """Launch, write, and wait until all have exited."""
    going = []
    for accelerator, file in launches:
        command = [emulator, *ARGUMENTS, ACCELERATORS[accelerator], "-qmp", "stdio"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if process.stdin is not None:
            process.stdin.write(file.read_bytes())
            process.stdin.flush()
        going.append(process)
    for process in going:
        process.wait(30)
        if process.stdin is not None:
            process.stdin.close()
