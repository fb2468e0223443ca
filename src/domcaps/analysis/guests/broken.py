"""What conditions between values ask of a case, and how each is mended: one function a question.

A question takes the case and an element, and gives the value that is at fault, or `None` where nothing is; a mend takes
the same and gives the edits.
"""

from __future__ import annotations

from collections.abc import Callable

from domcaps.analysis.findings import Edit
from domcaps.analysis.guests import defaults as default
from domcaps.analysis.guests import edits, tidy
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.guest import Node
from domcaps.drivers.qemu.machines import MachineKind
from domcaps.firmware.choice import CHOSEN_AT_DEFINITION
from domcaps.release import release

ACPI_BY_MACHINE = release("9.2")
"""Not before QEMU 8.0, of the same month, tells which machines have ACPI; libvirt 9.0 does not look at it."""

_ARM = frozenset({"armv6l", "armv7l", "aarch64"})
_NO_USB = frozenset({"riscv32", "riscv64", "loongarch64", "s390", "s390x", "sparc"})


def bus_of(case: Case, disk: Node) -> str:
    """What a disk is attached to, said or chosen."""
    return disk.value("target", "bus") or default.disk_bus(case, disk) or ""


def tpm_old(case: Case, tpm: Node) -> str | None:
    """An emulated TPM 1.2 of a model or architecture that came after it."""
    if tpm.value("backend", "type") != "emulator" or tpm.value("backend", "version") != "1.2":
        return None
    model = tpm.get("model") or default.tpm_model(case, tpm)
    if case.ground.release < default.TPM_1_2_IS_X86:
        new = model in {"tpm-spapr", "tpm-crb"} or case.ground.is_machine(MachineKind.ARM_VIRT)
        return "1.2" if new else None
    return None if case.is_x86 and model == "tpm-tis" else "1.2"


def lun_bus(case: Case, disk: Node) -> str | None:
    """A logical unit that is not on a SCSI bus; on virtio an old QEMU passes commands through, too."""
    if disk.get("device") != "lun" or (bus := bus_of(case, disk)) == "scsi":
        return None
    facts = case.ground.facts
    if bus != "virtio":
        return bus
    device = "virtio-blk-ccw" if case.ground.arch == "s390x" else "virtio-blk-pci"
    passes = facts.emulator.has_property(device, "scsi", command="device-list-properties") if facts else None
    return bus if passes is False else None


def lun_source(_case: Case, disk: Node) -> str | None:
    """A logical unit whose source takes no SCSI commands."""
    kind = disk.get("type") or "file"
    return kind if disk.get("device") == "lun" and kind in {"file", "dir"} else None


def no_ejecting(case: Case, disk: Node) -> str | None:
    """A CD-ROM drive on a bus whose media cannot be ejected."""
    return bus if disk.get("device") == "cdrom" and (bus := bus_of(case, disk)) in {"virtio", "sd"} else None


def floppy_bus(case: Case, disk: Node) -> str | None:
    """A floppy drive that is not on the floppy controller."""
    return bus if disk.get("device") == "floppy" and (bus := bus_of(case, disk)) != "fdc" else None


def not_floppy(case: Case, disk: Node) -> str | None:
    """Another drive than a floppy drive on the floppy controller."""
    return "fdc" if disk.get("device") != "floppy" and bus_of(case, disk) == "fdc" else None


def no_target(_case: Case, disk: Node) -> str | None:
    """A name that tells libvirt no bus."""
    name = (disk.value("target", "dev") or "").removeprefix("ioemu:")
    kind = disk.get("device") or "disk"
    if not name or kind not in {"disk", "lun", "floppy"}:
        return None
    return None if name.startswith(("fd",) if kind == "floppy" else ("hd", "sd", "vd", "xvd", "ubd")) else name


def virtio_model(case: Case, disk: Node) -> str | None:
    """A revision of virtio for a disk on another bus."""
    model = disk.get("model") or ""
    return model if model.startswith("virtio") and bus_of(case, disk) != "virtio" else None


def no_serial(case: Case, disk: Node) -> str | None:
    """An NVMe controller without a serial number."""
    return "nvme" if bus_of(case, disk) == "nvme" and disk.child("serial") is None else None


def not_shared(case: Case, filesystem: Node) -> str | None:
    """virtiofs without memory that another process can share."""
    if filesystem.value("driver", "type") != "virtiofs":
        return None
    shared = any(node.get("mode") == "shared" for node in case.guest.all("memoryBacking/access"))
    shared = shared or any(cell.get("memAccess") == "shared" for cell in case.guest.all("cpu/numa/cell"))
    return None if shared else "virtiofs"


def share(case: Case, _filesystem: Node) -> tuple[Edit, ...]:
    """Share the memory."""
    guest = case.guest
    backing, access = guest.first("memoryBacking"), guest.first("memoryBacking/access")
    if access is not None:
        return (edits.set_attribute(guest, access, "mode", "shared"),)
    if backing is not None:
        return (edits.add_child(guest, backing, "<access mode='shared'/>"),)
    before = guest.first("os") or guest.first("devices")
    whole = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
    return (edits.add_first(guest, before, whole),) if before is not None else ()


def not_mounted(_case: Case, filesystem: Node) -> str | None:
    """A filesystem that is no folder to mount."""
    return kind if (kind := filesystem.get("type") or "mount") != "mount" else None


def anonymous_hugepages(case: Case, source: Node) -> str | None:
    """Huge pages as anonymous memory."""
    return "anonymous" if source.get("type") == "anonymous" and case.guest.first("memoryBacking/hugepages") else None


def has_usb(case: Case) -> bool:
    """Whether the guest has a USB controller, of its own or by libvirt's default."""
    ground = case.ground
    models = [node.get("model") for node in case.guest.all("devices/controller") if node.get("type") == "usb"]
    if models:
        return any(model != "none" for model in models)
    if case.is_x86:
        return not ground.machine.startswith(("isapc", "microvm"))
    if ground.arch in _ARM:
        return ground.machine.startswith(("versatilepb", "realview-"))
    return ground.arch not in _NO_USB


def is_virtual(case: Case) -> bool:
    """Whether the machine takes a USB controller that a definition adds: it has a bus for it."""
    return case.ground.machine.startswith(("virt", "s390-ccw", "pc", "q35", "pseries"))


def usb_without(case: Case, node: Node) -> str | None:
    """A USB device of a guest without a USB controller."""
    if node.name == "disk" and node.value("target", "bus") != "usb":
        return None
    if node.name == "hostdev" and (node.get("type") != "usb" or node.get("mode") == "capabilities"):
        return None
    if node.name == "input" and node.get("bus") != "usb":
        return None
    return None if has_usb(case) else "usb"


def add_usb(case: Case, _node: Node) -> tuple[Edit, ...]:
    """Give it a controller."""
    if not is_virtual(case):
        return ()
    for controller in case.guest.all("devices/controller"):
        if controller.get("type") == "usb":
            return (edits.set_attribute(case.guest, controller, "model", "qemu-xhci"),)
    devices = case.guest.first("devices")
    added = "<controller type='usb' model='qemu-xhci'/>"
    return (edits.add_child(case.guest, devices, added),) if devices is not None else ()


def policy_not_usb(_case: Case, hostdev: Node) -> str | None:
    """A startup policy for a device that is not USB."""
    policy = hostdev.value("source", "startupPolicy")
    return policy if policy and hostdev.get("type") != "usb" else None


def mdev_without(case: Case, hostdev: Node) -> str | None:
    """A mediated device on a host without VFIO."""
    listed = case.ground.words("devices/hostdev/pciBackend")
    return "mdev" if hostdev.get("type") == "mdev" and listed == () else None


def spice_without(case: Case, node: Node) -> str | None:
    """A SPICE channel without a SPICE server."""
    kind = node.get("type")
    if kind not in {"spicevmc", "spiceport"}:
        return None
    offered = case.ground.words("devices/graphics/type")
    has = any(graphics.get("type") == "spice" for graphics in case.guest.all("devices/graphics"))
    return None if has and (offered is None or "spice" in offered) else kind


def despice(case: Case, node: Node) -> tuple[Edit, ...]:
    """Without SPICE: the agent inside QEMU for the agent's channel, a pseudo terminal for a console, else nothing."""
    if node.name in {"redirdev", "smartcard"}:
        return (edits.remove(case.guest, node),)
    if node.name == "channel":
        target = node.child("target")
        if node.get("type") == "spicevmc" and (target is None or target.get("name") in {None, "com.redhat.spice.0"}):
            change = [edits.set_attribute(case.guest, node, "type", "qemu-vdagent")]
            return tuple(change)
        return (edits.remove(case.guest, node),)
    return (edits.set_attribute(case.guest, node, "type", "pty"),)


def no_gl(case: Case, model: Node) -> str | None:
    """3D acceleration with a QEMU that has no such card."""
    acceleration = model.child("acceleration")
    if model.get("type") != "virtio" or acceleration is None or acceleration.get("accel3d") != "yes":
        return None
    if model.parent is not None and model.parent.value("driver", "name") == "vhostuser":
        return None
    has = case.ground.has_type("virtio-vga-gl", "virtio-gpu-gl-pci", "virtio-gpu-gl-device")
    return "virtio" if has is False else None


def no_acpi(case: Case, _acpi: Node) -> str | None:
    """ACPI on a machine without it."""
    old = case.ground.release < ACPI_BY_MACHINE
    return case.ground.machine if case.ground.has_acpi is False and not old else None


def hyperv_elsewhere(case: Case, hyperv: Node) -> str | None:
    """Enlightenments for an architecture that has none."""
    arm = case.ground.is_machine(MachineKind.ARM_VIRT)
    on = hyperv.get("mode") == "passthrough" or any(child.get("state") == "on" for child in hyperv.children)
    return case.ground.arch if on and not case.is_x86 and not arm else None


def hyperv_model(case: Case, hyperv: Node) -> str | None:
    """The enlightenments of the host where it has none."""
    listed = case.ground.words("features/hyperv/features")
    return "host-model" if hyperv.get("mode") == "host-model" and not listed else None


def no_iothread(case: Case, driver: Node) -> str | None:
    """An I/O thread that is not defined."""
    wanted = driver.get("iothread")
    if not wanted:
        return None
    listed = {node.get("id") for node in case.guest.all("iothreadids/iothread")}
    count = case.guest.first("iothreads")
    number = int(count.text) if count is not None and count.text.isdigit() and len(count.text) < 6 else 0
    free = iter(str(candidate) for candidate in range(1, number + len(listed) + 1) if str(candidate) not in listed)
    while len(listed) < number:
        listed.add(next(free))
    return None if wanted in listed else wanted


def gone(case: Case, node: Node) -> tuple[Edit, ...]:
    """Without the element."""
    return (edits.remove(case.guest, node),)


def to_bus(*buses: str) -> Callable[[Case, Node], tuple[Edit, ...]]:
    """A mend: a disk on the first of some buses that the document lists."""

    def mend(case: Case, disk: Node) -> tuple[Edit, ...]:
        listed = case.ground.words("devices/disk/bus")
        bus = next((bus for bus in buses if listed is None or bus in listed), None)
        if bus is None:
            return ()
        return (edits.set_below(case.guest, disk, ["target"], "bus", bus), *tidy.disk_bus(case, disk, bus))

    return mend


_ON_PCI = frozenset({"virtio", "sata", "nvme"})
_NO_SLOT = frozenset({"none", "ramfb"})
_ASSIGNED = frozenset({"pci", "mdev"})


def no_pci(case: Case, node: Node) -> str | None:
    """A PCI device for a machine without a PCI bus: the PCs without one, and 32-bit SPARC."""
    machine = case.ground.machine
    isa = machine.startswith(("microvm", "isapc"))
    if not (isa or machine.startswith("SS-")) or node.value("address", "type") not in {None, "pci"}:
        return None
    bus = bus_of(case, node) if node.name == "disk" else ""
    spared = (
        node.name == "disk" and bus not in _ON_PCI and not (isa and bus == "scsi"),
        node.name == "hostdev" and node.get("type") not in _ASSIGNED,
        node.name == "video" and (not isa or node.value("model", "type") in _NO_SLOT),
        node.name == "console" and node.value("target", "type") != "virtio",
        node.name in {"channel", "console"} and _has_serial_bus(case),
        node.name == "graphics" and (not isa or bool(case.guest.all("devices/video"))),
        node.name == "crypto" and case.ground.words("devices/crypto/model") is None,  # an element it does not know
    )
    return None if any(spared) else machine


def _has_serial_bus(case: Case) -> bool:
    """Whether the guest has a virtio-serial controller that needs no PCI."""
    return any(
        node.get("type") == "virtio-serial" and node.value("address", "type") not in {None, "pci"}
        for node in case.guest.all("devices/controller")
    )


def proxy_backend(_case: Case, tpm: Node) -> str | None:
    """A TPM for the ultravisor that is not the host's own."""
    kind = tpm.value("backend", "type")
    return kind if tpm.get("model") == "spapr-tpm-proxy" and kind not in {None, "passthrough"} else None


def secure_elsewhere(case: Case, loader: Node) -> str | None:
    """A secure loader on a machine that has no Secure Boot; with facts, the choice of firmware says so."""
    ground = case.ground
    if loader.get("secure") != "yes" or (ground.firmware is not None and ground.release >= CHOSEN_AT_DEFINITION):
        return None
    return None if ground.is_machine(MachineKind.Q35) and ground.arch == "x86_64" else ground.machine


def no_smm(case: Case, loader: Node) -> str | None:
    """A secure loader of one's own without System Management Mode."""
    os_node, smm = case.guest.first("os"), case.guest.first("features/smm")
    own = os_node is not None and os_node.get("firmware") is None
    if secure_elsewhere(case, loader) or loader.get("secure") != "yes" or not own or case.ground.firmware is not None:
        return None
    return "off" if smm is None or smm.get("state") == "off" else None


def add_smm(case: Case, _loader: Node) -> tuple[Edit, ...]:
    """Switch System Management Mode on."""
    features, smm = case.guest.first("features"), case.guest.first("features/smm")
    if smm is not None:
        return (edits.set_attribute(case.guest, smm, "state", "on"),)
    if features is not None:
        return (edits.add_child(case.guest, features, "<smm state='on'/>"),)
    devices = case.guest.first("devices")
    whole = "<features><acpi/><smm state='on'/></features>"
    return (edits.add_first(case.guest, devices, whole),) if devices is not None else ()


def on_mmio(case: Case, node: Node) -> tuple[Edit, ...]:
    """A virtio device by memory-mapped I/O, where there can be one; other devices stay."""
    by_virtio = node.name in {"rng", "filesystem", "crypto"} or (node.name == "disk" and bus_of(case, node) == "virtio")
    if not by_virtio or case.ground.machine.startswith(("isapc", "SS-")):
        return ()
    address = node.child("address")
    if address is not None:
        return (edits.remove(case.guest, address),)
    return (edits.add_child(case.guest, node, "<address type='virtio-mmio'/>"),)
