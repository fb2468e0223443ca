"""What libvirt chooses where a guest's definition leaves something out: one function an enum.

Each takes the case and the element that asks, and gives the value, or `None` where nothing is chosen. Facts: libvirt's
QEMU driver, 9.0 to 12.9; where releases differ, by the release of the ground.
"""

from __future__ import annotations

from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.guest import Node
from domcaps.drivers.qemu.machines import MachineKind
from domcaps.release import release

TPM_1_2_IS_X86 = release("11.3")
"""By then TPM 1.2 is the default for x86 and tpm-tis alone; at 9.0 for whatever is not spapr, crb, or Arm virt."""

PANIC_BY_MACHINE = release("11.3")
"""By then the default model of a panic device follows the machine; at 9.0 it is isa for all but pSeries and s390."""

_BUS_BY_PREFIX = (("xvd", "xen"), ("ubd", "uml"), ("hd", "ide"), ("sd", "scsi"), ("vd", "virtio"))

_VIRTIO_BY_DEFAULT = frozenset({"aarch64", "armv7l", "armv6l", "riscv32", "riscv64", "loongarch64"})


def disk_device(_case: Case, _node: Node) -> str | None:
    """A hard disk."""
    return "disk"


def disk_bus(_case: Case, disk: Node) -> str | None:
    """By the name of the target, whatever the machine."""
    if disk.get("device") == "floppy":
        return "fdc"
    name = disk.value("target", "dev")
    if name is None:
        return None
    name = name.removeprefix("ioemu:")
    return next((bus for prefix, bus in _BUS_BY_PREFIX if name.startswith(prefix)), "ide")


def video_model(case: Case, _node: Node) -> str | None:
    """By architecture and machine, else the first of those that QEMU has."""
    ground = case.ground
    if ground.arch in {"ppc64", "ppc64le"}:
        return "vga"
    virt = ground.machine == "virt" or ground.machine.startswith("virt-")
    if ground.arch == "s390x" or (ground.arch in _VIRTIO_BY_DEFAULT and virt):
        return "virtio"
    listed = ground.words("devices/video/modelType") or ()
    return "vga" if "cirrus" not in listed and "vga" in listed else "cirrus"


def hostdev_mode(_case: Case, _node: Node) -> str | None:
    """A device."""
    return "subsystem"


def hostdev_backend(_case: Case, _node: Node) -> str | None:
    """What the host has."""
    return "default"


def filesystem_driver(_case: Case, _node: Node) -> str | None:
    """9p."""
    return "path"


def tpm_model(case: Case, _node: Node) -> str | None:
    """By architecture."""
    return "tpm-spapr" if case.ground.arch in {"ppc64", "ppc64le"} else "tpm-tis"


def tpm_version(case: Case, tpm: Node) -> str | None:
    """Of a TPM that swtpm emulates."""
    if tpm.value("backend", "type") != "emulator":
        return None
    model = tpm.get("model") or tpm_model(case, tpm)
    if case.ground.release >= TPM_1_2_IS_X86:
        return "1.2" if case.is_x86 and model == "tpm-tis" else "2.0"
    new = model in {"tpm-spapr", "tpm-crb"} or case.ground.is_machine(MachineKind.ARM_VIRT)
    return "2.0" if new else "1.2"


def panic_model(case: Case, _node: Node) -> str | None:
    """By architecture and machine; some have none."""
    ground = case.ground
    if ground.is_machine(MachineKind.PSERIES):
        return "pseries"
    if ground.arch == "s390x":
        return "s390"
    if case.is_x86 or ground.release < PANIC_BY_MACHINE:
        return "isa"
    return "pvpanic" if ground.is_machine(MachineKind.ARM_VIRT) else None


def redirdev_bus(_case: Case, _node: Node) -> str | None:
    """The only one."""
    return "usb"


def char_type(_case: Case, _node: Node) -> str | None:
    """A pseudo terminal."""
    return "pty"


def interface_backend(case: Case, interface: Node) -> str | None:
    """Of user-mode networks; passt steps in where QEMU has no slirp."""
    if interface.get("type") != "user":
        return None
    listed = case.ground.words("devices/interface/backendType") or ()
    return "passt" if "passt" in listed and "default" not in listed else "default"
