"""The facts of a host, as values: what a snapshot holds under `host` (design §4).

`None` means *not known* (nobody looked, or this host has no such notion), never *no*.
"""

from __future__ import annotations

import msgspec


class SevAsids(msgspec.Struct, frozen=True, kw_only=True):
    """AMD SEV's address space identifiers: CPUID leaf 0x8000001F (AMD APM volume 3, appendix E.4.17)."""

    max: int = 0
    """ECX: the highest ASID of an encrypted guest; 0 on a host without SEV."""
    min: int = 0
    """EDX: the lowest ASID of a guest with SEV but without SEV-ES; 0 on a host without SEV."""


class CpuFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The host's CPU, as far as the emulator does not tell."""

    model: str | None = None
    """The CPU model that the host's registers alone tell (POWER8); `None` on x86, where the emulator tells."""
    vendor: str | None = None
    """libvirt's word for the vendor: `Intel`, `AMD`, `Hygon`, `IBM`."""
    physical_address_bits: int | None = None
    sev_asids: SevAsids | None = None


class KvmFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What /dev/kvm and the kernel's modules say."""

    usable: bool | None = None
    """This user can open /dev/kvm for reading and writing."""
    max_vcpus: int | None = None
    """KVM_CAP_MAX_VCPUS, or what libvirt falls back to (KVM_CAP_NR_VCPUS, 4)."""
    secure_guest: bool | None = None
    """Protected guests are on: SEV or TDX on x86, secure execution on s390."""
    tdx: bool | None = None
    """KVM_CAP_VM_TYPES has the TDX bit."""
    msrs: dict[str, str] | None = None
    """KVM's feature MSRs, `0x10a` to `0x400000000c000069`; `None` where KVM was not asked."""


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a host, but for its firmware and its emulators."""

    arch: str
    """libvirt's name of the architecture: `x86_64`, `aarch64`, …."""
    cpu: CpuFacts = CpuFacts()
    kvm: KvmFacts = KvmFacts()
    vfio: bool | None = None
    """PCI assignment through VFIO works: there are IOMMU groups and /dev/vfio/vfio."""
    iommufd: bool | None = None
    """/dev/iommu exists."""
    swtpm: tuple[str, ...] | None = None
    """TPM versions that swtpm can set up (`1.2`, `2.0`), perhaps none; `None`: there is no complete swtpm."""
    qemu_rdp: bool | None = None
    """The qemu-rdp helper is in PATH."""
