"""The CPU questions of a connection: which emulator answers them, and what it says. Pure but for the source asked."""

from __future__ import annotations

import msgspec

from domcaps.cpu.answers import Reply
from domcaps.cpu.arch import Family, family_of
from domcaps.cpu.ask import Asker
from domcaps.cpu.model import CpuMap, Hypervisor
from domcaps.cpu.shipped import load
from domcaps.cpu.since import RISCV64_CUSTOM
from domcaps.derive import Request, Source, facts_for, hypervisor
from domcaps.drivers.qemu.facts import QemuFacts
from domcaps.errors import ProbeError, RequestError
from domcaps.host.arch import ARCHES
from domcaps.release import Release

NOT_SUPPORTED = "this function is not supported by the connection driver"


def hypervisor_for(source: Source, request: Request) -> tuple[Hypervisor, Asker]:
    """Whom baseline and compare are asked of, and who answers what only the emulator can.

    Raises:
        RequestError: what libvirt refuses.
        ProbeError: the emulator or the host does not answer.
    """
    facts = facts_for(source, request)
    return hypervisor(facts), _asker(facts)


def _asker(facts: QemuFacts) -> Asker:
    def ask(execute: str, arguments: dict[str, object]) -> Reply:
        conversation = facts.emulator.of(facts.virt_type)
        exchange = conversation.find(execute, arguments) if conversation else None
        if exchange is None or exchange.result is msgspec.UNSET:
            raise ProbeError(f"{execute} was never answered with these arguments", subject=facts.path)
        return exchange.result

    return ask


def model_names(arch: str, which: Release, cpu_map: CpuMap | None) -> list[str]:
    """The CPU models that libvirt knows for an architecture; none for those whose models the emulator names.

    Raises:
        RequestError: libvirt has no CPU driver for it, or does not know it.
    """
    since = ARCHES.get(arch)
    if arch not in ARCHES or (since and which < since):
        raise RequestError(f"cannot find architecture {arch}", kind="invalid argument")
    family = family_of(arch)
    if family is None or (family is Family.RISCV64 and which < RISCV64_CUSTOM):
        raise RequestError(f"'{arch}' architecture is not supported by CPU driver", kind=NOT_SUPPORTED)
    known = cpu_map or load(which)
    if family is Family.X86:
        return [model.name for model in known.x86.models]
    return [model.name for model in known.ppc64.models] if family is Family.PPC64 else []
