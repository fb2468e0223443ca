"""Guests made by hand, and the parts to make more of them."""

from __future__ import annotations

from functools import cache

from domcaps.analysis.findings import Finding, Report
from domcaps.analysis.guests.check import Against
from domcaps.derive import SnapshotSource
from domcaps.release import NEWEST, Release
from domcaps.snapshot import read_snapshot
from tests.conftest import ROOT

RECORDED = ROOT / "tests" / "data" / "libvirt-9.0.0_qemu-7.2.22_x86_64" / "snapshot.json.gz"
"""Debian 12's QEMU on an x86_64 host with kvm."""
RECORDED_ARM = ROOT / "tests" / "data" / "libvirt-9.0.0_qemu-7.2.22_aarch64" / "snapshot.json.gz"

WINDOWS = """<domain type='kvm'>
  <name>win11</name>
  <memory unit='GiB'>8</memory>
  <vcpu>4</vcpu>
  <os firmware='efi'>
    <type arch='x86_64' machine='q35'>hvm</type>
    <loader secure='yes'/>
  </os>
  <features>
    <acpi/>
    <hyperv mode='custom'>
      <relaxed state='on'/>
      <evmcs state='on'/>
      <reset state='off'/>
    </hyperv>
    <smm state='on'/>
  </features>
  <cpu mode='host-passthrough'/>
  <devices>
    <disk type='file' device='disk'>
      <source file='/win11.qcow2'/>
      <target dev='hda'/>
      <address type='drive' controller='0' bus='0' target='0' unit='0'/>
    </disk>
    <channel type='spicevmc'>
      <target type='virtio' name='com.redhat.spice.0'/>
    </channel>
    <graphics type='spice' autoport='yes'>
      <image compression='off'/>
    </graphics>
    <video>
      <model type='qxl' ram='65536' vram='65536' vgamem='16384' heads='1'/>
    </video>
    <redirdev bus='usb' type='spicevmc'/>
    <tpm model='tpm-crb'>
      <backend type='emulator' version='2.0'/>
    </tpm>
  </devices>
</domain>
"""

LINUX = """<domain type='kvm'>
  <name>builder</name>
  <memory unit='GiB'>8</memory>
  <vcpu>4</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <devices>
    <emulator>/usr/libexec/qemu-kvm</emulator>
    <filesystem type='mount'>
      <driver type='virtiofs'/>
      <source dir='/srv'/>
      <target dir='srv'/>
    </filesystem>
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <source><address domain='0' bus='1' slot='0' function='0'/></source>
    </hostdev>
  </devices>
</domain>
"""

ARM = """<domain type='kvm'>
  <name>arm</name>
  <memory unit='GiB'>2</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch='aarch64' machine='virt-2.1'>hvm</type>
  </os>
  <cpu mode='host-passthrough'/>
  <devices>
    <emulator>/usr/bin/qemu-system-aarch64</emulator>
    <input type='tablet' bus='usb'/>
  </devices>
</domain>
"""

UBUNTU = """<domain type='kvm'>
  <name>old</name>
  <memory unit='GiB'>2</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-focal'>hvm</type>
  </os>
  <devices/>
</domain>
"""


def guest(  # noqa: PLR0913 - the parts that tests vary
    devices: str = "",
    *,
    top: str = "",
    features: str = "",
    os: str = "",
    os_attributes: str = "",
    vcpu: str = "1",
    machine: str = "q35",
    arch: str = "x86_64",
    virt_type: str = "kvm",
) -> str:
    """A guest with some devices, elements and features."""
    return (
        f"<domain type='{virt_type}'>\n<name>made</name>\n<memory>65536</memory>\n<vcpu>{vcpu}</vcpu>\n{top}\n"
        f"<os {os_attributes}><type arch='{arch}' machine='{machine}'>hvm</type>{os}</os>\n"
        f"<features>{features}</features>\n<devices>\n{devices}\n</devices>\n</domain>\n"
    )


def disk(target: str = "vda", bus: str = "", device: str = "disk", kind: str = "block", inner: str = "") -> str:
    """A disk."""
    attached = f" bus='{bus}'" if bus else ""
    return (
        f"<disk type='{kind}' device='{device}'><source dev='/dev/x'/><target dev='{target}'{attached}/>{inner}</disk>"
    )


@cache
def host(release: Release = NEWEST) -> Against:
    """The recorded x86_64 host."""
    return Against(SnapshotSource(read_snapshot(RECORDED.read_bytes())), release=release)


def codes(report: Report) -> list[str]:
    """The codes of what is unsupported."""
    return [finding.code for finding in report.findings if finding.severity == "unsupported"]


def only(report: Report, code: str) -> Finding:
    """The finding of a code."""
    found = [finding for finding in report.findings if finding.code == code]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} findings {code} among {[finding.code for finding in report.findings]}")
    return found[0]
