"""What an emulator's answers say, and the facts that one document is derived from.

`EmulatorFacts` reads the replies of a recorded or live conversation when somebody first asks, and once. `None` means
that the question was never put to QEMU; an error that says "no such thing" means no, and an error to one of the few
questions that every QEMU must answer raises ProbeError.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TypeVar

import msgspec

from domcaps.cpu.decode import Decoded
from domcaps.cpu.model import CpuDefinition, CpuMap, Expansion, GuestCpu
from domcaps.cpu.model import CustomModel as CpuModel
from domcaps.drivers.qemu.conversation import Conversation, Exchange
from domcaps.drivers.qemu.machines import Machine, in_libvirts_order
from domcaps.drivers.qemu.qmp_schema import QmpSchema
from domcaps.errors import InputError, ProbeError
from domcaps.firmware.match import MachineFirmware
from domcaps.host.facts import HostFacts
from domcaps.release import Release, release

T = TypeVar("T")

HARDWARE = {"kvm": "kvm", "hvf": "hvf", "mshv": "hyperv"}
"""Accelerators that use the host's virtualization, and libvirt's virt type for each."""

TELLS_TCG = (2, 10, 0)
"""The QEMU since which `qom-list-types` shows whether TCG was built in."""

MACHINES_BY_ACCELERATOR = release("5.10")
"""The libvirt release since which the machines of plain emulation are those of its own process (libvirt's history)."""

SEV_OBJECTS = frozenset({"sev-guest", "sev-snp-guest"})
"""What libvirt forgets when QEMU refuses `query-sev-capabilities`."""


class _Named(msgspec.Struct, frozen=True):
    name: str


class _Option(msgspec.Struct, frozen=True):
    option: str
    parameters: tuple[_Named, ...] = ()


class Gic(msgspec.Struct, frozen=True):
    """An entry of `query-gic-capabilities` (QEMU's qapi/misc-arm.json)."""

    version: int
    emulated: bool = False
    kernel: bool = False


class SevAnswer(msgspec.Struct, frozen=True, rename="kebab"):
    """The reply to `query-sev-capabilities` (QEMU's qapi/misc-i386.json)."""

    cbitpos: int
    reduced_phys_bits: int
    cpu0_id: str | None = None


class SgxEpcSection(msgspec.Struct, frozen=True):
    """A section of the enclave page cache, size in bytes."""

    node: int
    size: int


class SgxAnswer(msgspec.Struct, frozen=True, rename="kebab"):
    """The reply to `query-sgx-capabilities` (QEMU's qapi/misc-i386.json), sizes in bytes."""

    sgx: bool = False
    flc: bool = False
    sgx1: bool = False
    sgx2: bool = False
    section_size: int | None = None
    sections: tuple[SgxEpcSection, ...] | None = None


class _Target(msgspec.Struct, frozen=True):
    arch: str


class _Numbers(msgspec.Struct, frozen=True):
    major: int
    minor: int
    micro: int = 0


class _Version(msgspec.Struct, frozen=True):
    qemu: _Numbers


class EmulatorFacts:
    """One emulator's answers, read as values."""

    def __init__(self, path: str, conversations: Mapping[str, Conversation]) -> None:
        self.path = path
        self.conversations = conversations
        self.hardware = next((name for name in HARDWARE if name in conversations), None)
        """The accelerator that uses the host's virtualization, if one is on."""

    @property
    def first(self) -> Conversation:
        """The conversation that has the answers that no accelerator changes.

        Raises:
            ProbeError: there is none.
        """
        conversation = self.conversations.get(self.hardware or "tcg")
        if conversation is None:
            raise ProbeError(f"nothing that {self.path} answered is recorded", subject=self.path)
        return conversation

    def of(self, virt_type: str) -> Conversation | None:
        """The conversation that belongs to a virt type; `None` where the emulator has none for it."""
        for accelerator, name in HARDWARE.items():
            if virt_type == name:
                return self.conversations.get(accelerator)
        return self.conversations.get("tcg")

    @property
    def virt_types(self) -> tuple[str, ...]:
        """libvirt's virt types of this emulator, the best first."""
        if self.hardware is None:
            return ("qemu",)
        best = HARDWARE[self.hardware]
        return (best, "qemu") if self._has_tcg else (best,)

    @property
    def _has_tcg(self) -> bool:
        """Whether it can do without hardware: every QEMU before 2.10 can, newer ones have a type for it."""
        if self.types is None:
            return "tcg" in self.conversations
        return "tcg-accel" in self.types or (self.version is not None and self.version < TELLS_TCG)

    def _decoded(self, exchange: Exchange | None, shape: type[T]) -> T | None:
        if exchange is None or exchange.result is msgspec.UNSET:
            return None
        try:
            return msgspec.json.decode(exchange.result, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(
                f"QEMU's answer cannot be used: {error}", source=self.path, place=exchange.execute
            ) from None

    def _required(self, conversation: Conversation, command: str, shape: type[T]) -> T | None:
        """The answer to a question that libvirt takes no refusal of; `None` where it was not asked."""
        exchange = conversation.find(command)
        if exchange is not None and exchange.error is not None:
            said = f"internal error: unable to execute QEMU command '{command}': {exchange.error.text}"
            raise ProbeError(f"Failed to probe capabilities for {self.path}: {said}", subject=self.path, said=said)
        return self._decoded(exchange, shape)

    @cached_property
    def target(self) -> str | None:
        """QEMU's own name of the guest architecture, as `query-target` tells it."""
        answer = self._required(self.first, "query-target", _Target)
        return answer.arch if answer else None

    @cached_property
    def version(self) -> tuple[int, int, int] | None:
        """QEMU's version."""
        answer = self._required(self.first, "query-version", _Version)
        return None if answer is None else (answer.qemu.major, answer.qemu.minor, answer.qemu.micro)

    @cached_property
    def schema(self) -> QmpSchema | None:
        """QEMU's QMP schema."""
        exchange = self.first.find("query-qmp-schema")
        if exchange is None or exchange.result is msgspec.UNSET:
            return None
        try:
            return QmpSchema(exchange.result)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(
                f"QEMU's answer cannot be used: {error}", source=self.path, place=exchange.execute
            ) from None

    @cached_property
    def commands(self) -> frozenset[str] | None:
        """QEMU's commands by name (`query-commands`): all that QEMU before 2.5, which has no schema, tells of them."""
        answer = self._decoded(self.first.find("query-commands"), tuple[_Named, ...])
        return None if answer is None else frozenset(entry.name for entry in answer)

    @cached_property
    def types(self) -> frozenset[str] | None:
        """QEMU's QOM types, less SEV's where QEMU says that the host has none."""
        answer = self._required(self.first, "qom-list-types", tuple[_Named, ...])
        if answer is None:
            return None
        names = frozenset(entry.name for entry in answer)
        sev = self.first.find("query-sev-capabilities")
        return names - SEV_OBJECTS if sev is not None and sev.error is not None else names

    def has_property(
        self, qom_type: str, name: str, *, abstract: bool = False, command: str = "qom-list-properties"
    ) -> bool | None:
        """Whether a QOM type has a property, as a command that lists properties says.

        Nobody asks for the properties of a type that is not there; an abstract type is in no list of types, so that for
        it not having been asked tells nothing.
        """
        exchange = self.first.find(command, {"typename": qom_type})
        if exchange is None:
            return False if self.types is not None and qom_type not in self.types and not abstract else None
        answer = self._decoded(exchange, tuple[_Named, ...])
        return answer is not None and any(entry.name == name for entry in answer)

    @cached_property
    def options(self) -> Mapping[str, frozenset[str]] | None:
        """QEMU's command-line options and the parameters of each."""
        answer = self._required(self.first, "query-command-line-options", tuple[_Option, ...])
        if answer is None:
            return None
        return {entry.option: frozenset(parameter.name for parameter in entry.parameters) for entry in answer}

    def words(self, command: str) -> frozenset[str] | None:
        """The words that a command answers with; none when QEMU refused it."""
        exchange = self.first.find(command)
        if exchange is None:
            return None
        return frozenset(self._decoded(exchange, tuple[str, ...]) or ())

    @cached_property
    def gic(self) -> tuple[Gic, ...] | None:
        """Versions of the interrupt controller that QEMU or KVM can offer."""
        exchange = self.first.find("query-gic-capabilities")
        return None if exchange is None else self._decoded(exchange, tuple[Gic, ...]) or ()

    @cached_property
    def sev(self) -> SevAnswer | None:
        """SEV's numbers, where the host has it."""
        return self._decoded(self.first.find("query-sev-capabilities"), SevAnswer)

    @cached_property
    def sgx(self) -> SgxAnswer | None:
        """SGX's, where the host has it."""
        return self._decoded(self.first.find("query-sgx-capabilities"), SgxAnswer)

    def machines(self, virt_type: str) -> tuple[Machine, ...]:
        """The machines of a virt type, in QEMU's order; none where it has no conversation."""
        conversation = self.of(virt_type)
        return (self._required(conversation, "query-machines", tuple[Machine, ...]) if conversation else None) or ()

    def machines_listed(self, virt_type: str, target: str, which: Release) -> tuple[Machine, ...]:
        """The machines of a virt type as a libvirt release lists them, the default first."""
        machines = self.machines(virt_type)
        if which < MACHINES_BY_ACCELERATOR:
            machines = self._required(self.first, "query-machines", tuple[Machine, ...]) or ()
        return in_libvirts_order(machines, target, which)


class CpuAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of CPUs for one virt type."""

    cpu_map: CpuMap
    definitions: tuple[CpuDefinition, ...] | None
    """QEMU's models for the virt type; `None` where it was not asked or refused."""
    expansion: Expansion | None
    """What QEMU says of the host's, or its maximum, CPU for the virt type."""
    names: frozenset[str]
    """The CPU models of every process of the emulator."""
    custom: tuple[CpuModel, ...]
    """The models that a guest may name."""
    decoded: Decoded
    """The host-model, and how it came about."""

    @property
    def host_model(self) -> GuestCpu | None:
        """The host-model; `None`: there is none."""
        return self.decoded.cpu


class QemuFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that one document is derived from: an emulator, its host, and what was asked for."""

    path: str
    """The emulator's path as it was asked for or found."""
    emulator: EmulatorFacts
    host: HostFacts
    firmware: MachineFirmware
    cpu: CpuAnswers
    hyperv_properties: dict[str, bool | int | str] | None
    release: Release
    target: str
    """libvirt's name of the emulator's architecture."""
    arch: str
    """libvirt's name of the guest's architecture."""
    virt_type: str
    machine: str
    """The canonical name; empty where the emulator has no machine."""
    max_vcpus: int
    """What the machine takes; 0 where it does not tell."""
    native: bool
    """The emulator's architecture is one that the host's CPU runs."""
