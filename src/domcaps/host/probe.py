"""A look at this host: everything of `HostFacts`, and what stood in the way of it.

Rules: it starts no guest and changes nothing; what it may not see is `None` and a note, not an error. swtpm_setup is
the one slow part: `begin_probe` starts it and returns, `HostProbe.finish` collects it, so that emulators can be
asked meanwhile.
"""

# Start-up: pathlib costs 3 ms, a quarter of a bare python3, and every command looks at the host.
# ruff: noqa: PTH112

from __future__ import annotations

import os
import re
import struct
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from domcaps.host.arch import FROM_UNAME, S390, X86
from domcaps.host.cpuinfo import Cpuinfo, read_cpuinfo
from domcaps.host.facts import CpuFacts, HostFacts, KvmFacts, SevAsids
from domcaps.host.identity import HostIdentity, identity_of
from domcaps.host.kvm import DEVICE, SEV_LEAF, KvmAnswers, ask_kvm
from domcaps.host.qemu_conf import find_qemu_conf
from domcaps.host.swtpm import Swtpm, find_swtpm
from domcaps.host.view import HostView, here

if TYPE_CHECKING:
    from domcaps.host.swtpm_question import SwtpmQuestion

_PROT_VIRT = r'(?:^|\s)"?prot[_-]virt="?(\S*)'
_ON = ("y", "Y", "on", "ON", "oN", "On", "1")


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be seen, for a person: printed as `/dev/kvm: Permission denied`."""

    subject: str
    said: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.said}"


class HostReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a host brought."""

    facts: HostFacts
    identity: HostIdentity
    notes: tuple[Note, ...] = ()
    swtpm: Swtpm | None = None
    """The swtpm that `facts.swtpm` is about; its `key` is what a cache of that answer goes by."""


def probe_host(
    root: str | os.PathLike[str] = "/",
    *,
    env: Mapping[str, str] | None = None,
    euid: int | None = None,
    machine: str | None = None,
) -> HostFacts:
    """The facts of this host, or of what lies under another root (see `here`). Takes as long as swtpm_setup does."""
    with begin_probe(here(root, env=env, euid=euid, machine=machine)) as probe:
        return probe.finish().facts


def begin_probe(
    view: HostView, *, known_swtpm: Mapping[str, tuple[str, ...]] | None = None, swtpm_timeout: float = 5.0
) -> HostProbe:
    """Look at everything but swtpm's versions, and start swtpm_setup to tell those.

    Args:
        view: where to look.
        known_swtpm: answers of earlier calls by `Swtpm.key`; swtpm_setup is not run for one of these.
        swtpm_timeout: seconds that swtpm_setup has.
    """
    return HostProbe(view, known_swtpm or {}, swtpm_timeout)


class HostProbe:
    """A look under way. Use as a context, so that no swtpm_setup outlives it."""

    __slots__ = ("_question", "_report", "_versions")

    def __init__(self, view: HostView, known_swtpm: Mapping[str, tuple[str, ...]], swtpm_timeout: float) -> None:
        swtpm = find_swtpm(view)
        self._report = _look(view, swtpm)
        self._versions = known_swtpm.get(swtpm.key) if swtpm else None
        self._question = _ask(swtpm, view, swtpm_timeout) if swtpm and self._versions is None else None

    @property
    def report(self) -> HostReport:
        """All that is known without waiting: `facts.swtpm` is still `None`."""
        return self._report

    def finish(self) -> HostReport:
        """Wait for swtpm_setup, if it was asked, and tell all."""
        if self._question:
            self._versions = self._question.versions()
            self._question = None
        facts = msgspec.structs.replace(self._report.facts, swtpm=self._versions)
        return msgspec.structs.replace(self._report, facts=facts)

    def close(self) -> None:
        """End a swtpm_setup that nobody waited for."""
        if self._question:
            self._question.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def arch_of(machine: str) -> str:
    """libvirt's name of what `uname -m` calls a machine."""
    return FROM_UNAME.get(machine, machine)


def _ask(swtpm: Swtpm, view: HostView, timeout: float) -> SwtpmQuestion:
    from domcaps.host.swtpm_question import SwtpmQuestion  # noqa: PLC0415 - start-up: most calls know the answer

    return SwtpmQuestion(swtpm, view, timeout=timeout)


def _look(view: HostView, swtpm: Swtpm | None) -> HostReport:
    arch = arch_of(view.machine)
    cpuinfo = read_cpuinfo(view.read("/proc/cpuinfo") or "", arch)
    has_sev = "sev" in (cpuinfo.flags or "").split()
    kvm = ask_kvm(view, arch, sev=has_sev)
    facts = HostFacts(
        arch=arch,
        cpu=_cpu(view, arch, cpuinfo, kvm),
        kvm=KvmFacts(
            usable=kvm.usable,
            max_vcpus=kvm.max_vcpus,
            secure_guest=_secure_guest(view, arch),
            tdx=kvm.tdx,
            msrs=kvm.msrs,
        ),
        vfio=view.exists("/dev/vfio/vfio") and _has_entries(view, "/sys/kernel/iommu_groups"),
        iommufd=view.exists("/dev/iommu"),
        qemu_rdp=view.which(find_qemu_conf(view).qemu_rdp) is not None,
    )
    notes = () if kvm.usable else (Note(subject=DEVICE, said=kvm.said),)
    return HostReport(facts=facts, identity=identity_of(view, arch, cpuinfo), notes=notes, swtpm=swtpm)


def _cpu(view: HostView, arch: str, cpuinfo: Cpuinfo, kvm: KvmAnswers) -> CpuFacts:
    asids = None
    if arch in X86 and cpuinfo.flags is not None:
        has_sev = "sev" in cpuinfo.flags.split()
        asids = (_own_sev_asids(view) or kvm.sev_asids) if has_sev else SevAsids()
    return CpuFacts(
        model=cpuinfo.model,
        vendor=cpuinfo.vendor,
        physical_address_bits=cpuinfo.physical_address_bits,
        sev_asids=asids,
    )


def _own_sev_asids(view: HostView) -> SevAsids | None:
    """CPUID leaf 0x8000001F of the first CPU, from the kernel's cpuid device (cpuid(4)), which is root's to read."""
    try:
        file = os.open(view.path("/dev/cpu/0/cpuid"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        registers = os.pread(file, 16, SEV_LEAF)
    except OSError:
        return None
    finally:
        os.close(file)
    if len(registers) != 16:
        return None
    _, _, ecx, edx = struct.unpack("=4I", registers)
    return SevAsids(max=ecx, min=edx)


def _secure_guest(view: HostView, arch: str) -> bool:
    if arch in S390:
        first = re.search(_PROT_VIRT, view.read("/proc/cmdline") or "")
        return bool(first and first[1].startswith(_ON)) and os.path.isdir(view.path("/sys/firmware/uv"))
    if arch not in X86:
        return False
    sev = (view.read("/sys/module/kvm_amd/parameters/sev") or "").startswith(("1", "Y", "y"))
    tdx = (view.read("/sys/module/kvm_intel/parameters/tdx") or "").startswith("Y")
    return (sev and view.exists("/dev/sev")) or tdx


def _has_entries(view: HostView, folder: str) -> bool:
    try:
        with os.scandir(view.path(folder)) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
