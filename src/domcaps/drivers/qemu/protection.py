"""The numbers of SEV and SGX, as the document shows them, from the host's registers and QEMU's replies."""

from __future__ import annotations

from domcaps.drivers.qemu.facts import QemuFacts, SgxAnswer
from domcaps.schema.features import SgxSection, SgxSections, SgxSize

_KIB = 1024


def sev_guests(facts: QemuFacts) -> int | None:
    """How many guests can have SEV without SEV-ES at once; 0 where the host's CPUID says that there are none."""
    asids = facts.host.cpu.sev_asids
    if asids is None:
        return None
    return asids.max - asids.min + 1 if asids.max and asids.min else 0


def es_guests(facts: QemuFacts) -> int | None:
    """How many guests can have SEV-ES at once; 0 where the host's CPUID says that there are none."""
    asids = facts.host.cpu.sev_asids
    if asids is None:
        return None
    return asids.min - 1 if asids.max and asids.min else 0


def kibibytes(facts: QemuFacts) -> SgxSize | None:
    """The size of the enclave page cache; QEMU before 8.0 tells it, newer ones only their sections."""
    answer = facts.emulator.sgx
    if answer is None:
        return None
    return SgxSize(unit="KiB", size=_total(answer))


def _total(answer: SgxAnswer) -> int:
    if answer.section_size is not None:
        return answer.section_size // _KIB
    return sum(section.size // _KIB for section in answer.sections or ())


def sections(facts: QemuFacts) -> SgxSections | None:
    """The sections of the enclave page cache, in QEMU's order; `None` when there is none."""
    answer = facts.emulator.sgx
    if answer is None or not answer.sections:
        return None
    return SgxSections(section=tuple(SgxSection(node=s.node, size=s.size // _KIB, unit="KiB") for s in answer.sections))
