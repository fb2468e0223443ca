"""What the probe asks, as rows: QMP commands and the types whose properties are listed.

Rows only, and no import: the first questions are on their way before anything heavy is imported. The commands and their
conditions are those of libvirt's QEMU driver, 5.6 to 12.9 (its virQEMUCaps probing); what they mean stands in QEMU's
docs/interop/qemu-qmp-ref.
"""

from __future__ import annotations

HANDSHAKE = "qmp_capabilities"

TIMEOUT = 30.0
"""Seconds that an emulator has for all its answers, unless told otherwise."""

DECIDE: tuple[str, ...] = (
    "query-version",
    "query-target",
    "query-qmp-schema",
    "query-kvm",
    "query-accelerators",
    "qom-list-types",
    "query-machines",
    "query-cpu-definitions",
    "query-tpm-models",
    "query-tpm-types",
    "query-command-line-options",
)
"""Without arguments, to every emulator: those whose answers decide a value of some document."""

SHARED: tuple[str, ...] = ("query-qmp-schema",)
"""Of `DECIDE`: what is the same for every process of one program. Where two are started at once the second is asked: it
has less to say otherwise, and the schema is a third of all that QEMU has to work for."""

RECORD: tuple[str, ...] = (
    "query-version",
    "query-target",
    "query-qmp-schema",
    "query-commands",
    "query-kvm",
    "qom-list-types",
    "query-machines",
    "query-tpm-models",
    "query-command-line-options",
    "query-migrate-capabilities",
)
"""Without arguments, to every emulator: those that libvirt asks unconditionally in one release or another."""

SECOND: tuple[str, ...] = ("query-cpu-definitions", "query-machines")
"""Without arguments, to the second process (TCG only): what may differ between accelerators."""

DECIDING_OBJECTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("none-machine", ()),
    ("max-x86_64-cpu", ("max-x86_64-cpu",)),
    ("max-arm-cpu", ("max-arm-cpu",)),
    ("generic-pc-machine", ("max-x86_64-cpu", "max-i386-cpu")),  # abstract: not in qom-list-types itself
)
"""Whose `qom-list-properties` decide something; each if one of the types exists, no type: always."""

RECORDED_OBJECTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("memory-backend-file", ()),
    ("memory-backend-memfd", ("memory-backend-memfd",)),
    *DECIDING_OBJECTS,
)
"""As `DECIDING_OBJECTS`: all that libvirt asks for."""

RECORDED_MACHINES: tuple[str, ...] = ("pseries", "virt")
"""Machines whose object's properties libvirt lists, under the canonical name of the alias."""

RECORDED_DEVICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("virtio-blk-pci", ()),
    ("virtio-net-pci", ("virtio-net-pci", "virtio-net-ccw", "virtio-net-device")),
    ("virtio-scsi-pci", ("virtio-scsi-pci", "virtio-scsi-ccw", "virtio-scsi-device")),
    ("virtio-blk-ccw", ("virtio-blk-ccw",)),
    ("virtio-net-ccw", ("virtio-net-pci", "virtio-net-ccw", "virtio-net-device")),
    ("virtio-scsi-ccw", ("virtio-scsi-pci", "virtio-scsi-ccw", "virtio-scsi-device")),
    ("vfio-pci", ("vfio-pci",)),
    ("scsi-hd", ()),
    ("ide-hd", ()),
    ("PIIX4_PM", ()),
    ("usb-redir", ("usb-redir",)),
    ("usb-storage", ("usb-storage",)),
    ("kvm-pit", ()),
    ("VGA", ("VGA",)),
    ("vmware-svga", ("vmware-svga",)),
    ("qxl", ("qxl",)),
    ("virtio-gpu-pci", ("virtio-gpu-pci", "virtio-gpu-device")),
    ("virtio-gpu-device", ("virtio-gpu-pci", "virtio-gpu-device")),
    ("ICH9-LPC", ()),
    ("virtio-balloon-pci", ()),
    ("virtio-balloon-ccw", ()),
    ("virtio-balloon-device", ()),
    ("intel-iommu", ("intel-iommu",)),
    ("spapr-pci-host-bridge", ("spapr-pci-host-bridge",)),
    ("virtio-gpu-ccw", ("virtio-gpu-ccw",)),
    ("mch", ("mch",)),
    ("nvdimm", ("nvdimm",)),
    ("pcie-root-port", ("pcie-root-port",)),
    ("usb-host", ()),
    ("vhost-user-fs-device", ("vhost-user-fs-device",)),
    ("virtio-mem-pci", ("virtio-mem-pci",)),
    ("virtio-mem-ccw", ("virtio-mem-ccw",)),
    ("virtio-iommu-pci", ("virtio-iommu-pci",)),
    ("amd-iommu", ("amd-iommu",)),
    ("arm-smmuv3", ("arm-smmuv3",)),
    ("scsi-block", ()),
    ("scsi-generic", ()),
)
"""Whose `device-list-properties` libvirt asks, under the conditions of `DECIDING_OBJECTS`. They decide nothing."""

WHEN_TYPE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("query-sev-capabilities", ("sev-guest", "sev-snp-guest")),
    ("query-sgx-capabilities", ("sgx-epc",)),
)
"""Asked without arguments if one of the types exists."""

X86_TARGETS: frozenset[str] = frozenset({"x86_64", "i386"})
ARM_TARGETS: frozenset[str] = frozenset({"aarch64", "arm"})

LIKELY: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "x86_64": (("max-x86_64-cpu", "generic-pc-machine"), ("query-sev-capabilities", "query-sgx-capabilities")),
    "i386": (("generic-pc-machine",), ("query-sev-capabilities", "query-sgx-capabilities")),
    "aarch64": (("max-arm-cpu",), ("query-gic-capabilities",)),
    "arm": (("max-arm-cpu",), ("query-gic-capabilities",)),
}
"""QEMU target: objects whose properties, and commands, that will turn out to be due: asked without waiting to know."""

RUNS_NATIVELY: dict[str, frozenset[str]] = {
    "x86_64": frozenset({"x86_64", "i386"}),
    "i686": frozenset({"i386"}),
    "armv7l": frozenset({"arm"}),
    "ppc64": frozenset({"ppc64"}),
    "ppc64le": frozenset({"ppc64", "ppc64le"}),
}
"""libvirt's name of the host's architecture to the QEMU targets that may have a hardware accelerator there; a host
that isn't listed: the target of its own name."""
