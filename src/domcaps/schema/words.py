"""The values that the enums of the document can list: tables, one line a value, in libvirt's order.

A line is the value's spelling, the libvirt release since when a document can list it, and what it means. Sources: the
page "Domain capabilities XML format", libvirt's release notes and history, and documents of libvirt 1.3.5 to 12.9.
"""

from __future__ import annotations

from domcaps.schema.declare import Word


class YesNo(Word):
    """`yes` and `no`, for attributes of the domain XML that take them."""

    YES = "yes"
    NO = "no"


class OnOff(Word):
    """`on` and `off`, for attributes of the domain XML that take them."""

    ON = "on", "6.5"
    OFF = "off", "6.5"


class Firmware(Word):
    """Kinds of firmware that libvirt can choose by a descriptor."""

    BIOS = "bios", "5.3", "a PC BIOS, such as SeaBIOS"
    EFI = "efi", "5.3", "a UEFI firmware, such as EDK II"


class LoaderType(Word):
    """How a firmware image is mapped."""

    ROM = "rom", "1.2.9", "as read-only memory, with no variable store of its own"
    PFLASH = "pflash", "1.2.9", "as flash, with a variable store beside it"


class MemorySource(Word):
    """What backs a guest's memory."""

    FILE = "file", "7.6", "a file in a folder of its own"
    ANONYMOUS = "anonymous", "7.6", "anonymous pages of the emulator"
    MEMFD = "memfd", "7.6", "a memfd, which other processes can share"


class DiskDevice(Word):
    """How a disk presents itself to the guest."""

    DISK = "disk", "1.2.7", "a hard disk"
    CDROM = "cdrom", "1.2.7", "a CD-ROM drive"
    FLOPPY = "floppy", "1.2.7", "a floppy drive"
    LUN = "lun", "1.2.7", "a SCSI logical unit, commands passed through"


class DiskBus(Word):
    """What a disk is attached to."""

    IDE = "ide", "1.2.7", "the IDE controller of the board"
    FDC = "fdc", "1.2.7", "the floppy controller"
    SCSI = "scsi", "1.2.7", "a SCSI controller"
    VIRTIO = "virtio", "1.2.7", "a virtio block device"
    XEN = "xen", "2.0", "Xen's paravirtualized disk"
    USB = "usb", "1.2.7", "a USB storage device"
    UML = "uml", "1.2.7", "User Mode Linux"
    SATA = "sata", "3.2", "an AHCI controller"
    SD = "sd", "1.2.7", "an SD card of the board"
    NVME = "nvme", "11.5", "an NVMe controller"


class VirtioModel(Word):
    """Which revision of the virtio specification a device speaks."""

    VIRTIO = "virtio", "5.2", "the machine's own choice"
    TRANSITIONAL = "virtio-transitional", "5.2", "0.9 and 1.0"
    NON_TRANSITIONAL = "virtio-non-transitional", "5.2", "1.0 only"


class GraphicsType(Word):
    """How a guest's screen is shown."""

    SDL = "sdl", "1.3.5", "a window on the host"
    VNC = "vnc", "1.3.5", "a VNC server"
    RDP = "rdp", "11.1", "an RDP server beside the emulator, over D-Bus"
    DESKTOP = "desktop", "1.3.5", "a window of VirtualBox"
    SPICE = "spice", "1.3.5", "a SPICE server"
    EGL_HEADLESS = "egl-headless", "6.10", "OpenGL rendering without a screen"
    DBUS = "dbus", "8.4", "a D-Bus interface"


class VideoModel(Word):
    """Video cards."""

    VGA = "vga", "1.3.5", "standard VGA with VESA extensions"
    CIRRUS = "cirrus", "1.3.5", "Cirrus Logic GD5446"
    VMVGA = "vmvga", "1.3.5", "VMware SVGA II"
    XEN = "xen", "2.0", "Xen's paravirtualized framebuffer"
    VBOX = "vbox", "1.3.5", "VirtualBox's card"
    QXL = "qxl", "1.3.5", "SPICE's paravirtualized card"
    PARALLELS = "parallels", "1.3.5", "Parallels' card"
    VIRTIO = "virtio", "1.3.5", "virtio GPU"
    GOP = "gop", "3.2", "bhyve's framebuffer, for UEFI's graphics output protocol"
    NONE = "none", "5.10", "no video card"
    BOCHS = "bochs", "5.9", "Bochs' card without VGA"
    RAMFB = "ramfb", "5.10", "a framebuffer in the guest's memory"


class HostdevMode(Word):
    """What of the host is handed to the guest."""

    SUBSYSTEM = "subsystem", "1.2.7", "a device"
    CAPABILITIES = "capabilities", "1.2.7", "a resource of the host, for containers"


class StartupPolicy(Word):
    """What happens at start when the host's device is missing."""

    DEFAULT = "default"
    MANDATORY = "mandatory", "1.2.7", "the guest does not start"
    REQUISITE = "requisite", "1.2.7", "as mandatory, but dropped after migration and restore"
    OPTIONAL = "optional", "1.2.7", "the guest starts without it"


class SubsysType(Word):
    """Kinds of host devices."""

    USB = "usb"
    PCI = "pci"
    SCSI = "scsi"
    SCSI_HOST = "scsi_host", "2.5", "a vhost-scsi target"
    MDEV = "mdev", "3.2", "a mediated device"


class CapsType(Word):
    """Kinds of host resources, for containers."""

    STORAGE = "storage"
    MISC = "misc"
    NET = "net"


class PciBackend(Word):
    """How a PCI device is assigned."""

    DEFAULT = "default", "1.2.7", "what the hypervisor prefers"
    KVM = "kvm", "1.2.7", "legacy KVM assignment", "5.7"
    VFIO = "vfio", "1.2.7", "VFIO"
    XEN = "xen", "2.0", "Xen's pciback"


class RngBackend(Word):
    """Where a random number generator takes its entropy from."""

    RANDOM = "random", "5.7", "a device of the host, such as /dev/urandom"
    EGD = "egd", "5.7", "an entropy gathering daemon"
    BUILTIN = "builtin", "6.1", "the emulator itself"


class FilesystemDriver(Word):
    """How a folder of the host is shared with the guest."""

    DEFAULT = "default", "7.4"
    PATH = "path", "7.4", "9p over virtio"
    HANDLE = "handle", "7.4", "9p by file handles", "12.2"
    LOOP = "loop", "7.4", "a loop device, for containers"
    NBD = "nbd", "7.4", "a network block device, for containers"
    PLOOP = "ploop", "7.4", "Virtuozzo's images"
    VIRTIOFS = "virtiofs", "7.4", "virtio-fs, served by virtiofsd"
    MTP = "mtp", "9.9", "media transfer protocol over USB"


class TpmModel(Word):
    """TPM devices."""

    TIS = "tpm-tis", "8.0", "TPM Interface Specification, on ISA or the system bus"
    CRB = "tpm-crb", "8.0", "Command Response Buffer"
    SPAPR = "tpm-spapr", "8.0", "pSeries' virtual TPM"
    SPAPR_PROXY = "spapr-tpm-proxy", "8.0", "the host's TPM for the ultravisor"


class TpmBackend(Word):
    """What implements a TPM."""

    PASSTHROUGH = "passthrough", "8.0", "the host's TPM"
    EMULATOR = "emulator", "8.0", "swtpm, run by libvirt"
    EXTERNAL = "external", "9.0", "a swtpm that somebody else runs"


class TpmVersion(Word):
    """Versions of the TPM specification that swtpm can set up."""

    V1_2 = "1.2", "8.6"
    V2_0 = "2.0", "8.6"


class RedirdevBus(Word):
    """Buses whose devices a client can redirect."""

    USB = "usb", "8.9"


class CharType(Word):
    """What a character device is connected to."""

    NULL = "null", "11.5", "nothing"
    VC = "vc", "11.5", "a virtual console"
    PTY = "pty", "8.9", "a pseudo terminal"
    DEV = "dev", "11.5", "a device of the host"
    FILE = "file", "11.5", "a file"
    PIPE = "pipe", "11.5", "a named pipe"
    STDIO = "stdio", "11.5", "the emulator's standard streams"
    UDP = "udp", "11.5", "a UDP socket"
    TCP = "tcp", "11.5", "a TCP socket"
    UNIX = "unix", "8.9", "a Unix socket"
    SPICEVMC = "spicevmc", "8.9", "SPICE's agent"
    SPICEPORT = "spiceport", "11.5", "a named SPICE port"
    NMDM = "nmdm", "11.5", "a null modem of bhyve"
    QEMU_VDAGENT = "qemu-vdagent", "11.5", "the agent's clipboard inside the emulator"
    DBUS = "dbus", "11.5", "a D-Bus interface"


class CryptoModel(Word):
    """Crypto devices."""

    VIRTIO = "virtio", "9.1"


class CryptoType(Word):
    """Who implements a crypto device."""

    QEMU = "qemu", "9.1"


class CryptoBackend(Word):
    """What does a crypto device's work."""

    BUILTIN = "builtin", "9.1", "the emulator"
    LKCF = "lkcf", "9.1", "the host kernel's crypto framework"


class InterfaceBackend(Word):
    """User-mode network backends."""

    DEFAULT = "default", "10.6", "slirp, inside the emulator"
    PASST = "passt", "10.6", "passt, a process beside the emulator"


class PanicModel(Word):
    """Devices that tell the host of a guest's crash."""

    ISA = "isa", "10.10", "an ISA port"
    PSERIES = "pseries", "10.10", "built into pSeries guests"
    HYPERV = "hyperv", "10.10", "Hyper-V's crash registers"
    S390 = "s390", "10.10", "built into s390 guests"
    PVPANIC = "pvpanic", "10.10", "a PCI device"


class GicVersion(Word):
    """Versions of Arm's Generic Interrupt Controller."""

    V2 = "2", "1.3.4"
    V3 = "3", "1.3.4"


class HypervFeature(Word):
    """Hyper-V enlightenments (QEMU's docs/system/i386/hyperv.rst)."""

    RELAXED = "relaxed", "9.0", "relaxed timing"
    VAPIC = "vapic", "9.0", "virtual APIC"
    SPINLOCKS = "spinlocks", "9.0", "spinlock retries"
    VPINDEX = "vpindex", "9.0", "virtual processor index"
    RUNTIME = "runtime", "9.0", "processor run time"
    SYNIC = "synic", "9.0", "synthetic interrupt controller"
    STIMER = "stimer", "9.0", "synthetic timers"
    RESET = "reset", "9.0", "reset by hypercall"
    VENDOR_ID = "vendor_id", "9.0", "vendor identification"
    FREQUENCIES = "frequencies", "9.0", "frequency registers"
    REENLIGHTENMENT = "reenlightenment", "9.0", "notice of migration for nested Hyper-V"
    TLBFLUSH = "tlbflush", "9.0", "TLB flush by hypercall"
    IPI = "ipi", "9.0", "inter-processor interrupts by hypercall"
    EVMCS = "evmcs", "9.0", "enlightened VMCS"
    AVIC = "avic", "9.0", "hardware APIC virtualization despite synic"
    EMSR_BITMAP = "emsr_bitmap", "10.7", "enlightened MSR bitmap"
    XMM_INPUT = "xmm_input", "10.7", "hypercall arguments in XMM registers"


class LaunchSecurityType(Word):
    """Ways to protect a guest from its host."""

    SEV = "sev", "10.5", "AMD Secure Encrypted Virtualization"
    SEV_SNP = "sev-snp", "10.5", "AMD SEV with Secure Nested Paging"
    S390_PV = "s390-pv", "10.5", "IBM Secure Execution"
    TDX = "tdx", "11.9", "Intel Trust Domain Extensions"
