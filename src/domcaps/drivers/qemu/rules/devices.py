"""QEMU: from which fact each value of `<devices>` and `<memoryBacking>` follows. Rows only.

Where releases of libvirt differ, the row says so; the rest holds for 1.2.7 to 12.9.
"""

from __future__ import annotations

from collections.abc import Mapping

from domcaps.drivers.predicates import Predicate, all_of, always, any_of, from_release, never, not_, since
from domcaps.drivers.qemu.facts import QemuFacts
from domcaps.drivers.qemu.machines import MachineKind
from domcaps.drivers.qemu.predicates import (
    HasDeviceProperty,
    HostHas,
    HostSwtpm,
    QemuSince,
    answers,
    has_option,
    has_type,
    in_schema,
    machine_is,
    target_is,
)
from domcaps.drivers.table import Table, listed
from domcaps.schema import words as w
from domcaps.schema.declare import Word
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
from domcaps.schema.document import MemoryBacking

Rules = Mapping[Word, Predicate[QemuFacts]]

QEMU_HAS_IT = always("every QEMU that libvirt takes has it")
LIBVIRT_SAYS_SO = always("libvirt offers it with every QEMU")
NOT_OF_QEMU = never("no QEMU guest can have it")
NEVER_LISTED = never("libvirt never lists it for QEMU")

FLOPPY = all_of(
    from_release("1.2.19", not_(machine_is(MachineKind.PSERIES)), before=QEMU_HAS_IT),
    from_release("11.4", has_type("isa-fdc", "sysbus-fdc"), before=QEMU_HAS_IT),
)

_VIRTIO_DEVICES = (
    "virtio-blk-pci",
    "virtio-net-pci",
    "vhost-scsi-pci",
    "virtio-rng-pci",
    "virtio-9p-pci",
    "virtio-balloon-pci",
    "vhost-vsock-pci",
    "virtio-scsi-pci",
    "virtio-serial-pci",
)

_TRANSITIONAL_TYPES = has_type(
    *(f"{device}-{revision}" for device in _VIRTIO_DEVICES for revision in ("transitional", "non-transitional"))
)

TRANSITIONAL = from_release(
    "9.0",
    _TRANSITIONAL_TYPES,
    before=any_of(
        _TRANSITIONAL_TYPES,
        *(
            HasDeviceProperty(device, "disable-legacy")
            for device in ("virtio-blk-pci", "virtio-net-pci", "virtio-scsi-pci", "virtio-balloon-pci")
        ),
    ),
)

USB_CONTROLLER = has_type(
    "piix3-usb-uhci",
    "piix4-usb-uhci",
    "usb-ehci",
    "ich9-usb-ehci1",
    "vt82c686b-usb-uhci",
    "pci-ohci",
    "nec-usb-xhci",
    "qemu-xhci",
)

RNG = has_type("virtio-rng-pci", "virtio-rng-ccw", "virtio-rng-device")

VFIO = HostHas("vfio", "VFIO (IOMMU groups and /dev/vfio/vfio)", "an IOMMU that is on, and the module vfio")

TELLS_DISPLAYS = in_schema("query-display-options")
"""Since QEMU 2.12. Where an older one is asked nothing, libvirt takes it to have the displays of its time."""

DBUS_DISPLAY = in_schema("query-display-options/ret-type/+dbus")

ASKS_FOR_TPM_BY_TYPE = "11.9"
"""libvirt asked `query-tpm-models` and `query-tpm-types` at 11.3, and QOM types by then."""

TPM_MODELS: Rules = {
    w.TpmModel.TIS: from_release(
        ASKS_FOR_TPM_BY_TYPE,
        has_type("tpm-tis", "tpm-tis-device", "tpm-tis-i2c"),
        before=answers("query-tpm-models", "tpm-tis", "tpm-tis", "tpm-tis-device", "tpm-tis-i2c"),
    ),
    w.TpmModel.CRB: from_release(
        ASKS_FOR_TPM_BY_TYPE, has_type("tpm-crb"), before=answers("query-tpm-models", "tpm-crb", "tpm-crb")
    ),
    w.TpmModel.SPAPR: from_release(
        ASKS_FOR_TPM_BY_TYPE,
        has_type("tpm-spapr"),
        before=any_of(answers("query-tpm-models", "tpm-spapr", "tpm-spapr"), has_type("tpm-spapr")),
    ),
    w.TpmModel.SPAPR_PROXY: has_type("spapr-tpm-proxy"),
}

TPM_EMULATOR = all_of(
    from_release(
        ASKS_FOR_TPM_BY_TYPE, has_type("tpm-emulator"), before=answers("query-tpm-types", "emulator", "tpm-emulator")
    ),
    HostSwtpm(),
)

PANIC_MODELS: Rules = {
    w.PanicModel.ISA: has_type("pvpanic"),
    w.PanicModel.PSERIES: machine_is(MachineKind.PSERIES),
    w.PanicModel.HYPERV: target_is("i686", "x86_64"),
    w.PanicModel.S390: target_is("s390", "s390x"),
    w.PanicModel.PVPANIC: has_type("pvpanic-pci"),
}

USB_REDIRECTION = has_type("usb-redir")

SPICE = has_option("spice")

DEVICES: Table[QemuFacts] = {
    MemoryBacking.source_type: listed(
        {
            w.MemorySource.FILE: from_release("9.0", QEMU_HAS_IT, before=has_type("memory-backend-file")),
            w.MemorySource.ANONYMOUS: QEMU_HAS_IT,
            w.MemorySource.MEMFD: has_type("memory-backend-memfd"),
        }
    ),
    Devices.disk: LIBVIRT_SAYS_SO,
    Disk.disk_device: listed(
        {
            w.DiskDevice.DISK: LIBVIRT_SAYS_SO,
            w.DiskDevice.CDROM: LIBVIRT_SAYS_SO,
            w.DiskDevice.FLOPPY: FLOPPY,
            w.DiskDevice.LUN: LIBVIRT_SAYS_SO,
        }
    ),
    Disk.bus: listed(
        {
            w.DiskBus.IDE: from_release(
                "3.3", machine_is(MachineKind.I440FX, MachineKind.BUILTIN_IDE), before=LIBVIRT_SAYS_SO
            ),
            w.DiskBus.FDC: FLOPPY,
            w.DiskBus.SCSI: LIBVIRT_SAYS_SO,
            w.DiskBus.VIRTIO: LIBVIRT_SAYS_SO,
            w.DiskBus.XEN: NOT_OF_QEMU,
            w.DiskBus.USB: any_of(has_type("usb-storage"), all_of(since("11.5"), has_type("usb-bot"))),
            w.DiskBus.UML: NOT_OF_QEMU,
            w.DiskBus.SATA: has_type("ich9-ahci"),
            w.DiskBus.SD: NEVER_LISTED,
            w.DiskBus.NVME: has_type("nvme-ns"),
        }
    ),
    Disk.model: listed(
        {
            w.VirtioModel.VIRTIO: LIBVIRT_SAYS_SO,
            w.VirtioModel.TRANSITIONAL: TRANSITIONAL,
            w.VirtioModel.NON_TRANSITIONAL: TRANSITIONAL,
        }
    ),
    Devices.graphics: LIBVIRT_SAYS_SO,
    Graphics.type: listed(
        {
            w.GraphicsType.SDL: from_release(
                "7.5",
                any_of(in_schema("query-display-options/ret-type/+sdl"), not_(TELLS_DISPLAYS)),
                before=LIBVIRT_SAYS_SO,
            ),
            w.GraphicsType.VNC: in_schema("query-vnc"),
            w.GraphicsType.RDP: all_of(DBUS_DISPLAY, HostHas("qemu_rdp", "qemu-rdp in PATH", "install qemu-rdp")),
            w.GraphicsType.DESKTOP: NOT_OF_QEMU,
            w.GraphicsType.SPICE: SPICE,
            w.GraphicsType.EGL_HEADLESS: from_release(
                "7.5",
                any_of(in_schema("query-display-options/ret-type/+egl-headless"), not_(TELLS_DISPLAYS)),
                before=any_of(since("7.4"), QemuSince((2, 10, 0))),
            ),
            w.GraphicsType.DBUS: DBUS_DISPLAY,
        }
    ),
    Devices.video: LIBVIRT_SAYS_SO,
    Video.model_type: listed(
        {
            w.VideoModel.VGA: has_type("VGA"),
            w.VideoModel.CIRRUS: has_type("cirrus-vga"),
            w.VideoModel.VMVGA: has_type("vmware-svga"),
            w.VideoModel.XEN: NOT_OF_QEMU,
            w.VideoModel.VBOX: NOT_OF_QEMU,
            w.VideoModel.QXL: from_release("2.4", has_type("qxl"), before=LIBVIRT_SAYS_SO),
            w.VideoModel.PARALLELS: NOT_OF_QEMU,
            w.VideoModel.VIRTIO: has_type("virtio-gpu-pci", "virtio-gpu-device"),
            w.VideoModel.GOP: NOT_OF_QEMU,
            w.VideoModel.NONE: LIBVIRT_SAYS_SO,
            w.VideoModel.BOCHS: has_type("bochs-display"),
            w.VideoModel.RAMFB: has_type("ramfb"),
        }
    ),
    Devices.hostdev: LIBVIRT_SAYS_SO,
    Hostdev.mode: listed({w.HostdevMode.SUBSYSTEM: LIBVIRT_SAYS_SO, w.HostdevMode.CAPABILITIES: NOT_OF_QEMU}),
    Hostdev.startup_policy: listed(dict.fromkeys(w.StartupPolicy, LIBVIRT_SAYS_SO)),
    Hostdev.subsys_type: listed(
        {
            w.SubsysType.USB: from_release("6.0", USB_CONTROLLER, before=LIBVIRT_SAYS_SO),
            w.SubsysType.PCI: LIBVIRT_SAYS_SO,
            w.SubsysType.SCSI: LIBVIRT_SAYS_SO,
            w.SubsysType.SCSI_HOST: NEVER_LISTED,
            w.SubsysType.MDEV: NEVER_LISTED,
        }
    ),
    Hostdev.caps_type: listed(dict.fromkeys(w.CapsType, NOT_OF_QEMU)),
    Hostdev.pci_backend: listed(
        {
            w.PciBackend.DEFAULT: all_of(has_type("vfio-pci"), VFIO),
            w.PciBackend.KVM: never("legacy KVM assignment is gone from Linux 4.12"),
            w.PciBackend.VFIO: all_of(has_type("vfio-pci"), VFIO),
            w.PciBackend.XEN: NOT_OF_QEMU,
        }
    ),
    Hostdev.iommufd: listed(
        {
            w.YesNo.YES: all_of(
                has_type("iommufd"), VFIO, HostHas("iommufd", "/dev/iommu", "Linux 6.2 or newer with IOMMUFD")
            ),
            w.YesNo.NO: LIBVIRT_SAYS_SO,
        }
    ),
    Devices.rng: LIBVIRT_SAYS_SO,
    Rng.model: listed(
        {
            w.VirtioModel.VIRTIO: RNG,
            w.VirtioModel.TRANSITIONAL: all_of(RNG, TRANSITIONAL),
            w.VirtioModel.NON_TRANSITIONAL: all_of(RNG, TRANSITIONAL),
        }
    ),
    Rng.backend_model: listed(
        {
            w.RngBackend.RANDOM: has_type("rng-random"),
            w.RngBackend.EGD: has_type("rng-egd"),
            w.RngBackend.BUILTIN: has_type("rng-builtin"),
        }
    ),
    Devices.filesystem: LIBVIRT_SAYS_SO,
    Filesystem.driver_type: listed(
        {
            w.FilesystemDriver.DEFAULT: NEVER_LISTED,
            w.FilesystemDriver.PATH: LIBVIRT_SAYS_SO,
            w.FilesystemDriver.HANDLE: LIBVIRT_SAYS_SO,
            w.FilesystemDriver.LOOP: NOT_OF_QEMU,
            w.FilesystemDriver.NBD: NOT_OF_QEMU,
            w.FilesystemDriver.PLOOP: NOT_OF_QEMU,
            w.FilesystemDriver.VIRTIOFS: has_type("vhost-user-fs-device"),
            w.FilesystemDriver.MTP: NEVER_LISTED,
        }
    ),
    Devices.tpm: any_of(*TPM_MODELS.values()),
    Tpm.model: listed(TPM_MODELS),
    Tpm.backend_model: listed(
        {
            w.TpmBackend.PASSTHROUGH: from_release(
                ASKS_FOR_TPM_BY_TYPE,
                has_type("tpm-passthrough"),
                before=answers("query-tpm-types", "passthrough", "tpm-passthrough"),
            ),
            w.TpmBackend.EMULATOR: TPM_EMULATOR,
            w.TpmBackend.EXTERNAL: TPM_EMULATOR,
        }
    ),
    Tpm.backend_version: listed(
        {w.TpmVersion.V1_2: HostSwtpm("1.2"), w.TpmVersion.V2_0: HostSwtpm("2.0")}, even_if_empty=False
    ),
    Devices.redirdev: USB_REDIRECTION,
    Redirdev.bus: listed({w.RedirdevBus.USB: USB_REDIRECTION}),
    Devices.channel: LIBVIRT_SAYS_SO,
    Channel.type: listed(
        {
            **dict.fromkeys(w.CharType, NEVER_LISTED),
            w.CharType.PTY: LIBVIRT_SAYS_SO,
            w.CharType.UNIX: LIBVIRT_SAYS_SO,
            w.CharType.SPICEVMC: SPICE,
        }
    ),
    Devices.crypto: LIBVIRT_SAYS_SO,
    Crypto.model: listed({w.CryptoModel.VIRTIO: has_type("virtio-crypto-pci", "virtio-crypto-device")}),
    Crypto.type: listed({w.CryptoType.QEMU: LIBVIRT_SAYS_SO}),
    Crypto.backend_model: listed(
        {w.CryptoBackend.BUILTIN: LIBVIRT_SAYS_SO, w.CryptoBackend.LKCF: has_type("cryptodev-backend-lkcf")}
    ),
    Devices.interface: LIBVIRT_SAYS_SO,
    Interface.backend_type: listed(
        {
            w.InterfaceBackend.DEFAULT: in_schema("netdev_add/arg-type/+user"),
            w.InterfaceBackend.PASST: in_schema("netdev_add/arg-type/+stream"),
        }
    ),
    Devices.panic: any_of(*PANIC_MODELS.values()),
    Panic.model: listed(PANIC_MODELS),
    Devices.console: LIBVIRT_SAYS_SO,
    Console.type: listed(
        {
            **dict.fromkeys(w.CharType, LIBVIRT_SAYS_SO),
            w.CharType.SPICEVMC: SPICE,
            w.CharType.SPICEPORT: SPICE,
            w.CharType.NMDM: NOT_OF_QEMU,
            w.CharType.QEMU_VDAGENT: in_schema("chardev-add/arg-type/backend/+qemu-vdagent"),
        }
    ),
}
