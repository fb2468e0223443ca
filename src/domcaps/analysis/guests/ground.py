"""The ground that a guest is judged on: one document, and the facts that it was derived from, where there are any.

Rule kept here: whatever is worked out from a document is worked out once, so that many guests share it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from domcaps.cpu.flags import expand
from domcaps.cpu.model import (
    CpuDefinition,
    CpuMap,
    FeaturePolicy,
    GuestCpu,
    Hypervisor,
    Policy,
)
from domcaps.cpu.shipped import load
from domcaps.derive import hypervisor
from domcaps.drivers.predicates import Facts, Predicate, Verdict
from domcaps.drivers.qemu.facts import HARDWARE, QemuFacts
from domcaps.drivers.qemu.machines import MachineKind
from domcaps.drivers.table import Listed, Table, word_verdict
from domcaps.firmware.match import FirmwareIndex
from domcaps.release import Release
from domcaps.schema.cpu import CustomModel, HostModel
from domcaps.schema.document import DomainCapabilities

QEMU_VIRT_TYPES = frozenset({"qemu", *HARDWARE.values()})
"""The virt types of libvirt's QEMU driver."""

_POLICIES = {str(policy): policy for policy in Policy}


class _MachineAcpi(msgspec.Struct, frozen=True):
    """Of an entry of `query-machines` (QEMU's qapi/machine.json) what says whether the machine has ACPI."""

    name: str
    acpi: bool | None = None


class Ground:
    """A document with everything that judging by it needs.

    Attributes:
        document: what the guest may use.
        ruled: the driver's table and the facts that it was derived from; `None` for a document alone.
        facts: those facts, where the driver is QEMU's.
        firmware: the host's firmware; `None` for a document alone.
        release: the libvirt release whose answers these are; the newest for a document alone.
        host_arch: the host's architecture; empty for a document alone.
    """

    def __init__(
        self,
        document: DomainCapabilities,
        *,
        release: Release,
        ruled: tuple[Table[Any], Facts] | None = None,
        firmware: FirmwareIndex | None = None,
        cpu_map: CpuMap | None = None,
    ) -> None:
        self.document = document
        self.ruled = ruled
        facts = ruled[1] if ruled else None
        self.facts = facts if isinstance(facts, QemuFacts) else None
        self.firmware = firmware
        self.release = release
        self.host_arch = self.facts.host.arch if self.facts else ""
        self.arch = document.arch or ""
        self.machine = document.machine or ""
        self.virt_type = document.domain or ""
        self.emulator = document.path or ""
        self._cpu_map = cpu_map
        self._reasons: dict[tuple[Hashable, str | None], Verdict | None] = {}
        self.listed: dict[int, object] = {}
        """What stands in the document at a governed place, by the place's number."""

    @property
    def cpu_map(self) -> CpuMap:
        """The CPU models and features to judge by."""
        return self._cpu_map or load(self.release)

    def words(self, path: str) -> tuple[str, ...] | None:
        """The values that an enum of the document lists; `None` where it is not stated."""
        found = self.document.get(path)
        return tuple(map(str, found)) if isinstance(found, tuple) else None

    def number(self, path: str) -> int | None:
        """A number that the document states."""
        found = self.document.get(path)
        return found if isinstance(found, int) else None

    @property
    def is_qemu(self) -> bool:
        """Whether the driver is QEMU's: its rules beyond the document are known."""
        return self.virt_type in QEMU_VIRT_TYPES

    def is_machine(self, *kinds: MachineKind) -> bool:
        """Whether the guest's machine is of one of these kinds."""
        return any(kind.holds(self.machine, self.arch) for kind in kinds)

    def why(self, member: Hashable, word: str | None = None) -> Verdict | None:
        """The verdict of the rule that decides about an element, or about a value of an enum; `None` without facts."""
        if self.ruled is None:
            return None
        key = (member, word)
        if key not in self._reasons:
            self._reasons[key] = self._judged(*self.ruled, member, word)
        return self._reasons[key]

    @staticmethod
    def _judged(table: Table[Any], facts: Facts, member: Hashable, word: str | None) -> Verdict | None:
        row = table.get(member)
        if isinstance(row, Predicate):
            return row.judge(facts)
        if not isinstance(row, Listed) or word is None:
            return None
        known = next((found for found in row.words if found == word), None)
        return None if known is None else word_verdict(row, known, facts)

    def by_facts(self, member: Hashable) -> frozenset[str] | None:
        """The values of an enum that the facts allow, whether or not the release prints them; `None` without facts."""
        row = self.ruled[0].get(member) if self.ruled else None
        if self.ruled is None or not isinstance(row, Listed):
            return None
        return frozenset(str(word) for word, rule in row.words.items() if rule.judge(self.ruled[1]).holds)

    @cached_property
    def models(self) -> Mapping[str, CustomModel]:
        """The CPU models of mode custom, by name."""
        models = self.document.get("cpu/custom/model")
        found = models if isinstance(models, tuple) else ()
        return {model.name: model for model in found if isinstance(model, CustomModel) and model.name}

    @cached_property
    def host_model(self) -> GuestCpu | None:
        """The CPU of mode host-model; `None` where there is none."""
        mode = self.document.get("cpu/host-model")
        if not isinstance(mode, HostModel) or not mode.supported or mode.model is None or not mode.model.name:
            return None
        return GuestCpu(
            model=mode.model.name,
            fallback="forbid" if mode.model.fallback != "allow" else "allow",
            vendor=mode.vendor,
            features=tuple(
                FeaturePolicy(_POLICIES.get(feature.policy or "require"), feature.name)
                for feature in mode.feature
                if feature.name
            ),
        )

    @cached_property
    def host_features(self) -> frozenset[str] | None:
        """Every feature of the host-model, those of its named model too; `None` where there is none."""
        if self.host_model is None:
            return None
        full = expand(self.host_model, self.cpu_map.x86).features
        return frozenset(feature.name for feature in full if feature.policy is Policy.REQUIRE)

    @cached_property
    def hypervisor(self) -> Hypervisor:
        """What the facts, or else the document, say of CPUs, as compare takes it."""
        if self.facts is not None:
            return hypervisor(self.facts)
        return Hypervisor(
            emulator=self.emulator,
            virt_type=self.virt_type,
            arch=self.arch,
            release=self.release,
            cpu_map=self.cpu_map,
            definitions=tuple(
                CpuDefinition(name=name, unavailable_features=() if model.usable == "yes" else model.blockers)
                for name, model in self.models.items()
            ),
            host_model=self.host_model,
        )

    @cached_property
    def has_acpi(self) -> bool | None:
        """Whether the machine has ACPI; `None` where nobody says."""
        conversation = self.facts.emulator.of(self.virt_type) if self.facts else None
        exchange = conversation.find("query-machines") if conversation else None
        if exchange is None or exchange.result is msgspec.UNSET:
            return None
        machines = msgspec.json.decode(exchange.result, type=tuple[_MachineAcpi, ...])
        return next((machine.acpi for machine in machines if machine.name == self.machine), None)

    def has_type(self, *names: str) -> bool | None:
        """Whether QEMU has one of these QOM types; `None` where nobody says."""
        types = self.facts.emulator.types if self.facts else None
        return None if types is None else any(name in types for name in names)
