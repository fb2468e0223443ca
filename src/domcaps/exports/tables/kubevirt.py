"""KubeVirt: its node labels. Rows only.

Read: the node labeller in kubevirt/kubevirt, `pkg/virt-handler/node-labeller` (`cpu_plugin.go`, `node_labeller.go`,
`kvm-caps-info-plugin_amd64.go`), the label names in `staging/src/kubevirt.io/api/core/v1/types.go` at commit
00341b09120e281be174fce990980ce9d0cf7c74, and its script `cmd/virt-launcher/node-labeller/node-labeller.sh`. Newest
`cpu_plugin.go` read: the one that knows TDX. Of `node_labeller.go` the newest that could be read is the one that knows
SEV-SNP; two things are newer than it and are therefore not certain:

- the value of the TDX label (`true` here, as all but SEV-SNP's);
- KubeVirt's pull request 15694 gives the label `cpu-model-migration` to models that are known but not usable too; here
  it goes to usable ones, as in the file that was read.

The Hyper-V labels are not made from the document by KubeVirt: it asks /dev/kvm. Each row says which enlightenment of
the document needs what KubeVirt asks for (QEMU's docs/system/i386/hyperv.rst names the dependencies): `time` shows only
where `stimer`, which needs it, is listed.
"""

from __future__ import annotations

import msgspec

from domcaps.exports.rows import Row, Source

_LABELLER = Source("kubevirt", "pkg/virt-handler/node-labeller/node_labeller.go", "with SEV-SNP (release 1.6)")
_TYPES = Source("kubevirt", "staging/src/kubevirt.io/api/core/v1/types.go", "00341b09120e")
_KVM = Source("kubevirt", "pkg/virt-handler/node-labeller/kvm-caps-info-plugin_amd64.go", "0847ae426d18")
SCRIPT = Source("kubevirt", "cmd/virt-launcher/node-labeller/node-labeller.sh", "with --supported-cpu-features")
OBSOLETE_SOURCE = Source("kubevirt", "pkg/virt-handler/node-labeller/util: DefaultObsoleteCPUModels", "release 1.6")
PREFIX_SOURCE = _TYPES

CPU_FEATURE = "cpu-feature.node.kubevirt.io/"
CPU_MODEL = "cpu-model.node.kubevirt.io/"
CPU_MODEL_MIGRATION = "cpu-model-migration.node.kubevirt.io/"
CPU_VENDOR = "cpu-vendor.node.kubevirt.io/"
HOST_MODEL = "host-model-cpu.node.kubevirt.io/"
HOST_MODEL_FEATURE = "host-model-required-features.node.kubevirt.io/"
MACHINE = "machine-type.node.kubevirt.io/"
OBSOLETE_HOST_MODEL = "node-labeller.kubevirt.io/obsolete-host-model"

OBSOLETE = frozenset(
    f"{name}{version}"
    for name in (
        "486",
        "pentium",
        "pentium2",
        "pentium3",
        "pentiumpro",
        "coreduo",
        "n270",
        "core2duo",
        "Conroe",
        "athlon",
        "phenom",
        "qemu64",
        "qemu32",
        "kvm64",
        "kvm32",
        "Opteron_G1",
        "Opteron_G2",
    )
    for version in ("", "-v1")
)
"""The models that get no label in a cluster that does not configure its own list."""


class ArchRow(msgspec.Struct, frozen=True, kw_only=True):
    """What KubeVirt labels on nodes of an architecture, and which machine it asks about."""

    machine: str
    cpu: bool
    """CPU models, features and the host-model are labelled."""
    vendor: str = ""
    """The vendor where the document names none."""
    source: Source


ARCHES = {
    "x86_64": ArchRow(machine="q35", cpu=True, source=SCRIPT),
    "aarch64": ArchRow(machine="virt", cpu=False, source=SCRIPT),
    "s390x": ArchRow(machine="s390-ccw-virtio", cpu=True, vendor="IBM", source=SCRIPT),
}
"""libvirt's name of an architecture that KubeVirt runs on."""

_ENLIGHTENMENTS = "features/hyperv/features"
_HYPERV = "hyperv.node.kubevirt.io/"

PROTECTION = (
    Row(name="kubevirt.io/sev", path="features/sev", source=_LABELLER),
    Row(name="kubevirt.io/sev-es", path="features/sev/maxESGuests", above=0, source=_LABELLER),
    Row(name="kubevirt.io/s390-pv", path="features/s390-pv", source=_LABELLER),
    Row(name="kubevirt.io/tdx", path="features/tdx", source=_TYPES),
)

SEV_SNP = Row(name="kubevirt.io/sev-snp", path="features/launchSecurity/sectype", value="sev-snp", source=_LABELLER)
"""Unlike the others it has an empty value, and goes only to nodes that have SEV-ES."""

HYPERV = (
    Row(name=_HYPERV + "base", path=_ENLIGHTENMENTS, value="vapic", source=_KVM),
    Row(name=_HYPERV + "time", path=_ENLIGHTENMENTS, value="stimer", source=_KVM),
    Row(name=_HYPERV + "vpindex", path=_ENLIGHTENMENTS, value="vpindex", source=_KVM),
    Row(name=_HYPERV + "tlbflush", path=_ENLIGHTENMENTS, value="tlbflush", source=_KVM),
    Row(name=_HYPERV + "ipi", path=_ENLIGHTENMENTS, value="ipi", source=_KVM),
    Row(name=_HYPERV + "synic", path=_ENLIGHTENMENTS, value="synic", source=_KVM),
    Row(name=_HYPERV + "synic2", path=_ENLIGHTENMENTS, value="synic", source=_KVM),
    Row(name=_HYPERV + "frequencies", path=_ENLIGHTENMENTS, value="frequencies", source=_KVM),
    Row(name=_HYPERV + "reset", path=_ENLIGHTENMENTS, value="reset", source=_KVM),
    Row(name=_HYPERV + "runtime", path=_ENLIGHTENMENTS, value="runtime", source=_KVM),
    Row(name=_HYPERV + "synictimer", path=_ENLIGHTENMENTS, value="stimer", source=_KVM),
    Row(name=_HYPERV + "reenlightenment", path=_ENLIGHTENMENTS, value="reenlightenment", source=_KVM),
)

NOT_TOLD = {
    "cpu-timer.node.kubevirt.io/tsc-frequency": "a host's capabilities document tells it",
    "cpu-timer.node.kubevirt.io/tsc-scalable": "a host's capabilities document tells it",
    "kubevirt.io/realtime": "a sysctl of the node tells it",
    "kubevirt.io/ksm-enabled": "the cluster's configuration tells it",
}
"""Labels of KubeVirt's that do not follow from domain capabilities, and why."""
