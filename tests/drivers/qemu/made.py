"""A small emulator of our own making, and hosts that have it."""

from __future__ import annotations

import msgspec

from domcaps.derive import Request, SnapshotSource, derive
from domcaps.drivers.qemu.conversation import EmulatorRecord, Exchange, QmpError
from domcaps.host.facts import CpuFacts, HostFacts, KvmFacts
from domcaps.release import release
from domcaps.schema.document import DomainCapabilities
from domcaps.snapshot import Snapshot

X86 = "/usr/bin/qemu-system-x86_64"
TYPES = ("tcg-accel", "VGA", "virtio-gpu-pci", "usb-storage", "ich9-ahci", "rng-random", "virtio-rng-pci", "vmcoreinfo")
MACHINES = [
    {"name": "none", "cpu-max": 1},
    {"name": "pc-i440fx-9.9", "alias": "pc", "is-default": True, "cpu-max": 255},
    {"name": "pc-q35-9.9", "alias": "q35", "cpu-max": 4096},
]


def said(execute: str, result: object = None, **arguments: object) -> Exchange:
    return Exchange(execute=execute, arguments=dict(arguments), result=msgspec.Raw(msgspec.json.encode(result)))


def refused(execute: str, error_class: str = "GenericError") -> Exchange:
    return Exchange(execute=execute, error=QmpError(error_class=error_class, text="no"))


def emulator(target: str = "x86_64", *accelerators: str, extra: tuple[Exchange, ...] = ()) -> EmulatorRecord:
    spoken = (
        said("query-version", {"qemu": {"major": 9, "minor": 9, "micro": 0}, "package": ""}),
        said("query-target", {"arch": target}),
        said("query-qmp-schema", [{"name": "query-vnc", "meta-type": "command", "arg-type": "0", "ret-type": "0"}]),
        said("qom-list-types", [{"name": name} for name in TYPES]),
        said("query-machines", MACHINES),
        said("query-command-line-options", [{"option": "spice", "parameters": []}]),
        said("query-cpu-definitions", [{"name": "max"}, {"name": "qemu64", "unavailable-features": ["svm"]}]),
    )
    return EmulatorRecord(arch=target, accelerators=dict.fromkeys(accelerators or ("tcg",), (*extra, *spoken)))


def source(*emulators: tuple[str, EmulatorRecord], arch: str = "x86_64", **host: object) -> SnapshotSource:
    facts = msgspec.structs.replace(
        HostFacts(arch=arch, cpu=CpuFacts(vendor="AMD"), kvm=KvmFacts(usable=True, max_vcpus=1024)), **host
    )
    return SnapshotSource(Snapshot(host=facts, emulators=dict(emulators)))


def command(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "meta-type": "command", "arg-type": "0", "ret-type": "0", **more}


def on(record: EmulatorRecord, asked: str, path: str = X86, arch: str = "x86_64", **host: object) -> DomainCapabilities:
    return derive(source((path, record), arch=arch, **host), Request(libvirt=release(asked)))


def types(*more: str) -> Exchange:
    return said("qom-list-types", [{"name": name} for name in (*TYPES, *more)])
