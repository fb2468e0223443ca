"""Runs the commands of docs/guide.md and puts what they print below them.

    python -m tools.guide            run them, write the page
    python -m tools.guide --check    status 1 when something is printed that the page does not have

A command is a line `$ …` in a block marked `console`; it runs in a folder with the files of `prepare`, which are made
of our own recording of a host. Long output is cut, and says so.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs/guide.md"
RECORDING = ROOT / "tests/data/libvirt-9.0.0_qemu-7.2.22_x86_64/snapshot.json.gz"

SHOWN = 22
"""Lines of a command's output that the page shows."""

_BLOCK = re.compile(r"```console\n(?P<lines>.*?)```", re.DOTALL)

GUEST = """<domain type='kvm'>
  <name>shop</name>
  <memory unit='GiB'>4</memory>
  <vcpu>4</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <cpu mode='host-model'/>
  <devices>
    <disk type='file' device='disk'>
      <source file='/var/lib/libvirt/images/shop.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <graphics type='rdp'/>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
  </devices>
</domain>
"""

NEWER_CPU = ("hle", "rtm", "gfni", "cldemote")
"""Features that node b's CPU lacks."""


def prepare(folder: Path) -> None:
    """The files that the commands use: hosts a and b, and a host before and after a package was installed."""
    host = json.loads(gzip.decompress(RECORDING.read_bytes()))
    save(folder / "node-a.json.gz", host)
    save(folder / "after.json.gz", host)
    host["host"]["swtpm"] = None
    save(folder / "before.json.gz", host)
    save(folder / "node-b.json.gz", older(json.loads(gzip.decompress(RECORDING.read_bytes()))))
    (folder / "guest.xml").write_text(GUEST, encoding="utf-8")


def save(path: Path, snapshot: dict[str, Any]) -> None:
    """Write a snapshot."""
    path.write_bytes(gzip.compress(json.dumps(snapshot).encode(), mtime=0))


def older(snapshot: dict[str, Any]) -> dict[str, Any]:
    """The same host with a CPU that lacks some features."""
    for emulator in snapshot["emulators"].values():
        for exchange in emulator["accelerators"].get("kvm", ()):
            props = exchange.get("return", {}).get("model", {}).get("props", {}) if is_expansion(exchange) else {}
            props.update({name: False for name in NEWER_CPU if name in props})
    return snapshot


def is_expansion(exchange: dict[str, Any]) -> bool:
    """Whether QEMU told of a CPU here."""
    return exchange["execute"] == "query-cpu-model-expansion" and isinstance(exchange.get("return"), dict)


def run(command: str, folder: Path) -> str:
    """What a command prints, both streams, cut to what the page shows."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    ran = subprocess.run(  # noqa: S603 - the commands of our own page
        ["/bin/bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    lines = ran.stdout.splitlines()
    if len(lines) > SHOWN:
        lines = [*lines[:SHOWN], f"… and {len(lines) - SHOWN} lines more"]
    return "".join(f"{line}\n" for line in lines)


def refreshed(page: str) -> str:
    """A page with its commands' output made anew."""
    with tempfile.TemporaryDirectory(prefix="domcaps-guide-") as name:
        folder = Path(name)
        prepare(folder)

        def block(match: re.Match[str]) -> str:
            commands = [line for line in match["lines"].splitlines() if line.startswith("$ ")]
            return "```console\n" + "".join(f"{line}\n{run(line[2:], folder)}" for line in commands) + "```"

        return _BLOCK.sub(block, page)


def main() -> int:
    """Run the commands; write the page, or compare it."""
    page = FILE.read_text(encoding="utf-8")
    made = refreshed(page)
    if "--check" in sys.argv[1:]:
        print(f"{FILE} is {'as it should be' if made == page else 'out of date: python -m tools.guide'}")
        return int(made != page)
    FILE.write_text(made, encoding="utf-8")
    print(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
