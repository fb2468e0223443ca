"""bhyve: from which fact each value of a document follows. Rows only; they hold for libvirt 3.2 to 12.9."""

from __future__ import annotations

from domcaps.drivers.alike import alike
from domcaps.drivers.bhyve.choose import VIRT_TYPE
from domcaps.drivers.bhyve.facts import BhyveFacts
from domcaps.drivers.bhyve.predicates import bhyve_has
from domcaps.drivers.predicates import all_of, always, never, since, stated_if, unstated
from domcaps.drivers.table import Table, listed, merged, taken
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
from domcaps.schema.document import DomainCapabilities, FirmwareFeatures, Loader, MemoryBacking, Os, Vcpu
from domcaps.schema.features import Features, Gic, Hyperv, LaunchSecurity, Sev, Sgx

LIBVIRT_SAYS_SO = always("libvirt offers it with every bhyve")
NO_BHYVE = never("libvirt says no to it for every bhyve")
NOT_OF_BHYVE = never("libvirt never lists it for bhyve")
SILENT = unstated("libvirt's bhyve driver does not say")

BOOT_ROM = bhyve_has("boot_rom", "a boot ROM on its LPC bus")
FRAMEBUFFER = bhyve_has("framebuffer", "a framebuffer")
VIRTIO_RND = all_of(since("11.3"), bhyve_has("virtio_rnd", "a virtio random number generator"))

DOCUMENT: Table[BhyveFacts] = {
    DomainCapabilities.path: taken(lambda f: f.path, "the emulator's path, as given or libvirt's own"),
    DomainCapabilities.domain: taken(lambda _: VIRT_TYPE, "the virt type"),
    DomainCapabilities.machine: taken(lambda f: f.machine, "the machine, if one was asked for"),
    DomainCapabilities.arch: taken(lambda f: f.arch, "the guest's architecture"),
    DomainCapabilities.vcpu: SILENT,
    **alike(Vcpu, SILENT),
    DomainCapabilities.iothreads: NO_BHYVE,
    DomainCapabilities.os: LIBVIRT_SAYS_SO,
    Os.firmware: SILENT,
    Os.firmware_features: SILENT,
    **alike(FirmwareFeatures, SILENT),
    Os.loader: BOOT_ROM,
    Loader.value: taken(lambda f: f.host.firmware, "the files in libvirt's folder of firmware for bhyve"),
    Loader.type: listed({w.LoaderType.ROM: NOT_OF_BHYVE, w.LoaderType.PFLASH: LIBVIRT_SAYS_SO}),
    Loader.readonly: listed({w.YesNo.YES: LIBVIRT_SAYS_SO, w.YesNo.NO: NOT_OF_BHYVE}),
    Loader.secure: SILENT,
    Os.varstore: SILENT,
    DomainCapabilities.cpu: LIBVIRT_SAYS_SO,
    DomainCapabilities.memory_backing: SILENT,
    **alike(MemoryBacking, SILENT),
    DomainCapabilities.devices: LIBVIRT_SAYS_SO,
    DomainCapabilities.features: LIBVIRT_SAYS_SO,
}

CPU: Table[BhyveFacts] = {
    Cpu.host_passthrough: NO_BHYVE,
    **alike(HostPassthrough, SILENT),
    Cpu.maximum: NO_BHYVE,
    **alike(Maximum, SILENT),
    Cpu.host_model: NO_BHYVE,
    **alike(HostModel, SILENT),
    Cpu.custom: NO_BHYVE,
    **alike(Custom, SILENT),
}

DEVICES: Table[BhyveFacts] = {
    Devices.disk: LIBVIRT_SAYS_SO,
    Disk.disk_device: listed(
        {
            **dict.fromkeys(w.DiskDevice, NOT_OF_BHYVE),
            w.DiskDevice.DISK: LIBVIRT_SAYS_SO,
            w.DiskDevice.CDROM: LIBVIRT_SAYS_SO,
        }
    ),
    Disk.bus: listed(
        {
            **dict.fromkeys(w.DiskBus, NOT_OF_BHYVE),
            w.DiskBus.VIRTIO: LIBVIRT_SAYS_SO,
            w.DiskBus.SATA: LIBVIRT_SAYS_SO,
        }
    ),
    Disk.model: listed(dict.fromkeys(w.VirtioModel, NOT_OF_BHYVE)),
    Devices.graphics: FRAMEBUFFER,
    Graphics.type: listed({**dict.fromkeys(w.GraphicsType, NOT_OF_BHYVE), w.GraphicsType.VNC: LIBVIRT_SAYS_SO}),
    Devices.video: FRAMEBUFFER,
    Video.model_type: listed({**dict.fromkeys(w.VideoModel, NOT_OF_BHYVE), w.VideoModel.GOP: LIBVIRT_SAYS_SO}),
    Devices.hostdev: NO_BHYVE,
    **alike(Hostdev, SILENT),
    Devices.rng: stated_if(VIRTIO_RND, LIBVIRT_SAYS_SO),
    Rng.model: listed({**dict.fromkeys(w.VirtioModel, NOT_OF_BHYVE), w.VirtioModel.VIRTIO: LIBVIRT_SAYS_SO}),
    Rng.backend_model: listed({**dict.fromkeys(w.RngBackend, NOT_OF_BHYVE), w.RngBackend.RANDOM: LIBVIRT_SAYS_SO}),
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

FEATURES: Table[BhyveFacts] = {
    Features.gic: NO_BHYVE,
    **alike(Gic, SILENT),
    Features.vmcoreinfo: NO_BHYVE,
    Features.genid: NO_BHYVE,
    Features.backing_store_input: SILENT,
    Features.backup: SILENT,
    Features.async_teardown: SILENT,
    Features.s390_pv: SILENT,
    Features.ps2: SILENT,
    Features.tdx: SILENT,
    Features.sev: NO_BHYVE,
    **alike(Sev, SILENT),
    Features.sgx: NO_BHYVE,
    **alike(Sgx, SILENT),
    Features.hyperv: SILENT,
    **alike(Hyperv, SILENT),
    Features.launch_security: SILENT,
    **alike(LaunchSecurity, SILENT),
}

BHYVE: Table[BhyveFacts] = merged(DOCUMENT, CPU, DEVICES, FEATURES)
