"""Recorded conversations, and an emulator that repeats them: what a plan asks of it is the test's answer."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest

from domcaps.drivers.qemu.conversation import Command, Conversation, EmulatorRecord, Exchange, QmpError
from domcaps.drivers.qemu.queries import Plan
from tests.conftest import ROOT

VECTORS = ROOT.parent / "shared" / "vectors"
NOT_FOUND = QmpError(error_class="CommandNotFound", text="never recorded")


class _Snapshot(msgspec.Struct):
    emulators: dict[str, EmulatorRecord]


def snapshots(pattern: str) -> list[Path]:
    """Recorded hosts; skips the test, visibly, where there are none."""
    found = sorted(VECTORS.glob(f"{pattern}/snapshots/*.json.gz"))
    if not found:
        pytest.skip(f"there are no recorded hosts {VECTORS}/{pattern}")
    return found


def records(pattern: str) -> list[tuple[str, EmulatorRecord]]:
    """Each emulator of those hosts, with a name to call it by."""
    found = []
    for path in snapshots(pattern):
        snapshot = msgspec.json.decode(gzip.decompress(path.read_bytes()), type=_Snapshot)
        found += [(f"{path.name} {name}", record) for name, record in snapshot.emulators.items()]
    return found


def drive(plan: Plan, emulator: Conversation, lent: tuple[Exchange, ...] = ()) -> list[list[Command]]:
    """Follow a plan; what the recording lacks is refused. The batches, an empty one for what was lent."""
    batches = [next(plan)]
    while True:
        answers = [answer(emulator, command) for command in batches[-1]] or list(lent)
        try:
            batches.append(plan.send(answers))
        except StopIteration:
            return batches


def answer(emulator: Conversation, command: Command) -> Exchange:
    refused = Exchange(execute=command.execute, arguments=command.arguments, error=NOT_FOUND)
    return emulator.find(command.execute, command.arguments) or refused


def asked(batches: list[list[Command]]) -> list[str]:
    return [command.key for batch in batches for command in batch]


def spoken(**results: object) -> Conversation:
    """A conversation of commands without arguments; `_` for `-`."""
    return Conversation(
        Exchange(execute=name.replace("_", "-"), result=msgspec.Raw(msgspec.json.encode(result)))
        for name, result in results.items()
    )
