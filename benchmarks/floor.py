"""QEMU's own floor: what a cold probe cannot be faster than.

Both launches side by side, the commands that a probe asks written to each at once (and `quit`), until both have exited.
Nothing is parsed; the pipes are drained so that QEMU never waits for its reader.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from domcaps.drivers.qemu.probe import probe_emulator
from domcaps.host.probe import probe_host

ARGUMENTS = ("-S", "-no-user-config", "-nodefaults", "-nographic", "-machine")
ACCELERATORS = {"kvm": "none,accel=kvm:tcg", "tcg": "none,accel=tcg"}


def prepare(emulator: str, folder: Path) -> list[Path]:
    """Write the commands that a probe asks of each process to a file of its own."""
    record = probe_emulator(emulator, probe_host())
    files = []
    for accelerator, exchanges in record.accelerators.items():
        lines = []
        for exchange in exchanges:
            command = {"execute": exchange.execute, "arguments": exchange.arguments}
            lines.append(msgspec.json.encode({key: value for key, value in command.items() if value}))
        lines.append(b'{"execute": "quit"}')
        file = folder / f"{accelerator}.qmp"
        file.write_bytes(b"\n".join(lines) + b"\n")
        files.append(file)
    return files


def run(emulator: str, files: list[Path]) -> None:
    """Launch, write, and wait until all have exited."""
    going = []
    for file in files:
        command = [emulator, *ARGUMENTS, ACCELERATORS[file.stem], "-qmp", "stdio"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if process.stdin is not None:
            process.stdin.write(file.read_bytes())
            process.stdin.flush()
        going.append(process)
    for process in going:
        process.wait(30)
        if process.stdin is not None:
            process.stdin.close()


def main() -> None:
    """`floor.py EMULATOR FILE…`: one run, to be timed as a whole by whoever calls."""
    run(sys.argv[1], [Path(name) for name in sys.argv[2:]])


if __name__ == "__main__":
    main()
