"""QMP streams as a reader: bytes in pieces through a socket pair into a real conversation, and on to a document.

Rules kept here:

- the conversation, its plan and the facts are the product's own: only the process is missing;
- a conversation ends in its exchanges or in a `ProbeError`; what its answers lead to is a document or a `DomcapsError`.
"""

from __future__ import annotations

import os
import random
import socket
import time
import zlib

import msgspec

from domcaps.derive import Request, SnapshotSource, derive
from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.qemu.conversation import Command, EmulatorRecord, Exchange, QmpError
from domcaps.drivers.qemu.process import Process
from domcaps.drivers.qemu.queries import Plan, plan_first
from domcaps.drivers.qemu.session import Talk, run_all
from domcaps.host.facts import HostFacts
from domcaps.schema.document import DomainCapabilities
from domcaps.snapshot import Snapshot, read_snapshot, write_snapshot

PATH = "/usr/bin/qemu-system-x86_64"
_HOST = msgspec.convert({"arch": "x86_64", "kvm": {"usable": True, "max_vcpus": 4096}, "swtpm": ["2.0"]}, HostFacts)
_LONGEST_LINE = 1 << 16
_CHANCES = 30
"""Seconds: far more than any answer takes, so that a conversation that hangs shows as over its bound."""
_REFUSED = QmpError(error_class="CommandNotFound", text="The command is not there")

ANSWERS: dict[str, object] = {
    "qmp_capabilities": {},
    "query-version": {"qemu": {"major": 9, "minor": 1, "micro": 0}, "package": "v9.1.0"},
    "query-target": {"arch": "x86_64"},
    "query-kvm": {"enabled": True, "present": True},
    "query-accelerators": {"enabled": "kvm", "present": ["kvm", "tcg"]},
    "query-qmp-schema": [
        {"name": "query-cpu-model-expansion", "meta-type": "command", "arg-type": "1", "ret-type": "2"},
        {"name": "2", "meta-type": "object", "members": [{"name": "model", "type": "3"}]},
        {"name": "blockdev-add", "meta-type": "command", "arg-type": "4", "ret-type": "0"},
        {"name": "4", "meta-type": "object", "members": [], "tag": "driver", "variants": [{"case": "x", "type": "2"}]},
    ],
    "qom-list-types": [{"name": name} for name in ("virtio-blk-pci", "ich9-ahci", "tpm-crb", "sgx-epc", "sev-guest")],
    "query-machines": [
        {"name": "pc-q35-9.1", "alias": "q35", "is-default": True, "cpu-max": 4096, "hotpluggable-cpus": True},
        {"name": "none", "cpu-max": 1, "hotpluggable-cpus": False},
    ],
    "query-cpu-definitions": [
        {"name": "qemu64", "typename": "qemu64-x86_64-cpu", "unavailable-features": [], "static": False},
        {"name": "EPYC", "typename": "EPYC-x86_64-cpu", "unavailable-features": ["svm"], "alias-of": "EPYC-v1"},
    ],
    "query-tpm-models": ["tpm-crb"],
    "query-tpm-types": ["emulator"],
    "query-command-line-options": [{"option": "sandbox", "parameters": [{"name": "enable", "type": "boolean"}]}],
    "query-sev-capabilities": {"pdh": "a", "cert-chain": "b", "cpu0-id": "c", "cbitpos": 51, "reduced-phys-bits": 1},
    "query-sgx-capabilities": {"sgx": True, "sgx1": True, "flc": False, "sections": [{"node": 0, "size": 65536}]},
    "qom-list-properties": [{"name": "kernel-irqchip", "type": "OnOffSplit"}],
    "query-cpu-model-expansion": {
        "model": {"name": "base", "props": {"vendor": "AuthenticAMD", "family": 25, "svm": True, "hv-relaxed": True}}
    },
}


class _Said(Process):
    """A process that is gone already, and whose last words are in its sockets."""

    __slots__ = ()

    def __init__(self, monitor: int, output: int) -> None:
        self.path = PATH
        self.sandboxed = False
        self.started = time.monotonic()
        self.monitor, self.output = monitor, output
        self._lifeline = self._pid = -1
        self.status = None
        self._tail = b""
        self._mark = ""


def stream() -> bytes:
    """What a well-behaved emulator sends to all that it is asked, answered from `ANSWERS`."""
    lines: list[object] = [
        {"QMP": {"version": {"qemu": {"major": 9, "minor": 1, "micro": 0}}, "capabilities": ["oob"]}}
    ]
    plan, number = plan_first("x86_64"), 0
    batch = next(plan)
    while True:
        answers = [_answer(command) for command in batch]
        for exchange in answers:
            said = {"error": exchange.error} if exchange.error else {"return": exchange.result}
            lines.append({**said, "id": number})
            number += 1
        lines.append({"event": "NOTHING", "timestamp": {"seconds": 1, "microseconds": 2}})
        try:
            batch = plan.send(answers)
        except StopIteration:
            return b"".join(msgspec.json.encode(line) + b"\r\n" for line in lines)


def _answer(command: Command) -> Exchange:
    if command.execute not in ANSWERS:
        return Exchange(execute=command.execute, arguments=command.arguments, error=_REFUSED)
    result = msgspec.Raw(msgspec.json.encode(ANSWERS[command.execute]))
    return Exchange(execute=command.execute, arguments=command.arguments, result=result)


def read_stream(data: bytes) -> DomainCapabilities:
    """The document of an emulator that sends these bytes, in pieces of a size that the bytes decide.

    Raises:
        DomcapsError: they are no conversation, or say what cannot be used.
    """
    return document_of(snapshot_of(_talk(data, plan_first("x86_64"))))


def snapshot_of(exchanges: tuple[Exchange, ...]) -> Snapshot:
    """A host with an emulator that answered this."""
    record = EmulatorRecord(arch="x86_64", accelerators={"kvm": exchanges})
    return Snapshot(host=_HOST, emulators={PATH: record})


def document_of(snapshot: Snapshot) -> DomainCapabilities:
    """The document of a host's QEMU; raises `DomcapsError`."""
    return derive(SnapshotSource(snapshot, Driver.QEMU), Request())


def read_host(data: bytes) -> DomainCapabilities:
    """The document of a snapshot; raises `DomcapsError`."""
    return document_of(read_snapshot(data))


def host() -> bytes:
    """The snapshot of a well-behaved emulator."""
    return write_snapshot(snapshot_of(_talk(stream(), plan_first("x86_64"))), compress=False)


def _talk(data: bytes, plan: Plan) -> tuple[Exchange, ...]:
    ours, theirs = socket.socketpair()
    output, nowhere = os.pipe()
    os.close(nowhere)
    process = _Said(ours.detach(), output)
    os.set_blocking(process.monitor, False)
    os.set_blocking(process.output, False)
    talk = Talk(process, plan, opened=True, deadline=process.started + _CHANCES, longest=_LONGEST_LINE)
    size = random.Random(zlib.crc32(data)).choice((1 << 16, 4096, 512, 100))  # noqa: S311 - repeatable, not secret
    with theirs:
        theirs.setblocking(False)
        for start in range(0, len(data), size):
            theirs.sendall(data[start : start + size])
            talk.ready(process.monitor, 1)
            if talk.over:
                break
    run_all([talk])
    if talk.fault is not None:
        raise talk.fault
    if process.monitor >= 0:
        raise AssertionError("the process is not ended")
    return tuple(talk.exchanges)
