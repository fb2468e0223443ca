"""Questions to QEMU whose answers only it has: baseline, comparison and expansion of s390x CPU models.

Pure code around one callable, the `Asker`, that puts a question to the emulator or finds its answer in a recording.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from domcaps.cpu.answers import Reply
from domcaps.cpu.model import FeaturePolicy, Policy
from domcaps.errors import ProbeError

_TRUE = frozenset({Policy.REQUIRE, Policy.FORCE, None})


class Asker(Protocol):
    """Puts a QMP command to the emulator and gives the `return` member of its reply.

    It raises a `DomcapsError` of its own when there is no emulator to ask, or when that refuses.
    """

    def __call__(self, execute: str, arguments: dict[str, object], /) -> Reply:
        """Ask."""
        ...


class QemuCpu(msgspec.Struct, frozen=True, kw_only=True):
    """A CPU as QEMU takes and gives it (`CpuModelInfo` of qapi/machine-target.json)."""

    name: str
    props: dict[str, bool] = {}

    def argument(self) -> dict[str, object]:
        """As an argument of a command; without `props` when there are none."""
        return {"name": self.name, "props": self.props} if self.props else {"name": self.name}


class _Info(msgspec.Struct, kw_only=True):
    name: str
    props: dict[str, object] = {}


class _Model(msgspec.Struct, kw_only=True):
    model: _Info


class _Comparison(msgspec.Struct, kw_only=True):
    result: str


def qemu_cpu(model: str, features: Iterable[FeaturePolicy]) -> QemuCpu:
    """A definition as QEMU takes it: required features true, all others false."""
    return QemuCpu(name=model, props={feature.name: feature.policy in _TRUE for feature in features})


def ask_baseline(ask: Asker, first: QemuCpu, second: QemuCpu) -> QemuCpu:
    """The CPU that both are at least: `query-cpu-model-baseline`, true properties only."""
    arguments: dict[str, object] = {"modela": first.argument(), "modelb": second.argument()}
    return _read_model("query-cpu-model-baseline", ask("query-cpu-model-baseline", arguments))


def ask_expansion(ask: Asker, cpu: QemuCpu, *, full: bool) -> QemuCpu:
    """The CPU with its properties spelled out: `query-cpu-model-expansion`, true properties only."""
    arguments: dict[str, object] = {"type": "full" if full else "static", "model": cpu.argument()}
    return _read_model("query-cpu-model-expansion", ask("query-cpu-model-expansion", arguments))


def ask_comparison(ask: Asker, host: QemuCpu, cpu: QemuCpu) -> str:
    """QEMU's word for what the host's CPU is to the other: `identical`, `superset`, `subset`, `incompatible`."""
    reply = ask("query-cpu-model-comparison", {"modela": host.argument(), "modelb": cpu.argument()})
    try:
        return msgspec.json.decode(reply, type=_Comparison).result
    except msgspec.DecodeError as error:
        raise ProbeError("the reply to query-cpu-model-comparison has no result", said=str(error)) from error


def _read_model(command: str, reply: Reply) -> QemuCpu:
    try:
        model = msgspec.json.decode(reply, type=_Model).model
    except msgspec.DecodeError as error:
        raise ProbeError(f"the reply to {command} is not a CPU model", said=str(error)) from error
    return QemuCpu(name=model.name, props={name: True for name, value in model.props.items() if value is True})
