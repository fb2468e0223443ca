"""What /dev/kvm says, through ioctls on the device itself: no virtual machine is created.

The numbers are the kernel's: `include/uapi/linux/kvm.h`, and Documentation/virt/kvm/api.rst in the sections named
below. Rules: nothing raises; a question that this kernel or architecture does not know is `None`. Structures are
packed by hand, in the host's byte order.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct

import msgspec

from domcaps.host.arch import X86
from domcaps.host.facts import SevAsids
from domcaps.host.view import HostView

DEVICE = "/dev/kvm"

API_VERSION = 12
"""The only version of the interface that is to be used (api.rst 4.1)."""

CAP_NR_VCPUS = 9
CAP_MAX_VCPUS = 66
CAP_GET_MSR_FEATURES = 153
CAP_VM_TYPES = 235
TDX_VM_TYPE = 5

FALLBACK_VCPUS = 4
"""api.rst 4.7: what to assume where neither number of vCPUs is told."""

SEV_LEAF = 0x8000001F

_KVMIO = 0xAE
_GET_API_VERSION = 0x00
_CHECK_EXTENSION = 0x03
_GET_SUPPORTED_CPUID = 0x05
_GET_MSR_FEATURE_INDEX_LIST = 0x0A
_GET_MSRS = 0x88

_OTHER_IOCTL_LAYOUT = ("alpha", "mips", "parisc", "ppc", "sparc")
"""Architectures (by prefix) whose `_IO()` numbers carry bit 29, which are 0 elsewhere (asm/ioctl.h)."""


class KvmAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """All that was asked of /dev/kvm at once."""

    usable: bool
    """This user can open it for reading and writing."""
    said: str = ""
    """Why it is not usable, in the system's words; empty when it is."""
    max_vcpus: int | None = None
    tdx: bool | None = None
    msrs: dict[str, str] | None = None
    sev_asids: SevAsids | None = None


def ask_kvm(view: HostView, arch: str, *, sev: bool = False) -> KvmAnswers:
    """Open /dev/kvm and ask what the document depends on.

    A user who may read but not write it is told what it says, and that it is not usable.

    Args:
        view: where to look.
        arch: libvirt's name of the host's architecture.
        sev: ask for the CPUID leaf of AMD SEV, too (it costs all of CPUID).
    """
    try:
        file, said = _open(view.path(DEVICE))
    except OSError as error:
        return KvmAnswers(usable=False, said=_words(error))
    try:
        return _answers(file, arch, said=said, sev=sev)
    except OSError as error:
        return KvmAnswers(usable=False, said=f"is not KVM's device ({_words(error)})")
    finally:
        os.close(file)


def _open(path: str) -> tuple[int, str]:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK), ""
    except PermissionError as error:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), _words(error)


def _answers(file: int, arch: str, *, said: str, sev: bool) -> KvmAnswers:
    device = KvmDevice(file, arch)
    if (version := device.api_version()) != API_VERSION:
        return KvmAnswers(usable=False, said=f"speaks version {version} of KVM's interface, not {API_VERSION}")
    x86 = arch in X86
    return KvmAnswers(
        usable=not said,
        said=said,
        max_vcpus=device.max_vcpus(),
        tdx=bool(device.capability(CAP_VM_TYPES) >> TDX_VM_TYPE & 1) if x86 else None,
        msrs=device.feature_msrs() if x86 else None,
        sev_asids=device.sev_asids() if x86 and sev else None,
    )


def _words(error: OSError) -> str:
    return error.strerror or str(error)


class KvmDevice:
    """An open /dev/kvm. The file stays its opener's to close."""

    __slots__ = ("_bare", "_file")

    def __init__(self, file: int, arch: str) -> None:
        self._file = file
        self._bare = 1 << 29 if arch.startswith(_OTHER_IOCTL_LAYOUT) else 0

    def api_version(self) -> int:
        """KVM_GET_API_VERSION (api.rst 4.1).

        Raises:
            OSError: the file is not KVM's.
        """
        return fcntl.ioctl(self._file, self._io(_GET_API_VERSION), 0)

    def capability(self, number: int) -> int:
        """KVM_CHECK_EXTENSION (api.rst 4.4): 0 for a capability that is not there."""
        try:
            return fcntl.ioctl(self._file, self._io(_CHECK_EXTENSION), number)
        except OSError:
            return 0

    def max_vcpus(self) -> int:
        """The most vCPUs of a virtual machine (api.rst 4.7), with the kernel's two stand-ins for old releases."""
        for number in (CAP_MAX_VCPUS, CAP_NR_VCPUS):
            if (count := self.capability(number)) > 0:
                return count
        return FALLBACK_VCPUS

    def feature_msrs(self) -> dict[str, str] | None:
        """The MSRs that describe features, index to value, both as `0x10a` (api.rst 4.3 and 4.18, x86 only)."""
        if not self.capability(CAP_GET_MSR_FEATURES):
            return None
        indices = self._feature_msr_indices()
        if indices is None:
            return None
        values: dict[str, str] = {}
        while indices:
            read = self._read_msrs(indices)
            values.update((hex(index), hex(value)) for index, value in read)
            indices = indices[len(read) + 1 :]  # KVM stops before the first one that it cannot read: pass over that
        return values

    def sev_asids(self) -> SevAsids | None:
        """CPUID leaf 0x8000001F as KVM_GET_SUPPORTED_CPUID (api.rst 4.46) passes it on from the host.

        KVM filters EAX and EBX of that leaf; ECX and EDX are the host's own, or 0 when KVM has SEV switched off.
        """
        room = 256
        reply = self._filled(_GET_SUPPORTED_CPUID, struct.pack("=II", room, 0) + bytes(40 * room), 8)
        if reply is None:
            return None
        count = min(struct.unpack_from("=I", reply)[0], room)
        for at in range(8, 8 + 40 * count, 40):
            leaf, _, _, _, _, ecx, edx = struct.unpack_from("=7I", reply, at)
            if leaf == SEV_LEAF:
                return SevAsids(max=ecx, min=edx)
        return SevAsids()

    def _feature_msr_indices(self) -> list[int] | None:
        room = 128
        for _ in range(2):
            buffer = bytearray(struct.pack("=I", room) + bytes(4 * room))
            try:
                fcntl.ioctl(self._file, self._iowr(_GET_MSR_FEATURE_INDEX_LIST, 4), buffer, True)
            except OSError as error:
                room = struct.unpack_from("=I", buffer)[0]  # E2BIG: KVM wrote how many there are
                if error.errno != errno.E2BIG or room > 65536:
                    return None
                continue
            count = min(struct.unpack_from("=I", buffer)[0], room)
            return list(struct.unpack_from(f"={count}I", buffer, 4))
        return None

    def _read_msrs(self, indices: list[int]) -> list[tuple[int, int]]:
        entries = b"".join(struct.pack("=IIQ", index, 0, 0) for index in indices)
        buffer = bytearray(struct.pack("=II", len(indices), 0) + entries)
        try:
            count = fcntl.ioctl(self._file, self._iowr(_GET_MSRS, 8), buffer, True)
        except OSError:
            return []
        return [(index, value) for index, _, value in struct.iter_unpack("=IIQ", buffer[8 : 8 + 16 * count])]

    def _filled(self, number: int, content: bytes, size: int) -> bytearray | None:
        buffer = bytearray(content)
        try:
            fcntl.ioctl(self._file, self._iowr(number, size), buffer, True)
        except OSError:
            return None
        return buffer

    def _io(self, number: int) -> int:
        return self._bare | _KVMIO << 8 | number

    @staticmethod
    def _iowr(number: int, size: int) -> int:
        """`_IOWR()` of the common layout: only x86 is asked with structures."""
        return 3 << 30 | size << 16 | _KVMIO << 8 | number
