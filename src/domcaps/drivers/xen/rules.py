"""Xen: from which fact each value of a document follows. Rows only; they hold for libvirt 2.0 to 12.9."""

from __future__ import annotations

from domcaps.drivers.alike import alike
from domcaps.drivers.predicates import always, from_release, never, not_, stated_if, unstated
from domcaps.drivers.table import Table, listed, merged, taken
from domcaps.drivers.xen.choose import VIRT_TYPE
from domcaps.drivers.xen.facts import XenFacts
from domcaps.drivers.xen.predicates import machine_is
from domcaps.schema import words as w
from domcaps.schema.cpu import Cpu, Custom, HostModel, HostPassthrough, Maximum
from domcaps.schema.devices import (
    Channel,
    Console,
    Crypto,
    Devices,
    Disk,
    Filesystem,
    Graphics,
    Hostdev,
    Interface,
    Panic,
    Redirdev,
    Rng,
    Tpm,
    Video,
)
from domcaps.schema.document import (
    DomainCapabilities,
    FirmwareFeatures,
    Loader,
    MemoryBacking,
    Os,
    Vcpu,
)
from domcaps.schema.features import Features, Gic, Hyperv, LaunchSecurity, Sev, Sgx

LIBVIRT_SAYS_SO = always("libvirt offers it with every Xen")
NO_XEN = never("libvirt says no to it for every Xen")
NOT_OF_XEN = never("libvirt never lists it for Xen")
SILENT = unstated("libvirt's Xen driver does not say")

FULLY_VIRTUALIZED = machine_is("xenfv")

NO_PVH = not_(machine_is("xenpvh"))

MAX_VCPUS = {"xenfv": 128, "xenpv": 512, "xenpvh": 512}
"""libvirt's own numbers, the same for every Xen."""

DOCUMENT: Table[XenFacts] = {
    DomainCapabilities.path: taken(lambda f: f.path, "the emulator's path, as given or libvirt's own"),
    DomainCapabilities.domain: taken(lambda _: VIRT_TYPE, "the virt type"),
    DomainCapabilities.machine: taken(lambda f: f.machine, "the machine"),
    DomainCapabilities.arch: taken(lambda f: f.arch, "the guest's architecture"),
    DomainCapabilities.vcpu: taken(lambda f: Vcpu(max=MAX_VCPUS[f.machine]), "libvirt's number for the machine"),
    DomainCapabilities.iothreads: NO_XEN,
    DomainCapabilities.os: LIBVIRT_SAYS_SO,
    Os.firmware: SILENT,
    Os.firmware_features: SILENT,
    **alike(FirmwareFeatures, SILENT),
    Os.loader: FULLY_VIRTUALIZED,
    Loader.value: taken(lambda f: f.host.firmware, "the images in Xen's boot folder"),
    Loader.type: listed(dict.fromkeys(w.LoaderType, LIBVIRT_SAYS_SO)),
    Loader.readonly: listed({w.YesNo.YES: LIBVIRT_SAYS_SO, w.YesNo.NO: NOT_OF_XEN}),
    Loader.secure: SILENT,
    Os.varstore: SILENT,
    DomainCapabilities.cpu: LIBVIRT_SAYS_SO,
    DomainCapabilities.memory_backing: SILENT,
    **alike(MemoryBacking, SILENT),
    DomainCapabilities.devices: LIBVIRT_SAYS_SO,
    DomainCapabilities.features: LIBVIRT_SAYS_SO,
}

CPU: Table[XenFacts] = {
    Cpu.host_passthrough: NO_XEN,
    **alike(HostPassthrough, SILENT),
    Cpu.maximum: NO_XEN,
    **alike(Maximum, SILENT),
    Cpu.host_model: NO_XEN,
    **alike(HostModel, SILENT),
    Cpu.custom: NO_XEN,
    **alike(Custom, SILENT),
}

DEVICES: Table[XenFacts] = {
    Devices.disk: LIBVIRT_SAYS_SO,
    Disk.disk_device: listed(
        {
            **dict.fromkeys(w.DiskDevice, NOT_OF_XEN),
            w.DiskDevice.DISK: LIBVIRT_SAYS_SO,
            w.DiskDevice.CDROM: LIBVIRT_SAYS_SO,
        }
    ),
    Disk.bus: listed(
        {
            **dict.fromkeys(w.DiskBus, NOT_OF_XEN),
            w.DiskBus.IDE: LIBVIRT_SAYS_SO,
            w.DiskBus.SCSI: LIBVIRT_SAYS_SO,
            w.DiskBus.XEN: LIBVIRT_SAYS_SO,
        }
    ),
    Disk.model: listed(dict.fromkeys(w.VirtioModel, NOT_OF_XEN)),
    Devices.graphics: LIBVIRT_SAYS_SO,
    Graphics.type: listed(
        {
            **dict.fromkeys(w.GraphicsType, NOT_OF_XEN),
            w.GraphicsType.SDL: LIBVIRT_SAYS_SO,
            w.GraphicsType.VNC: LIBVIRT_SAYS_SO,
            w.GraphicsType.SPICE: LIBVIRT_SAYS_SO,
        }
    ),
    Devices.video: LIBVIRT_SAYS_SO,
    Video.model_type: listed(
        {
            **dict.fromkeys(w.VideoModel, NOT_OF_XEN),
            w.VideoModel.VGA: LIBVIRT_SAYS_SO,
            w.VideoModel.CIRRUS: LIBVIRT_SAYS_SO,
            w.VideoModel.XEN: LIBVIRT_SAYS_SO,
        }
    ),
    Devices.hostdev: from_release("5.2", stated_if(NO_PVH, LIBVIRT_SAYS_SO), before=NO_PVH),
    Hostdev.mode: listed({w.HostdevMode.SUBSYSTEM: LIBVIRT_SAYS_SO, w.HostdevMode.CAPABILITIES: NOT_OF_XEN}),
    Hostdev.startup_policy: listed(dict.fromkeys(w.StartupPolicy, LIBVIRT_SAYS_SO)),
    Hostdev.subsys_type: listed(
        {
            **dict.fromkeys(w.SubsysType, NOT_OF_XEN),
            w.SubsysType.USB: LIBVIRT_SAYS_SO,
            w.SubsysType.PCI: LIBVIRT_SAYS_SO,
        }
    ),
    Hostdev.caps_type: listed(dict.fromkeys(w.CapsType, NOT_OF_XEN)),
    Hostdev.pci_backend: listed({**dict.fromkeys(w.PciBackend, NOT_OF_XEN), w.PciBackend.XEN: LIBVIRT_SAYS_SO}),
    Hostdev.iommufd: SILENT,
    Devices.rng: SILENT,
    **alike(Rng, SILENT),
    Devices.filesystem: SILENT,
    **alike(Filesystem, SILENT),
    Devices.tpm: SILENT,
    **alike(Tpm, SILENT),
    Devices.redirdev: SILENT,
    **alike(Redirdev, SILENT),
    Devices.channel: SILENT,
    **alike(Channel, SILENT),
    Devices.crypto: SILENT,
    **alike(Crypto, SILENT),
    Devices.interface: SILENT,
    **alike(Interface, SILENT),
    Devices.panic: SILENT,
    **alike(Panic, SILENT),
    Devices.console: SILENT,
    **alike(Console, SILENT),
}

FEATURES: Table[XenFacts] = {
    Features.gic: NO_XEN,
    **alike(Gic, SILENT),
    Features.vmcoreinfo: NO_XEN,
    Features.genid: NO_XEN,
    Features.backing_store_input: SILENT,
    Features.backup: SILENT,
    Features.async_teardown: SILENT,
    Features.s390_pv: SILENT,
    Features.ps2: SILENT,
    Features.tdx: SILENT,
    Features.sev: NO_XEN,
    **alike(Sev, SILENT),
    Features.sgx: NO_XEN,
    **alike(Sgx, SILENT),
    Features.hyperv: SILENT,
    **alike(Hyperv, SILENT),
    Features.launch_security: SILENT,
    **alike(LaunchSecurity, SILENT),
}

XEN: Table[XenFacts] = merged(DOCUMENT, CPU, DEVICES, FEATURES)
