"""The `<devices>` of the document: one record an element, one line an enum."""

from __future__ import annotations

from domcaps.schema import words as w
from domcaps.schema.declare import Block, Words, child, enum, yes_no


class Disk(Block):
    """Hard drives, floppy disks, CD-ROMs."""

    supported: bool | None = yes_no()
    disk_device: Words = enum("diskDevice", w.DiskDevice, "1.2.7", "devices/disk/@device", "what it presents itself as")
    bus: Words = enum("bus", w.DiskBus, "1.2.7", "devices/disk/target/@bus", "what it is attached to")
    model: Words = enum("model", w.VirtioModel, "5.2", "devices/disk/@model", "the virtio revision")


class Graphics(Block):
    """Graphical framebuffers."""

    supported: bool | None = yes_no()
    type: Words = enum("type", w.GraphicsType, "1.3.5", "devices/graphics/@type", "how the screen is shown")


class Video(Block):
    """Video devices."""

    supported: bool | None = yes_no()
    model_type: Words = enum("modelType", w.VideoModel, "1.3.5", "devices/video/model/@type", "the card")


class Hostdev(Block):
    """Host device assignment."""

    supported: bool | None = yes_no()
    mode: Words = enum("mode", w.HostdevMode, "1.2.7", "devices/hostdev/@mode", "what is handed over")
    startup_policy: Words = enum(
        "startupPolicy", w.StartupPolicy, "1.2.7", "devices/hostdev/source/@startupPolicy", "when the device is missing"
    )
    subsys_type: Words = enum("subsysType", w.SubsysType, "1.2.7", "devices/hostdev/@type", "kinds of devices")
    caps_type: Words = enum(
        "capsType",
        w.CapsType,
        "1.2.7",
        "devices/hostdev[@mode='capabilities']/@type",
        "kinds of resources for containers",
    )
    pci_backend: Words = enum(
        "pciBackend", w.PciBackend, "1.2.7", "devices/hostdev[@type='pci']/driver/@name", "how PCI devices are assigned"
    )
    iommufd: Words = enum(
        "iommufd",
        w.YesNo,
        "12.1",
        "devices/hostdev/driver/@iommufd",
        "assignment through /dev/iommu",
    )


class Rng(Block):
    """Random number generators."""

    supported: bool | None = yes_no()
    model: Words = enum("model", w.VirtioModel, "5.7", "devices/rng/@model", "the device")
    backend_model: Words = enum(
        "backendModel", w.RngBackend, "5.7", "devices/rng/backend/@model", "where the entropy comes from"
    )


class Filesystem(Block):
    """Folders shared with the guest."""

    supported: bool | None = yes_no()
    driver_type: Words = enum(
        "driverType", w.FilesystemDriver, "7.4", "devices/filesystem/driver/@type", "how they are shared"
    )


class Tpm(Block):
    """Trusted Platform Modules."""

    supported: bool | None = yes_no()
    model: Words = enum("model", w.TpmModel, "8.0", "devices/tpm/@model", "the device")
    backend_model: Words = enum("backendModel", w.TpmBackend, "8.0", "devices/tpm/backend/@type", "what implements it")
    backend_version: Words = enum(
        "backendVersion",
        w.TpmVersion,
        "8.6",
        "devices/tpm/backend[@type='emulator']/@version",
        "the versions that swtpm can set up",
    )


class Redirdev(Block):
    """Devices redirected from a client."""

    supported: bool | None = yes_no()
    bus: Words = enum("bus", w.RedirdevBus, "8.9", "devices/redirdev/@bus", "the bus")


class Channel(Block):
    """Channels between host and guest."""

    supported: bool | None = yes_no()
    type: Words = enum("type", w.CharType, "8.9", "devices/channel/@type", "the host's end")


class Crypto(Block):
    """Crypto devices."""

    supported: bool | None = yes_no()
    model: Words = enum("model", w.CryptoModel, "9.1", "devices/crypto/@model", "the device")
    type: Words = enum("type", w.CryptoType, "9.1", "devices/crypto/@type", "who implements it")
    backend_model: Words = enum(
        "backendModel", w.CryptoBackend, "9.1", "devices/crypto/backend/@model", "what does the work"
    )


class Interface(Block):
    """Network interfaces."""

    supported: bool | None = yes_no()
    backend_type: Words = enum(
        "backendType", w.InterfaceBackend, "10.6", "devices/interface/backend/@type", "user-mode network backends"
    )


class Panic(Block):
    """Devices that report a crash."""

    supported: bool | None = yes_no()
    model: Words = enum("model", w.PanicModel, "10.10", "devices/panic/@model", "the device")


class Console(Block):
    """Consoles."""

    supported: bool | None = yes_no()
    type: Words = enum("type", w.CharType, "11.5", "devices/console/@type", "the host's end")


class Devices(Block):
    """The supported devices and their options."""

    disk: Disk | None = child("disk", Disk, "1.2.7", "devices/disk")
    graphics: Graphics | None = child("graphics", Graphics, "1.3.5", "devices/graphics")
    video: Video | None = child("video", Video, "1.3.5", "devices/video")
    hostdev: Hostdev | None = child("hostdev", Hostdev, "1.2.7", "devices/hostdev")
    rng: Rng | None = child("rng", Rng, "5.7", "devices/rng")
    filesystem: Filesystem | None = child("filesystem", Filesystem, "7.4", "devices/filesystem")
    tpm: Tpm | None = child("tpm", Tpm, "8.0", "devices/tpm")
    redirdev: Redirdev | None = child("redirdev", Redirdev, "8.9", "devices/redirdev")
    channel: Channel | None = child("channel", Channel, "8.9", "devices/channel")
    crypto: Crypto | None = child("crypto", Crypto, "9.1", "devices/crypto")
    interface: Interface | None = child("interface", Interface, "10.6", "devices/interface")
    panic: Panic | None = child("panic", Panic, "10.10", "devices/panic")
    console: Console | None = child("console", Console, "11.5", "devices/console")
