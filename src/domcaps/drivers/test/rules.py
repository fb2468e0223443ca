"""A driver that tells nothing: what libvirt prints all the same. Rows only; they hold for libvirt 5.6 to 12.9."""

from __future__ import annotations

from domcaps.drivers.alike import alike
from domcaps.drivers.predicates import always, never, unstated
from domcaps.drivers.table import Table, merged, taken
from domcaps.drivers.test.facts import NothingFacts
from domcaps.schema.cpu import Cpu, Custom, HostModel, HostPassthrough, Maximum
from domcaps.schema.devices import Devices
from domcaps.schema.document import DomainCapabilities, MemoryBacking, Os, Vcpu
from domcaps.schema.features import Features, Sev, Sgx

ALWAYS_WRITTEN = always("libvirt writes it for every driver")
NO = never("libvirt writes a no for a driver that does not say")
SILENT = unstated("the driver does not say")

DOCUMENT: Table[NothingFacts] = {
    DomainCapabilities.path: taken(lambda f: f.path, "the emulator's path, if one was given"),
    DomainCapabilities.domain: taken(lambda f: f.virt_type, "the virt type"),
    DomainCapabilities.machine: taken(lambda f: f.machine, "the machine, if one was given"),
    DomainCapabilities.arch: taken(lambda f: f.arch, "the guest's architecture"),
    DomainCapabilities.vcpu: SILENT,
    **alike(Vcpu, SILENT),
    DomainCapabilities.iothreads: SILENT,
    DomainCapabilities.os: SILENT,
    **alike(Os, SILENT),
    DomainCapabilities.cpu: ALWAYS_WRITTEN,
    Cpu.host_passthrough: NO,
    **alike(HostPassthrough, SILENT),
    Cpu.maximum: NO,
    **alike(Maximum, SILENT),
    Cpu.host_model: NO,
    **alike(HostModel, SILENT),
    Cpu.custom: NO,
    **alike(Custom, SILENT),
    DomainCapabilities.memory_backing: SILENT,
    **alike(MemoryBacking, SILENT),
    DomainCapabilities.devices: ALWAYS_WRITTEN,
    DomainCapabilities.features: ALWAYS_WRITTEN,
}

FEATURES: Table[NothingFacts] = {
    **alike(Features, SILENT),
    Features.sev: NO,
    **alike(Sev, SILENT),
    Features.sgx: NO,
    **alike(Sgx, SILENT),
}

NOTHING: Table[NothingFacts] = merged(DOCUMENT, alike(Devices, SILENT), FEATURES)
