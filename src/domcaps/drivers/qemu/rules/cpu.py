"""QEMU: from which fact each value of `<cpu>` follows. Rows, and what takes models from the CPU engine."""

from __future__ import annotations

from domcaps.drivers.predicates import Predicate, Verdict, all_of, always, any_of, not_, since
from domcaps.drivers.qemu.facts import QemuFacts
from domcaps.drivers.qemu.predicates import OldS390, VirtTypeIs, has_property
from domcaps.drivers.table import Table, listed, taken
from domcaps.schema import words as w
from domcaps.schema.cpu import (
    Cpu,
    CpuFeature,
    Custom,
    CustomModel,
    HostModel,
    HostModelName,
    HostPassthrough,
    Maximum,
    MaxPhysAddr,
)


class Native(Predicate[QemuFacts], frozen=True):
    """The host's CPU runs guests of the emulator's architecture."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Compare architectures."""
        verb = "runs" if facts.native else "does not run"
        return Verdict(facts.native, f"the host is {facts.host.arch}, which {verb} {facts.target} natively")


class NamesModel(Predicate[QemuFacts], frozen=True):
    """QEMU has a CPU model of this name, in whichever process."""

    name: str

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        if self.name in facts.cpu.names:
            return Verdict(True, f"QEMU has a CPU model named {self.name}")
        return Verdict(False, f"QEMU has no CPU model named {self.name}", "a newer QEMU")


class HostModelKnown(Predicate[QemuFacts], frozen=True):
    """The host's CPU could be described by a named model."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        return Verdict(facts.cpu.host_model is not None, f"the host-model: {facts.cpu.decoded.reason}")


class HasModels(Predicate[QemuFacts], frozen=True):
    """QEMU has CPU models that libvirt lists for the architecture."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        models = len(facts.cpu.custom)
        return Verdict(models > 0, f"libvirt lists {models or 'none'} of QEMU's CPU models for {facts.arch}")


def _custom(facts: QemuFacts) -> tuple[CustomModel, ...]:
    """The `<model>` elements of mode custom."""
    return tuple(
        CustomModel(
            usable=model.usable,
            deprecated=True if model.deprecated else None,
            vendor=model.vendor,
            canonical=model.canonical,
            name=model.name,
            blockers=model.blockers,
        )
        for model in facts.cpu.custom
    )


def _features(facts: QemuFacts) -> tuple[CpuFeature, ...]:
    model = facts.cpu.host_model
    return tuple(CpuFeature(policy=f.policy, name=f.name) for f in model.features) if model else ()


def _name(facts: QemuFacts) -> HostModelName | None:
    model = facts.cpu.host_model
    return HostModelName(fallback=model.fallback, name=model.model) if model else None


def _address_bits(facts: QemuFacts) -> MaxPhysAddr | None:
    model = facts.cpu.host_model
    return MaxPhysAddr(mode="passthrough", limit=model.max_phys_bits) if model and model.max_phys_bits else None


MODERN = not_(all_of(OldS390(), since("6.1")))

CPU: Table[QemuFacts] = {
    Cpu.host_passthrough: all_of(not_(VirtTypeIs("qemu")), Native()),
    HostPassthrough.host_passthrough_migratable: listed(
        {
            w.OnOff.ON: any_of(has_property("max-x86_64-cpu", "migratable"), has_property("max-arm-cpu", "migratable")),
            w.OnOff.OFF: always("features that block migration can always be kept"),
        }
    ),
    Cpu.maximum: all_of(NamesModel("max"), MODERN),
    Maximum.maximum_migratable: listed(dict.fromkeys(w.OnOff, always("libvirt takes both with every QEMU"))),
    Cpu.host_model: all_of(Native(), MODERN, HostModelKnown()),
    HostModel.model: taken(_name, "the decoding of QEMU's expansion of the host's CPU"),
    HostModel.vendor: taken(
        lambda f: f.cpu.host_model and f.cpu.host_model.vendor, "the vendor in QEMU's expansion of the host's CPU"
    ),
    HostModel.maxphysaddr: taken(_address_bits, "the host's physical address bits, under a hardware accelerator"),
    HostModel.feature: taken(_features, "the decoding of QEMU's expansion of the host's CPU"),
    Cpu.custom: all_of(MODERN, HasModels()),
    Custom.model: taken(_custom, "query-cpu-definitions"),
}
