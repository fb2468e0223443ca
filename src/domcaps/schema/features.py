"""The `<features>` of the document: one record an element, one line a fact."""

from __future__ import annotations

from domcaps.schema import words as w
from domcaps.schema.declare import Block, Codec, Words, attribute, child, content, enum, items, text, yes_no


class Flag(Block):
    """An element that says nothing but yes or no."""

    supported: bool | None = yes_no()


class Gic(Block):
    """Arm's Generic Interrupt Controller."""

    supported: bool | None = yes_no()
    version: Words = enum("version", w.GicVersion, "1.3.4", "features/gic/@version", "versions of the controller")


class Sev(Block):
    """AMD Secure Encrypted Virtualization."""

    supported: bool | None = yes_no()
    cbitpos: int | None = text(
        "cbitpos",
        Codec.NUMBER,
        "4.5",
        "launchSecurity/cbitpos",
        "the address bit that marks a page as encrypted",
        always=True,
    )
    reduced_phys_bits: int | None = text(
        "reducedPhysBits",
        Codec.NUMBER,
        "4.5",
        "launchSecurity/reducedPhysBits",
        "how many physical address bits encryption takes",
        spellings=("reduced-phys-bits",),
        always=True,
    )
    max_guests: int | None = text(
        "maxGuests", Codec.NUMBER, "8.0", "", "how many SEV guests can run at once", always=True
    )
    max_es_guests: int | None = text(
        "maxESGuests", Codec.NUMBER, "8.0", "", "how many SEV-ES guests can run at once", always=True
    )
    cpu0_id: str | None = text("cpu0Id", Codec.STRING, "8.4", "", "the first socket's chip identifier, base64")


class SgxSection(Block):
    """One section of the enclave page cache."""

    node: int | None = attribute("node", Codec.NUMBER, "8.10", "", "the NUMA node", always=True)
    size: int | None = attribute("size", Codec.NUMBER, "8.10", "", "in `unit`", always=True, bits=64)
    unit: str | None = attribute("unit", Codec.STRING, "8.10", "", "always KiB", always=True, choices=("KiB",))


class SgxSections(Block):
    """The sections of the enclave page cache."""

    section: tuple[SgxSection, ...] = items("section", SgxSection, "8.10")


class SgxSize(Block):
    """The size of the enclave page cache."""

    unit: str | None = attribute("unit", Codec.STRING, "8.10", "", "always KiB", always=True, choices=("KiB",))
    size: int | None = content("in `unit`", codec=Codec.NUMBER, bits=64)


class Sgx(Block):
    """Intel Software Guard Extensions."""

    supported: bool | None = yes_no()
    flc: bool | None = text("flc", Codec.YES_NO, "8.10", "", "Flexible Launch Control", always=True)
    sgx1: bool | None = text("sgx1", Codec.YES_NO, "8.10", "", "version 1", always=True)
    sgx2: bool | None = text("sgx2", Codec.YES_NO, "8.10", "", "version 2", always=True)
    section_size: SgxSize | None = child(
        "section_size", SgxSize, "8.10", "", "the enclave page cache in all", always=True
    )
    sections: SgxSections | None = child(
        "sections", SgxSections, "8.10", "devices/memory[@model='sgx-epc']", "the enclave page cache by NUMA node"
    )


class HypervDefaults(Block):
    """What `<hyperv mode='host-model'/>` turns on, where it is more than a yes."""

    spinlocks: int | None = text(
        "spinlocks", Codec.NUMBER, "11.9", "features/hyperv/spinlocks/@retries", "retries before the hypervisor is told"
    )
    stimer_direct: bool | None = text(
        "stimer_direct", Codec.ON_OFF, "11.9", "features/hyperv/stimer/direct/@state", "direct mode of timers"
    )
    tlbflush_direct: bool | None = text(
        "tlbflush_direct", Codec.ON_OFF, "11.9", "features/hyperv/tlbflush/direct/@state", "direct TLB flush"
    )
    tlbflush_extended: bool | None = text(
        "tlbflush_extended", Codec.ON_OFF, "11.9", "features/hyperv/tlbflush/extended/@state", "extended TLB flush"
    )
    vendor_id: str | None = text(
        "vendor_id", Codec.STRING, "11.9", "features/hyperv/vendor_id/@value", "what the guest is told"
    )


class Hyperv(Block):
    """Hyper-V enlightenments, for guests that run Windows."""

    supported: bool | None = yes_no()
    features: Words = enum("features", w.HypervFeature, "9.0", "features/hyperv/*", "the enlightenments")
    defaults: HypervDefaults | None = child("defaults", HypervDefaults, "11.9", "", "what mode host-model turns on")


class LaunchSecurity(Block):
    """Protection of a guest from its host."""

    supported: bool | None = yes_no()
    sectype: Words = enum("sectype", w.LaunchSecurityType, "10.5", "launchSecurity/@type", "the kinds")


class Features(Block):
    """The supported features and their options."""

    gic: Gic | None = child("gic", Gic, "1.3.4", "features/gic")
    vmcoreinfo: Flag | None = child("vmcoreinfo", Flag, "4.4", "features/vmcoreinfo", "a kernel dump's notes for QEMU")
    genid: Flag | None = child("genid", Flag, "4.4", "genid", "a generation identifier that changes with a snapshot")
    backing_store_input: Flag | None = child(
        "backingStoreInput", Flag, "5.10", "devices/disk/backingStore", "a disk's backing chain is taken as written"
    )
    backup: Flag | None = child("backup", Flag, "6.0", "", "backups, checkpoints")
    async_teardown: Flag | None = child(
        "async-teardown",
        Flag,
        "9.6",
        "features/async-teardown/@enabled",
        "memory is freed after the guest is gone",
    )
    s390_pv: Flag | None = child("s390-pv", Flag, "7.6", "launchSecurity[@type='s390-pv']", "IBM Secure Execution")
    ps2: Flag | None = child("ps2", Flag, "10.7", "features/ps2/@state", "the PS/2 controller can be switched off")
    tdx: Flag | None = child("tdx", Flag, "11.9", "launchSecurity[@type='tdx']", "Intel Trust Domain Extensions")
    sev: Sev | None = child("sev", Sev, "4.5", "launchSecurity[@type='sev']")
    sgx: Sgx | None = child("sgx", Sgx, "8.10", "devices/memory[@model='sgx-epc']")
    hyperv: Hyperv | None = child("hyperv", Hyperv, "9.0", "features/hyperv")
    launch_security: LaunchSecurity | None = child("launchSecurity", LaunchSecurity, "10.5", "launchSecurity")
