"""What tells one state of a host from another: what a cache must guard against, and what `diff` of snapshots shows.

Rule: nothing that names the machine or its owner: no host name, no serial number, no machine id.
"""

from __future__ import annotations

import msgspec

from domcaps.host.arch import X86
from domcaps.host.cpuinfo import Cpuinfo
from domcaps.host.view import HostView

NESTED = tuple(f"/sys/module/{module}/parameters/nested" for module in ("kvm_intel", "kvm_amd", "kvm_hv", "kvm"))
"""Where the kernel says whether guests may run guests; the first file that says yes decides."""


class HostIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Equal identities: the same emulator gives the same answers (as far as the host has a say in it)."""

    kernel: str
    """`uname -r` and `uname -v`."""
    cpu: str = ""
    """Vendor, name, family, model and stepping of the first CPU."""
    cpu_flags: str = ""
    """x86: the kernel's names of its features."""
    microcode: int = 0
    """x86: the revision; 0 where none is told."""
    nested: bool = False
    """KVM lets guests be hosts."""


def identity_of(view: HostView, arch: str, cpuinfo: Cpuinfo) -> HostIdentity:
    """The identity of the host under that view."""
    return HostIdentity(
        kernel=view.kernel,
        cpu=cpuinfo.signature,
        cpu_flags=cpuinfo.flags or "",
        microcode=cpuinfo.microcode if arch in X86 else 0,
        nested=any((view.read(path, 16) or "").startswith(("Y", "y", "1")) for path in NESTED),
    )
