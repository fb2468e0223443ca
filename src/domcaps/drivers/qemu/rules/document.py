"""QEMU: from which fact each value outside `<cpu>`, `<devices>` and `<features>` follows. Rows only."""

from __future__ import annotations

from domcaps.drivers.predicates import all_of, always, from_release
from domcaps.drivers.qemu.facts import HARDWARE, QemuFacts
from domcaps.drivers.qemu.firmware import (
    EnrolledKeys,
    FirmwareInterface,
    NeedsSmm,
    SecureBoot,
    UefiVars,
)
from domcaps.drivers.qemu.predicates import GuestArchIs, has_type
from domcaps.drivers.table import Table, listed, taken
from domcaps.release import release
from domcaps.schema import words as w
from domcaps.schema.document import (
    DomainCapabilities,
    FirmwareFeatures,
    Loader,
    Os,
    Vcpu,
)

LIBVIRT_SAYS_SO = always("libvirt says so for every QEMU")


MINDS_KVMS_LIMIT = release("2.0")
"""Before it the number of virtual CPUs is the machine's alone (libvirt's history)."""


def _vcpu(facts: QemuFacts) -> Vcpu | None:
    limit = facts.max_vcpus
    if facts.virt_type == HARDWARE["kvm"] and facts.host.kvm.max_vcpus and facts.release >= MINDS_KVMS_LIMIT:
        limit = min(limit, facts.host.kvm.max_vcpus)
    return Vcpu(max=limit) if limit else None


DOCUMENT: Table[QemuFacts] = {
    DomainCapabilities.path: taken(lambda f: f.path, "the emulator's path"),
    DomainCapabilities.domain: taken(lambda f: f.virt_type, "the virt type"),
    DomainCapabilities.machine: taken(lambda f: f.machine or None, "the machine's canonical name"),
    DomainCapabilities.arch: taken(lambda f: f.arch, "the guest's architecture"),
    DomainCapabilities.vcpu: taken(_vcpu, "the machine's cpu-max; under kvm no more than KVM_CAP_MAX_VCPUS"),
    DomainCapabilities.iothreads: from_release("9.8", LIBVIRT_SAYS_SO, before=has_type("iothread")),
    DomainCapabilities.os: LIBVIRT_SAYS_SO,
    Os.firmware: listed({w.Firmware.BIOS: FirmwareInterface("bios"), w.Firmware.EFI: FirmwareInterface("uefi")}),
    Os.firmware_features: LIBVIRT_SAYS_SO,
    FirmwareFeatures.secure_boot: listed({w.YesNo.YES: SecureBoot("yes"), w.YesNo.NO: SecureBoot("no")}),
    FirmwareFeatures.enrolled_keys: listed({w.YesNo.YES: EnrolledKeys("yes"), w.YesNo.NO: EnrolledKeys("no")}),
    Os.loader: LIBVIRT_SAYS_SO,
    Loader.value: taken(lambda f: f.firmware.images or None, "firmware descriptors, else the list of known images"),
    Loader.type: listed(
        {
            w.LoaderType.ROM: LIBVIRT_SAYS_SO,
            w.LoaderType.PFLASH: from_release("1.2.11", LIBVIRT_SAYS_SO, before=GuestArchIs("x86_64")),
        }
    ),
    Loader.readonly: listed(dict.fromkeys(w.YesNo, LIBVIRT_SAYS_SO)),
    Loader.secure: listed({w.YesNo.YES: NeedsSmm(), w.YesNo.NO: LIBVIRT_SAYS_SO}),
    Os.varstore: all_of(UefiVars(), has_type("uefi-vars-x64", "uefi-vars-sysbus")),
    DomainCapabilities.cpu: LIBVIRT_SAYS_SO,
    DomainCapabilities.memory_backing: LIBVIRT_SAYS_SO,
    DomainCapabilities.devices: LIBVIRT_SAYS_SO,
    DomainCapabilities.features: LIBVIRT_SAYS_SO,
}
