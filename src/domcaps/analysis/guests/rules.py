"""What libvirt does about a value that a document does not list: one row an enum or element of the schema.

A member without a row is refused at definition, chooses nothing, and has no nearest value. Rules kept here: rows only;
a row's key is the schema's own member; stages and words are libvirt 12.8's (those that other releases have differ by
`since_stage`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

import msgspec

from domcaps.analysis.findings import Edit, Stage
from domcaps.analysis.guests import asks, tidy
from domcaps.analysis.guests import defaults as default
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.guest import Node
from domcaps.release import Release, release
from domcaps.schema.cpu import Cpu, HostPassthrough, Maximum
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
from domcaps.schema.document import DomainCapabilities, FirmwareFeatures, Loader, MemoryBacking, Os
from domcaps.schema.features import Features, Gic, Hyperv, LaunchSecurity

Default = Callable[[Case, Node], str | None]
Tidy = Callable[[Case, Node, str], tuple[Edit, ...]]

D, S = Stage.DEFINE, Stage.START

REMOVE = "(without the element)"
"""As the nearest value: do without the element."""
UNSAID = "(without the attribute)"
"""As the nearest value: leave it to libvirt."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a governed place."""

    stage: Stage | None = D
    """When an unlisted value is refused; `None`: it is not, a document cannot know them all."""
    stages: Mapping[str, Stage | None] = {}
    """Values for which it is another stage."""
    newer: Mapping[str, Release] = {}
    """Words that only a release and its successors know; the empty word is the element itself."""
    default: Default | None = None
    """What libvirt chooses where the guest says nothing."""
    asks: Callable[[Node], bool] | None = None
    """Whether an element asks for it at all."""
    stage_of: Callable[[Case, Node, str, Stage | None], Stage | None] | None = None
    """The stage, where it depends on more than the value: takes the case, the element that asks, the value,
    and the stage by the value alone."""
    by_facts: bool = False
    """Where the document states nothing, or its block says no, the facts still decide about the values."""
    weak: bool = False
    """Another row may speak about the same place, and is to be heard then."""
    values: Callable[[Node], list[tuple[Node, str, str]]] | None = None
    """The values of a subject with the element and attribute that say each, where the place alone does not tell."""
    also: tuple[str, ...] = ()
    """Further places that are judged alike, as XPath below `/domain`."""
    implied_by: str = ""
    """The elements, as a path below `<domain>`, that make libvirt add one of this kind where there is none."""
    once: bool = False
    """A guest can have only one of each value."""
    nearest: Mapping[str, tuple[str, ...]] = {}
    """To a value that is not there (`*`: to any) those that come nearest, the nearest first; `REMOVE` at the end."""
    said: str = ""
    """libvirt's words; `{value}`, `{arch}`, `{machine}`, `{emulator}` stand for the guest's."""
    said_of: Mapping[str, str] = {}
    """Its words for certain values."""
    tidy: Tidy | None = None
    """What else of the definition changes with the value."""
    elsewhere: str = ""
    """The module that judges this place in its own way."""


_WITHOUT_IDE = ("sata", "scsi", "virtio", "usb")

RULES: Mapping[Hashable, Rule] = {
    # what has a module of its own
    DomainCapabilities.os: Rule(elsewhere="firmware"),
    Os.firmware: Rule(elsewhere="firmware"),
    Os.firmware_features: Rule(elsewhere="firmware"),
    FirmwareFeatures.secure_boot: Rule(elsewhere="firmware"),
    FirmwareFeatures.enrolled_keys: Rule(elsewhere="firmware"),
    Os.loader: Rule(elsewhere="firmware"),
    Loader.type: Rule(elsewhere="firmware"),
    Loader.readonly: Rule(elsewhere="firmware"),
    Loader.secure: Rule(elsewhere="firmware"),
    Os.varstore: Rule(elsewhere="firmware"),
    Cpu.host_passthrough: Rule(elsewhere="cpu"),
    Cpu.maximum: Rule(elsewhere="cpu"),
    Cpu.host_model: Rule(elsewhere="cpu"),
    Cpu.custom: Rule(elsewhere="cpu"),
    # the CPU's attributes
    HostPassthrough.host_passthrough_migratable: Rule(
        by_facts=True,
        stages={"off": None},
        nearest={"on": (UNSAID,)},
        said="Migratable attribute for host-passthrough CPU is not supported by this QEMU binary",
    ),
    Maximum.maximum_migratable: Rule(stage=None),
    # memory
    DomainCapabilities.memory_backing: Rule(stage=S),
    MemoryBacking.source_type: Rule(stage=S, nearest={"memfd": ("file",)}),
    # disks
    Disk.disk_device: Rule(
        stage_of=asks.floppy,
        default=default.disk_device,
        said="this machine type do not support floppy devices",
        nearest={"floppy": (REMOVE,)},
    ),
    Disk.bus: Rule(
        stage_of=asks.floppy,
        default=default.disk_bus,
        stages={"xen": S, "uml": S, "sd": None},
        said_of={
            "ide": "IDE controllers are unsupported for this QEMU binary or machine type",
            "sata": "SATA is not supported with this QEMU binary",
            "fdc": "this machine type do not support floppy devices",
            "xen": "unsupported disk bus 'xen' with device setup",
            "uml": "unsupported disk bus 'uml' with device setup",
        },
        nearest={
            "ide": _WITHOUT_IDE,
            "sata": ("ide", "scsi", "virtio", "usb"),
            "nvme": ("virtio", "scsi", "sata"),
            "usb": ("sata", "scsi", "virtio"),
            "xen": ("virtio", "scsi"),
            "uml": ("virtio", "scsi"),
            "scsi": ("virtio", "sata", "ide"),
            "virtio": ("scsi", "sata", "ide"),
        },
        tidy=tidy.disk_bus,
    ),
    Disk.model: Rule(stages={"usb-storage": None, "usb-bot": None}, nearest={"*": ("virtio", UNSAID)}),
    # screens
    Graphics.type: Rule(
        once=True,
        said="{value} graphics are not supported with this QEMU",
        nearest={"*": ("vnc", "dbus", REMOVE)},
        tidy=tidy.graphics,
    ),
    Video.model_type: Rule(
        default=default.video_model,
        implied_by="devices/graphics",
        said="domain configuration does not support video model '{value}'",
        nearest={"*": ("virtio", "vga", "bochs", "cirrus", "ramfb", "none")},
        tidy=tidy.video,
    ),
    # host devices
    Hostdev.mode: Rule(default=default.hostdev_mode, said="hostdev mode '{value}' is not supported in {virt_type}"),
    Hostdev.startup_policy: Rule(stage=None),
    Hostdev.subsys_type: Rule(
        stages={"mdev": None, "scsi_host": None},
        said_of={"usb": "USB is disabled for this domain, but USB devices are present in the domain XML"},
    ),
    Hostdev.pci_backend: Rule(
        stage=S,
        default=default.hostdev_backend,
        also=("devices/interface[@type='hostdev']/driver/@name",),
        nearest={"kvm": ("vfio", "default"), "xen": ("vfio", "default")},
        said="VFIO PCI device assignment is not supported by the host",
        said_of={
            "kvm": "QEMU does not support device assignment mode 'kvm'",
            "xen": "QEMU does not support device assignment mode 'xen'",
        },
    ),
    Hostdev.iommufd: Rule(
        stage_of=asks.iommufd, nearest={"yes": ("no",)}, said="IOMMUFD is not supported by host kernel"
    ),
    # other devices
    Rng.model: Rule(nearest={"*": ("virtio",)}, said="domain configuration does not support rng model '{value}'"),
    Rng.backend_model: Rule(
        nearest={"egd": ("random", "builtin"), "random": ("builtin",), "builtin": ("random",)},
        said="this qemu doesn't support the rng-{value} backend",
        tidy=tidy.rng_backend,
    ),
    Filesystem.driver_type: Rule(
        default=default.filesystem_driver,
        stages={"mtp": None, "default": None},
        newer={"mtp": release("9.9")},
        said="Filesystem driver type not supported",
        said_of={"virtiofs": "virtiofs is not supported with this QEMU binary"},
        nearest={"*": ("path",)},
        tidy=tidy.filesystem,
    ),
    Devices.tpm: Rule(said="The QEMU executable {emulator} does not support TPM backend type"),
    Tpm.model: Rule(
        default=default.tpm_model,
        said="The QEMU executable {emulator} does not support TPM model {value}",
        nearest={"*": ("tpm-crb", "tpm-tis", "tpm-spapr")},
    ),
    Tpm.backend_model: Rule(
        said="The QEMU executable {emulator} does not support TPM backend type {value}",
        said_of={"": "missing TPM device backend"},
    ),
    Tpm.backend_version: Rule(
        default=default.tpm_version,
        said="TPM version '{value}' is not supported",
        nearest={"*": ("2.0",)},
    ),
    Devices.redirdev: Rule(said="USB redirection is not supported by this version of QEMU", nearest={"*": (REMOVE,)}),
    Redirdev.bus: Rule(default=default.redirdev_bus, said="USB redirection is not supported by this version of QEMU"),
    Channel.type: Rule(
        stage=None,
        stages={"nmdm": S},
        default=default.char_type,
        nearest={"nmdm": ("pty",)},
        said="unsupported chardev '{value}'",
    ),
    Console.type: Rule(
        stage=S,
        # without SPICE graphics check_conditions refuses them, with them every libvirt takes them
        stages={"spicevmc": None, "spiceport": None},
        default=default.char_type,
        also=("devices/serial/@type", "devices/parallel/@type"),
        nearest={"*": ("pty",)},
        said="unsupported chardev '{value}'",
    ),
    Crypto.backend_model: Rule(said="crypto backend {value} is not supported", nearest={"lkcf": ("builtin",)}),
    Interface.backend_type: Rule(
        newer={"passt": release("9.1")},
        default=default.interface_backend,
        said="the '{value}' network backend is not supported with this QEMU binary",
        nearest={"passt": ("default",), "default": ("passt",)},
    ),
    Panic.model: Rule(
        newer={"pvpanic": release("9.1")},
        by_facts=True,
        default=default.panic_model,
        said_of={
            "s390": "only S390 guests support panic device of model 's390'",
            "hyperv": "only i686 and x86_64 guests support panic device of model 'hyperv'",
            "pseries": "only pSeries guests support panic device of model 'pseries'",
            "isa": "the QEMU binary does not support the ISA panic device",
            "pvpanic": "the QEMU binary does not support the PCI pvpanic device",
            "": "no panic model provided, and no default for the architecture and machine type",
        },
        nearest={"*": ("pvpanic", "isa", REMOVE)},
        tidy=tidy.panic,
    ),
    # features
    Features.gic: Rule(
        said="The 'gic' feature is not supported for architecture '{arch}' or machine type '{machine}'",
        nearest={"*": (REMOVE,)},
    ),
    Gic.version: Rule(stages={"host": None}, nearest={"3": ("2",), "2": ("3",)}, stage=S),
    Features.vmcoreinfo: Rule(
        asks=asks.state_on, said="vmcoreinfo is not available with this QEMU binary", nearest={"*": (REMOVE,)}
    ),
    Features.genid: Rule(said="this QEMU does not support the 'genid' capability", nearest={"*": (REMOVE,)}),
    Features.backing_store_input: Rule(stage=None),
    Features.async_teardown: Rule(
        newer={"": release("9.6")},
        asks=asks.enabled,
        said="asynchronous teardown is not available with this QEMU binary",
        nearest={"*": (REMOVE,)},
    ),
    Features.ps2: Rule(
        newer={"": release("10.7")}, said="ps2 feature is not available with this QEMU binary", nearest={"*": (REMOVE,)}
    ),
    Features.s390_pv: Rule(weak=True, said="S390 PV launch security is not supported by this host or kernel"),
    Features.tdx: Rule(weak=True, said="'tdx' launch security is not supported with this QEMU binary"),
    Features.sev: Rule(weak=True, said="'sev' launch security is not supported with this QEMU binary"),
    Features.launch_security: Rule(said="launch security is not supported with this QEMU binary"),
    Features.sgx: Rule(said="sgx epc isn't supported by this QEMU binary", nearest={"*": (REMOVE,)}),
    Features.hyperv: Rule(stage=S, nearest={"*": (REMOVE,)}),
    Hyperv.features: Rule(
        newer={"emsr_bitmap": release("10.7"), "xmm_input": release("10.7")},
        stage=S,
        values=asks.hyperv,
        nearest={"*": (REMOVE,)},
    ),
    LaunchSecurity.sectype: Rule(
        by_facts=True, said="'{value}' launch security is not supported with this QEMU binary"
    ),
}

NO_RULE = Rule()
