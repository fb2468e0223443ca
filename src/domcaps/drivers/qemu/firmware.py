"""What a rule can ask of the firmware descriptors that match the guest's machine."""

from __future__ import annotations

from domcaps.drivers.predicates import Predicate, Verdict
from domcaps.drivers.qemu.facts import QemuFacts


def _named(facts: QemuFacts) -> str:
    return f"{facts.arch} {facts.machine}".rstrip()


class FirmwareInterface(Predicate[QemuFacts], frozen=True):
    """Some firmware for the machine has an interface (`interface-types` of QEMU's docs/interop/firmware.json)."""

    interface: str

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        if self.interface in facts.firmware.interfaces:
            return Verdict(True, f"a firmware descriptor for {_named(facts)} has the interface {self.interface}")
        missing = f"no firmware descriptor for {_named(facts)} has the interface {self.interface}"
        return Verdict(False, missing, f"install {self.interface} firmware for {facts.arch}")


class SecureBoot(Predicate[QemuFacts], frozen=True):
    """Some firmware for the machine has, or lacks, Secure Boot."""

    has: str
    """`yes` or `no`."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        return _feature(facts, "secure-boot", self.has, facts.firmware.secure_boot)


class EnrolledKeys(Predicate[QemuFacts], frozen=True):
    """Some firmware for the machine has, or lacks, enrolled keys."""

    has: str
    """`yes` or `no`."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        return _feature(facts, "enrolled-keys", self.has, facts.firmware.enrolled_keys)


def _feature(facts: QemuFacts, name: str, has: str, seen: frozenset[str]) -> Verdict:
    verb = "has" if has == "yes" else "lacks"
    if has in seen:
        return Verdict(True, f"a firmware descriptor for {_named(facts)} {verb} {name}")
    remedy = f"install firmware for {facts.arch} that {verb} {name}"
    return Verdict(False, f"no firmware descriptor for {_named(facts)} {verb} {name}", remedy)


class NeedsSmm(Predicate[QemuFacts], frozen=True):
    """Some firmware for the machine protects its variables by System Management Mode."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        if facts.firmware.secure:
            return Verdict(True, f"a firmware descriptor for {_named(facts)} has requires-smm")
        missing = f"no firmware descriptor for {_named(facts)} has requires-smm"
        return Verdict(False, missing, "install a UEFI firmware with Secure Boot that uses SMM")


class UefiVars(Predicate[QemuFacts], frozen=True):
    """Some firmware for the machine keeps its variables in the emulator (`uefi-vars`)."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        if facts.firmware.has_uefi_vars:
            return Verdict(True, f"a firmware descriptor for {_named(facts)} has uefi-vars")
        missing = f"no firmware descriptor for {_named(facts)} has uefi-vars"
        return Verdict(False, missing, "install a firmware built for QEMU's uefi-vars devices")
