"""Which of QEMU's CPU answers belong to a virt type, as each libvirt release asks for them.

The model asked about is `host` where the process uses the host's virtualization, `max` where it does not; a process
that has nothing but TCG is asked for `host` by releases that do not know yet that it has nothing else. (QEMU's
qapi/machine-target.json, `query-cpu-model-expansion`.)
"""

from __future__ import annotations

import msgspec

from domcaps.cpu.answers import read_definitions, read_expansion
from domcaps.cpu.model import CpuDefinition, CpuMap, Expansion
from domcaps.drivers.qemu.conversation import Conversation, Exchange
from domcaps.drivers.qemu.facts import HARDWARE, EmulatorFacts
from domcaps.errors import ProbeError
from domcaps.release import Release, release

COMMAND = "query-cpu-model-expansion"

ASKS_FOR_ACCELERATORS = release("11.10")
"""From here on libvirt asks `query-accelerators`, where QEMU has it, and so knows a process with TCG alone at once."""

MINDS_MIGRATABLE = (release("6.5"), release("8.3"))
"""From the one to before the other, libvirt asks for unmigratable features where `max-x86_64-cpu` has the property
`migratable` or QEMU is so old that it understands without saying so (libvirt's history)."""

UNDERSTANDS_UNSAID = (2, 12, 0)

Props = dict[str, object]


class _Expanded(msgspec.Struct, frozen=True):
    model: dict[str, object]


_EXPANDED = msgspec.json.Decoder(_Expanded)


def _ask(conversation: Conversation, kind: str, model: object) -> Exchange | None:
    exchange = conversation.find(COMMAND, {"type": kind, "model": model})
    return None if exchange is None or exchange.result is msgspec.UNSET else exchange


def _result(exchange: Exchange | None) -> bytes | None:
    """What QEMU answered; `None` where it was not asked or refused.

    Raises:
        ProbeError: the answer is not UTF-8, which nothing has looked at so far.
    """
    if exchange is None or exchange.result is msgspec.UNSET:
        return None
    reply = bytes(exchange.result)
    try:
        reply.decode()
    except UnicodeDecodeError as error:
        raise ProbeError(f"the reply to {exchange.execute} is not UTF-8", said=str(error)) from None
    return reply


def knows_tcg_alone(emulator: EmulatorFacts, which: Release) -> bool:
    """Whether libvirt knows, when it asks about CPUs, that the process has nothing but TCG."""
    if emulator.hardware or which < ASKS_FOR_ACCELERATORS:
        return False
    accelerators = emulator.first.find("query-accelerators")
    return accelerators is not None and accelerators.error is None


def model_asked(emulator: EmulatorFacts, virt_type: str, which: Release) -> str:
    """The model name that libvirt expands for a virt type."""
    if virt_type in HARDWARE.values():
        return "host"
    return "max" if emulator.hardware or knows_tcg_alone(emulator, which) else "host"


def has_canonical_names(emulator: EmulatorFacts) -> bool:
    """Whether QEMU's static expansion speaks in the names that libvirt knows (any x86_64 emulator since QEMU 2.8)."""
    return emulator.has_property("max-x86_64-cpu", "unavailable-features") is True


def definitions(
    emulator: EmulatorFacts, virt_type: str, target: str, which: Release, cpu_map: CpuMap
) -> tuple[CpuDefinition, ...] | None:
    """The CPU models of a virt type; `None` where QEMU was not asked or refused."""
    conversation = emulator.of(virt_type)
    reply = _result(conversation.find("query-cpu-definitions")) if conversation else None
    return None if reply is None else read_definitions(reply, arch=target, release=which, cpu_map=cpu_map)


def expansion(emulator: EmulatorFacts, virt_type: str, target: str, which: Release) -> Expansion | None:
    """The merged answers about the CPU that `host-model` is made of; `None` where QEMU gave none."""
    conversation = emulator.of(virt_type)
    if conversation is None:
        return None
    name = model_asked(emulator, virt_type, which)
    x86 = target in {"x86_64", "i686"}
    first = _expanded(conversation, target, {"name": name}, canonical=has_canonical_names(emulator))
    if first is None:
        return None
    second = None
    if x86 and _asks_for_migratability(emulator, which):
        unmigratable: Props = {"name": name, "props": {"migratable": False}}
        second = _expanded(conversation, target, unmigratable, canonical=has_canonical_names(emulator))
    full = _result(_ask(conversation, "full", {"name": name}))
    return read_expansion(first, arch=target, release=which, unmigratable=second, full=full)


def _asks_for_migratability(emulator: EmulatorFacts, which: Release) -> bool:
    """Whether libvirt puts the second question: for a while only to a QEMU that is known to understand it."""
    if not MINDS_MIGRATABLE[0] <= which < MINDS_MIGRATABLE[1]:
        return True
    old = emulator.version is not None and emulator.version < UNDERSTANDS_UNSAID
    return old or emulator.has_property("max-x86_64-cpu", "migratable") is True


def _expanded(conversation: Conversation, target: str, model: Props, *, canonical: bool) -> bytes | None:
    if target in {"aarch64", "armv7l"}:
        return _result(_ask(conversation, "full", model))
    static = _result(_ask(conversation, "static", model))
    if static is None or canonical or target not in {"x86_64", "i686"}:
        return static
    exchange = conversation.find(COMMAND, {"type": "full", "model": _read(static).model})
    return static if exchange is None else _result(exchange)


def hyperv(emulator: EmulatorFacts, which: Release) -> dict[str, bool | int | str] | None:
    """The properties of the host's CPU with all enlightenments on; `None` where QEMU did not answer.

    Raises:
        ProbeError: the answer is no CPU model.
    """
    if knows_tcg_alone(emulator, which):
        return None
    model = {"name": "host", "props": {"migratable": False, "hv-passthrough": True}}
    reply = _result(_ask(emulator.first, "full", model))
    if reply is None:
        return None
    props = _read(reply).model.get("props")
    if not isinstance(props, dict):
        raise ProbeError(f"the reply to {COMMAND} has no CPU properties", subject=emulator.path)
    return {name: value for name, value in props.items() if isinstance(value, bool | int | str)}


def _read(reply: bytes) -> _Expanded:
    try:
        return _EXPANDED.decode(reply)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProbeError(f"the reply to {COMMAND} is not a CPU model", said=str(error)) from error
