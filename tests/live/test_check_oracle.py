"""A real `virsh define` of guests made of every value, against `domcaps check` over the capture of this host.

No guest that libvirt takes may be called unsupported at definition, and none whose refusal a document states may pass.
"""

from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path

import pytest

from domcaps.analysis.findings import Stage
from domcaps.analysis.guests.check import Against, check
from domcaps.derive import SnapshotSource
from domcaps.release import release
from domcaps.schema import words as w
from domcaps.snapshot import read_snapshot
from tests.analysis.made_guests import disk, guest
from tests.live.libvirtd import Libvirtd
from tests.live.ours import Snapshots
from tests.live.questions import Oracle

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("libvirtd")]

MACHINES = (
    ("x86_64", "q35", "kvm"),
    ("x86_64", "pc", "qemu"),
    ("x86_64", "isapc", "qemu"),
    ("aarch64", "virt", "qemu"),
    ("s390x", "s390-ccw-virtio", "qemu"),
    ("ppc64", "pseries", "qemu"),
    ("riscv64", "virt", "qemu"),
    ("sparc", "SS-5", "qemu"),
)

STATED = re.compile(
    r"support video model|graphics are not supported|support rng model|does not support TPM|TPM .* is not supported"
    r"|IDE controllers are unsupported|SATA is not supported|Filesystem driver type not|'gic' feature|floppy devices"
    r"|hostdev mode|panic device of model|launch security is not|genid|vmcoreinfo|is not supported for model"
)
"""Refusals that name what a document states."""


ENDS = "<source dir='/a'/><target dir='a'/>"
AGENT = "<target type='virtio' name='com.redhat.spice.0'/>"
RANDOM = "<backend model='random'>/dev/urandom</backend>"
CHARDEVS = ("null", "pty", "vc", "spicevmc", "qemu-vdagent")
ATTACHED = tuple(itertools.product(("cdrom", "floppy", "lun"), ("ide", "sata", "scsi", "virtio", "usb", "fdc")))
EMULATED = tuple(itertools.product(w.TpmModel, ("", " version='1.2'", " version='2.0'")))
FEATURES = ("gic", "gic version='2'", "gic version='3'", "vmcoreinfo", "hyperv mode='passthrough'")
ELEMENTS = ("genid", "cpu mode='maximum'", "cpu mode='host-passthrough'", "launchSecurity type='s390-pv'")

DEVICES = [
    *(disk("sda", bus) for bus in w.DiskBus),
    *(disk("fda" if device == "floppy" else "sda", bus, device=device) for device, bus in ATTACHED),
    *(disk(name) for name in ("hda", "sda", "vda", "xvda")),
    *(f"<graphics type='{word}'/>" for word in w.GraphicsType),
    *(f"<video><model type='{word}'/></video>" for word in w.VideoModel),
    *(f"<rng model='{word}'>{RANDOM}</rng>" for word in w.VirtioModel),
    *(f"<filesystem type='mount'><driver type='{word}'/>{ENDS}</filesystem>" for word in w.FilesystemDriver),
    *(f"<tpm model='{word}'><backend type='emulator'{version}/></tpm>" for word, version in EMULATED),
    *(f"<channel type='{word}'>{AGENT}</channel>" for word in CHARDEVS),
    *(f"<serial type='{word}'/>" for word in CHARDEVS),
    *(f"<panic{model}/>" for model in ("", *(f" model='{word}'" for word in w.PanicModel))),
    "<input type='tablet' bus='usb'/>",
    "<hostdev mode='capabilities' type='misc'><source><char>/a</char></source></hostdev>",
]

PARTS: list[dict[str, str]] = [
    *({"devices": device} for device in DEVICES),
    *({"features": f"<{feature}/>"} for feature in FEATURES),
    *({"top": f"<{element}/>"} for element in ELEMENTS),
    {"vcpu": "100000"},
    *({"os_attributes": f"firmware='{word}'", "features": "<acpi/>"} for word in w.Firmware),
]
"""One value of a guest each."""


def refusal(daemon: Libvirtd, path: Path) -> str:
    """Why libvirt does not take a definition; empty when it does, and it is gone again."""
    defined = daemon.virsh("define", str(path))
    if defined.returncode:
        return defined.stderr.strip().splitlines()[-1]
    daemon.virsh("undefine", "--nvram", "made")
    return ""


@pytest.mark.parametrize(("arch", "machine", "virt_type"), MACHINES, ids=lambda value: value)
def test_check_refuses_what_libvirt_refuses(  # noqa: PLR0913, PLR0917 - a machine has three names, a test three fixtures
    arch: str, machine: str, virt_type: str, oracle: Oracle, snapshots: Snapshots, tmp_path: Path
) -> None:
    if not shutil.which(f"qemu-system-{arch}"):
        pytest.skip(f"no qemu-system-{arch} here")
    if virt_type == "kvm" and oracle.libvirtd.virsh("domcapabilities", "--virttype", "kvm").returncode:
        pytest.skip("libvirt has no kvm on this host")
    snapshot = read_snapshot(snapshots.whole.read_bytes())
    host = Against(SnapshotSource(snapshot), release=release(oracle.release))
    faults = []
    for parts in PARTS:
        text = guest(arch=arch, machine=machine, virt_type=virt_type, **parts)
        path = tmp_path / "guest.xml"
        path.write_text(text, encoding="utf-8")
        said = refusal(oracle.libvirtd, path)
        ours = [finding.code for finding in check(text, host).findings if finding.stage is Stage.DEFINE]
        if ours and not said:
            faults.append(f"{parts}: accepted, and called {ours}")
        elif not ours and STATED.search(said):
            faults.append(f"{parts}: {said}, and not named")
    assert not faults, "\n".join(faults)
