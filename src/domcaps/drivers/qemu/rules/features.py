"""QEMU: from which fact each value of `<features>` follows. Rows, and what takes numbers from replies.

Where releases of libvirt differ, the row says so; the rest holds for 1.2.7 to 12.9.
"""

from __future__ import annotations

from collections.abc import Mapping

from domcaps.drivers.predicates import Predicate, all_of, always, any_of, from_release, since, stated_if
from domcaps.drivers.qemu.facts import QemuFacts
from domcaps.drivers.qemu.hyperv import HYPERV_FEATURES, hyperv_defaults
from domcaps.drivers.qemu.machines import MachineKind
from domcaps.drivers.qemu.predicates import (
    GicOffered,
    GuestArchIs,
    HostHas,
    KvmHasTdx,
    SevAnswered,
    SgxAnswered,
    VirtTypeIs,
    has_option,
    has_property,
    has_type,
    in_schema,
    machine_is,
    target_is,
)
from domcaps.drivers.qemu.protection import es_guests, kibibytes, sections, sev_guests
from domcaps.drivers.table import Table, listed, taken
from domcaps.schema import words as w
from domcaps.schema.declare import Word
from domcaps.schema.features import Features, Gic, Hyperv, LaunchSecurity, Sev, Sgx

SECURE_GUEST = HostHas("kvm.secure_guest", "protected guests switched on", "firmware and kernel set up for them")

S390_PV = all_of(has_property("none-machine", "confidential-guest-support"), has_type("s390-pv-guest"))

TDX = all_of(has_type("tdx-guest"), from_release("11.10", KvmHasTdx(), before=always("libvirt does not ask KVM")))

TDX_GUESTS = all_of(GuestArchIs("x86_64"), VirtTypeIs("kvm"), TDX, SECURE_GUEST)

HYPERV = Features.declarations["hyperv"].since
"""The release that brought the list; some enlightenments are younger."""

BLOCKDEV = all_of(
    in_schema("human-monitor-command/$savevm-monitor-nodes"),
    in_schema("blockdev-add/arg-type/+file/$dynamic-auto-read-only"),
)
"""QEMU 4.2 or newer, of which libvirt 8.7 and newer take no other; before it a backing chain is QEMU's own business."""

GIC_VERSIONS: Mapping[Word, Predicate[QemuFacts]] = {w.GicVersion.V2: GicOffered(2), w.GicVersion.V3: GicOffered(3)}

SECURITY_TYPES: Mapping[Word, Predicate[QemuFacts]] = {
    w.LaunchSecurityType.SEV: has_type("sev-guest"),
    w.LaunchSecurityType.SEV_SNP: has_type("sev-snp-guest"),
    w.LaunchSecurityType.S390_PV: S390_PV,
    w.LaunchSecurityType.TDX: all_of(since("11.9"), TDX),
}

FEATURES: Table[QemuFacts] = {
    Features.gic: all_of(machine_is(MachineKind.ARM_VIRT, by_guest=True), any_of(*GIC_VERSIONS.values())),
    Gic.version: listed(GIC_VERSIONS),
    Features.vmcoreinfo: has_type("vmcoreinfo"),
    Features.genid: has_type("vmgenid"),
    Features.backing_store_input: from_release("8.7", always("every QEMU since 4.2 can"), before=BLOCKDEV),
    Features.backup: from_release(
        "11.2",
        always("every QEMU since 6.2 can"),
        before=all_of(
            since("7.1"),
            in_schema("blockdev-reopen"),
            in_schema("migrate-set-parameters/arg-type/block-bitmap-mapping/bitmaps/transform"),
        ),
    ),
    Features.async_teardown: has_option("run-with", "async-teardown"),
    Features.s390_pv: from_release(
        "12.0",
        all_of(target_is("s390", "s390x"), S390_PV, SECURE_GUEST),
        before=stated_if(target_is("s390", "s390x"), all_of(S390_PV, SECURE_GUEST)),
    ),
    Features.ps2: all_of(
        machine_is(MachineKind.I440FX, MachineKind.Q35, MachineKind.XENFV, MachineKind.ISAPC, by_guest=True),
        has_property("generic-pc-machine", "i8042", abstract=True),
    ),
    Features.tdx: stated_if(any_of(since("12.0"), TDX_GUESTS), TDX_GUESTS),
    Features.sev: SevAnswered(),
    Sev.cbitpos: taken(lambda f: f.emulator.sev and f.emulator.sev.cbitpos, "query-sev-capabilities' cbitpos"),
    Sev.reduced_phys_bits: taken(
        lambda f: f.emulator.sev and f.emulator.sev.reduced_phys_bits, "query-sev-capabilities' reduced-phys-bits"
    ),
    Sev.max_guests: taken(sev_guests, "CPUID leaf 0x8000001F: ECX - EDX + 1"),
    Sev.max_es_guests: taken(es_guests, "CPUID leaf 0x8000001F: EDX - 1"),
    Sev.cpu0_id: taken(lambda f: f.emulator.sev and f.emulator.sev.cpu0_id, "query-sev-capabilities' cpu0-id"),
    Features.sgx: all_of(has_type("sgx-epc"), SgxAnswered()),
    Sgx.flc: taken(lambda f: f.emulator.sgx and f.emulator.sgx.flc, "query-sgx-capabilities' flc"),
    Sgx.sgx1: taken(lambda f: f.emulator.sgx and f.emulator.sgx.sgx1, "query-sgx-capabilities' sgx1"),
    Sgx.sgx2: taken(lambda f: f.emulator.sgx and f.emulator.sgx.sgx2, "query-sgx-capabilities' sgx2"),
    Sgx.section_size: taken(kibibytes, "query-sgx-capabilities' section-size, else the sum of its sections"),
    Sgx.sections: taken(sections, "query-sgx-capabilities' sections"),
    Features.hyperv: stated_if(
        any_of(
            *(rule for word, rule in HYPERV_FEATURES.items() if word.since == HYPERV),
            *(all_of(since(str(word.since)), rule) for word, rule in HYPERV_FEATURES.items() if word.since > HYPERV),
        ),
        always("QEMU offers enlightenments"),
    ),
    Hyperv.features: listed(HYPERV_FEATURES),
    Hyperv.defaults: taken(hyperv_defaults, "the expansion of the host's CPU with hv-passthrough"),
    Features.launch_security: any_of(*SECURITY_TYPES.values()),
    LaunchSecurity.sectype: listed(SECURITY_TYPES),
}
