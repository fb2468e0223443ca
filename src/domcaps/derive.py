"""From facts to the document: what was asked for, which emulator answers it, and the document that follows.

The facts come from a `Source`, a live host or a snapshot: the code is the same. Deriving is pure; a live source
looks at the host when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from domcaps.cpu.custom import custom_models
from domcaps.cpu.decode import HostCpu, Question, host_model
from domcaps.cpu.flags import CpuFlags
from domcaps.cpu.model import CpuDefinition, CpuMap, Hypervisor
from domcaps.cpu.shipped import load
from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.predicates import Facts
from domcaps.drivers.qemu import choose, expansions
from domcaps.drivers.qemu.facts import HARDWARE, CpuAnswers, EmulatorFacts, QemuFacts
from domcaps.drivers.qemu.rules.table import QEMU
from domcaps.drivers.table import Table, build
from domcaps.errors import InputError, ProbeError
from domcaps.firmware.match import FirmwareIndex
from domcaps.host.facts import HostFacts
from domcaps.release import NEWEST, Release
from domcaps.schema.document import DomainCapabilities
from domcaps.snapshot import Snapshot

if TYPE_CHECKING:
    from domcaps.drivers.bhyve.facts import BhyveHost
    from domcaps.drivers.xen.facts import XenHost


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, spelled as in `virsh domcapabilities`; `None` is libvirt's to choose."""

    emulator: str | None = None
    arch: str | None = None
    machine: str | None = None
    virt_type: str | None = None
    libvirt: Release = NEWEST
    cpu_map: CpuMap | None = None
    """The CPU models and features to use; `None`: our own data for the release."""
    flags: CpuFlags = CpuFlags()


class Source(Protocol):
    """Where facts come from."""

    @property
    def driver(self) -> Driver:
        """The driver of libvirt that is asked."""

    @property
    def xen(self) -> XenHost:
        """What the Xen driver knows; raises ProbeError where there is no Xen."""

    @property
    def bhyve(self) -> BhyveHost:
        """What the bhyve driver knows; raises ProbeError where bhyve does not answer."""

    @property
    def arch(self) -> str:
        """libvirt's name of the host's architecture."""

    @property
    def host(self) -> HostFacts:
        """The host's facts, as they are now. Asked for after the emulator, so that both can go on side by side."""

    def firmware(self, which: Release) -> FirmwareIndex:
        """The host's firmware, as it is now, as a libvirt release understands it.

        Raises:
            RequestError: a descriptor is broken, and that release refuses every request then.
        """

    def find(self, name: str) -> str | None:
        """The path of a program in PATH, or of one at an absolute path; `None` when it is not there."""

    def emulator(self, path: str) -> EmulatorFacts:
        """What the emulator at a path answers.

        Raises:
            ProbeError: it is not there, or does not answer.
        """


class SnapshotSource:
    """A recorded host."""

    def __init__(self, snapshot: Snapshot, driver: Driver | None = None) -> None:
        """Answer for a driver; for the one that the recorded host would ask itself when `None`."""
        self.snapshot = snapshot
        self.driver = driver or snapshot.usual_driver
        self.host = snapshot.host
        self.arch = snapshot.host.arch
        self.notes: Callable[[str], None] | None = None
        """Is told of what of the host cannot be used."""
        self._emulators: dict[str, EmulatorFacts] = {}
        self._firmware: dict[Release, FirmwareIndex] = {}

    @property
    def xen(self) -> XenHost:
        """The recorded Xen."""
        if self.snapshot.xen is None:
            raise ProbeError("the snapshot is of no Xen host", subject="xen")
        return self.snapshot.xen

    @property
    def bhyve(self) -> BhyveHost:
        """The recorded bhyve."""
        if self.snapshot.bhyve is None:
            raise ProbeError("the snapshot is of no bhyve host", subject="bhyve")
        return self.snapshot.bhyve

    def firmware(self, which: Release) -> FirmwareIndex:
        """The recorded firmware; raises as `Source.firmware`."""
        if which not in self._firmware:
            index = self._firmware[which] = FirmwareIndex(self.snapshot.firmware, which)
            if self.notes is not None:
                for complaint in index.complaints():
                    self.notes(complaint)
        return self._firmware[which]

    def find(self, name: str) -> str | None:
        """The recorded emulator of that name, or at that path, if there is one."""
        if name.startswith("/"):
            return name if name in self.snapshot.emulators else None
        return next((path for path in self.snapshot.emulators if path.rpartition("/")[2] == name), None)

    def emulator(self, path: str) -> EmulatorFacts:
        """What the emulator at a path answered when the snapshot was taken.

        A snapshot of one emulator alone answers for that emulator at any place: its file's name decides. A relative
        path is no place: libvirt does not look for it in PATH.
        """
        if path not in self._emulators:
            record = self.snapshot.emulators.get(path)
            if record is None and len(self.snapshot.emulators) == 1 and path.startswith("/"):
                elsewhere, only = next(iter(self.snapshot.emulators.items()))
                record = only if elsewhere.rpartition("/")[2] == path.rpartition("/")[2] else None
            if record is None:
                raise ProbeError(f"Cannot check QEMU binary {path}: No such file or directory", subject=path)
            self._emulators[path] = EmulatorFacts(path, record.conversations())
        return self._emulators[path]


def derive(source: Source, request: Request) -> DomainCapabilities:
    """The document that libvirt would print.

    Raises:
        RequestError: what libvirt refuses.
        ProbeError: the emulator or the host does not answer.
    """
    return build(DomainCapabilities, *ruled(source, request))


def ruled(source: Source, request: Request) -> tuple[Table[Any], Facts]:
    """The table of the driver that answers, and all that the document follows from; raises as `derive`."""
    if source.driver is Driver.QEMU:
        return QEMU, facts_for(source, request)
    from domcaps.drivers.otherwise import ruled_otherwise  # noqa: PLC0415 - start-up: most hosts have QEMU

    return ruled_otherwise(source, request)


def facts_for(source: Source, request: Request) -> QemuFacts:
    """All that a QEMU document follows from; raises as `derive`."""
    which = request.libvirt
    choose.check_words(virt_type=request.virt_type, arch=request.arch, which=which)
    arch = request.arch or source.arch
    path = request.emulator or choose.find_emulator(source.arch, arch, source.find)
    emulator = source.emulator(path)
    choice = choose.choose(
        emulator,
        host_arch=source.arch,
        arch=arch,
        virt_type=request.virt_type,
        machine=request.machine,
        which=which,
    )
    firmware = source.firmware(which)
    host = source.host
    return QemuFacts(
        path=path,
        emulator=emulator,
        host=host,
        firmware=firmware.machine(choice.arch, choice.machine or None),
        cpu=_cpu(emulator, host, choice, request),
        hyperv_properties=expansions.hyperv(emulator, which),
        release=which,
        target=choice.target,
        arch=choice.arch,
        virt_type=choice.virt_type,
        machine=choice.machine,
        max_vcpus=choice.max_vcpus,
        native=choice.native,
    )


def _cpu(emulator: EmulatorFacts, host: HostFacts, choice: choose.Choice, request: Request) -> CpuAnswers:
    which = request.libvirt
    cpu_map = request.cpu_map or load(which)
    definitions = expansions.definitions(emulator, choice.virt_type, choice.target, which, cpu_map)
    expansion = expansions.expansion(emulator, choice.virt_type, choice.target, which) if choice.native else None
    question = Question(
        arch=choice.target,
        native=choice.native,
        cpu_map=cpu_map,
        release=which,
        definitions=definitions,
        expansion=expansion,
        canonical_names=expansions.has_canonical_names(emulator),
        host=HostCpu(
            model=host.cpu.model,
            vendor=host.cpu.vendor,
            max_phys_bits=host.cpu.physical_address_bits,
            msrs=None if host.kvm.msrs is None else _msrs(frozenset(host.kvm.msrs.items())),
        ),
        accelerated=choice.virt_type in HARDWARE.values(),
        flags=request.flags,
    )
    return CpuAnswers(
        cpu_map=cpu_map,
        definitions=definitions,
        expansion=expansion,
        names=_model_names(emulator, choice, which, cpu_map, definitions),
        custom=custom_models(document_arch=choice.arch, definitions=definitions, cpu_map=cpu_map, release=which),
        decoded=host_model(question),
    )


def hypervisor(facts: QemuFacts) -> Hypervisor:
    """What an emulator says of CPUs, for questions about baselines and comparisons."""
    return Hypervisor(
        emulator=facts.path,
        virt_type=facts.virt_type,
        arch=facts.target,
        release=facts.release,
        cpu_map=facts.cpu.cpu_map,
        definitions=facts.cpu.definitions,
        expansion=facts.cpu.expansion,
        host_model=facts.cpu.host_model,
    )


@lru_cache(maxsize=8)
def _msrs(items: frozenset[tuple[str, str]]) -> Mapping[int, int]:
    try:
        return {int(index, 16): int(value, 16) for index, value in items}
    except ValueError as error:
        raise InputError("a feature MSR is not a number such as 0x10a", place="$.host.kvm.msrs") from error


def _model_names(
    emulator: EmulatorFacts,
    choice: choose.Choice,
    which: Release,
    cpu_map: CpuMap,
    definitions: tuple[CpuDefinition, ...] | None,
) -> frozenset[str]:
    """The models of every process; `definitions` are those of the chosen virt type, read already."""
    names: set[str] = set()
    for virt_type in emulator.virt_types:
        found = definitions
        if virt_type != choice.virt_type:
            found = expansions.definitions(emulator, virt_type, choice.target, which, cpu_map)
        names.update(definition.name for definition in found or ())
    return frozenset(names)
