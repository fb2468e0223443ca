#!/usr/bin/env python3
"""Make our own recordings: real emulators of this machine, and what a real libvirt says of them, in tests/data.

    tools/record.py [--into FOLDER] EMULATOR…

For each emulator a folder `libvirt-RELEASE_qemu-VERSION_TARGET` of the shape of ../shared/vectors: `snapshot.json.gz`
(what decides a document, `domcaps capture --small`, without what identifies the host), `cases.json`, and `expected/`.
Needs root and libvirtd (see tests/live/libvirtd.py); kvm is recorded where /dev/kvm is. tests/test_recordings.py
replays them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.live.libvirtd import END_OF_FILE, Libvirtd, version, why_not  # noqa: E402 - a script: the path comes first
from tests.live.questions import VIRT_TYPES, Oracle, Question, document, host_arch, last_line  # noqa: E402 - as above

MACHINES: dict[str, tuple[str, ...]] = {
    "aarch64": ("virt", "virt-6.2", "raspi3b", "sbsa-ref", "none"),
    "arm": ("virt", "vexpress-a15", "raspi2b"),
    "i386": ("q35", "isapc"),
    "mips64el": ("malta", "loongson3-virt"),
    "ppc64": ("pseries", "powernv", "mac99", "g3beige"),
    "riscv64": ("virt", "sifive_u"),
    "s390x": ("s390-ccw-virtio", "s390-ccw-virtio-2.6"),
    "sparc64": ("sun4u", "niagara"),
    "x86_64": ("pc", "q35", "isapc", "microvm", "xenfv", "pc-i440fx-2.0", "nonesuch"),
}
"""Target → the machines that are recorded beside the default one: those that a rule tells apart, and refused ones."""

FOREIGN: dict[str, tuple[str, ...]] = {"aarch64": ("armv7l",), "ppc64": ("ppc64le",), "x86_64": ("i686",)}
"""Target → the other architectures of libvirt's that the emulator also serves."""

Case = dict[str, Any]


def questions(oracle: Oracle, emulator: str, target: str) -> list[Question]:
    """What is asked of one emulator: no architecture, each architecture, each machine; both virt types."""
    own = oracle.arch_of(emulator)
    asked = [Question(emulator=emulator)]
    for virt_type in VIRT_TYPES:
        asked.append(Question(emulator=emulator, arch=own, virt_type=virt_type))
        if virt_type == "kvm" and own not in {oracle.host_arch, "i686"}:
            continue
        asked += [Question(emulator, own, machine, virt_type) for machine in MACHINES.get(target, ())]
        asked += [Question(emulator, arch, "", virt_type) for arch in FOREIGN.get(target, ())]
    return list(dict.fromkeys(asked))


def case_of(question: Question, oracle: Oracle, folder: Path) -> Case | None:
    """Ask libvirt, keep its document, and say what is expected; `None` when the daemon died of the question."""
    answer = oracle.ask(question)
    if END_OF_FILE in answer.stderr:
        return None
    words = [question.virt_type or "any", question.arch or "any", question.machine or "default"]
    case: Case = {"name": ".".join(words), "snapshot": "snapshot", "libvirt": oracle.release}
    keys = ("emulator", "arch", "virt_type", "machine")
    case |= {key: value for key in keys if (value := getattr(question, key))}
    if answer.returncode:
        return {**case, "status": 2, "libvirt_says": last_line(answer.stderr)}
    path = folder / "expected" / f"{case['name']}.xml"
    path.write_text(document(answer.stdout), encoding="utf-8")
    return {**case, "expected": f"expected/{path.name}"}


def record(oracle: Oracle, emulator: str, into: Path) -> Path:
    """Record one emulator and give its folder."""
    target = Path(emulator).name.removeprefix("qemu-system-")
    program = str(Path(sys.executable).with_name("domcaps"))
    command = [program, "capture", "--small", "--emulatorbin", emulator, "-o", "-"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - our own program
    snapshot = {key: part for key, part in json.loads(done.stdout).items() if key != "identity"}
    folder = into / f"libvirt-{oracle.release}_qemu-{qemu_version(snapshot, emulator)}_{target}"
    (folder / "expected").mkdir(parents=True, exist_ok=True)
    for old in (folder / "expected").iterdir():
        old.unlink()
    (folder / "snapshot.json.gz").write_bytes(gzip.compress(json.dumps(snapshot).encode(), 9, mtime=0))
    cases = [case for asked in questions(oracle, emulator, target) if (case := case_of(asked, oracle, folder))]
    rows = ",\n".join(json.dumps(case) for case in cases)
    (folder / "cases.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")
    return folder


def qemu_version(snapshot: dict[str, Any], emulator: str) -> str:
    """QEMU's release, from what it answered to `query-version`."""
    for conversation in snapshot["emulators"][emulator]["accelerators"].values():
        for exchange in conversation:
            if exchange["execute"] == "query-version":
                return "{major}.{minor}.{micro}".format(**exchange["return"]["qemu"])
    return "unknown"


def main() -> int:
    """Record each emulator that is named."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--into", type=Path, default=ROOT / "tests" / "data")
    ask.add_argument("emulators", nargs="+", metavar="EMULATOR")
    args = ask.parse_args()
    if reason := why_not():
        print(f"record: {reason}", file=sys.stderr)
        return 2
    with Libvirtd() as daemon:
        for emulator in args.emulators:
            folder = record(Oracle(daemon, version(), host_arch()), emulator, args.into)
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            print(f"{folder.name}: {len(json.loads((folder / 'cases.json').read_text()))} cases, {size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
