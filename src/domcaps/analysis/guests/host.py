"""A host that guests are held against: its facts, and the documents that were derived from them so far.

Rule kept here: a document is derived once for each emulator, architecture, virt type and machine, however many guests
ask for it.
"""

from __future__ import annotations

from domcaps.analysis.findings import Subject
from domcaps.analysis.guests.ground import Ground
from domcaps.cpu.model import CpuMap
from domcaps.derive import Request, Source, ruled
from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.qemu.choose import find_emulator, target_of
from domcaps.drivers.qemu.facts import HARDWARE, EmulatorFacts
from domcaps.drivers.qemu.machines import Machine
from domcaps.drivers.qemu.names import runs_natively
from domcaps.drivers.table import build
from domcaps.errors import RequestError
from domcaps.release import Release
from domcaps.schema.document import DomainCapabilities


class Host:
    """A source of facts as one libvirt release understands it.

    Attributes:
        source: where the facts come from.
        release: the libvirt release.
        arch: libvirt's name of the host's architecture.
    """

    def __init__(self, source: Source, release: Release, cpu_map: CpuMap | None = None) -> None:
        self.source = source
        self.release = release
        self.arch = source.arch
        self._cpu_map = cpu_map
        self._grounds: dict[Subject, Ground] = {}
        self._machines: dict[tuple[str, str], tuple[Machine, ...]] = {}
        self._targets: dict[str, str] = {}
        self._defaults: dict[str, str | None] = {}

    @property
    def is_qemu(self) -> bool:
        """Whether libvirt's QEMU driver answers for this host."""
        return self.source.driver is Driver.QEMU

    def ground(self, subject: Subject) -> Ground:
        """The document for an emulator, architecture, virt type and machine of this host.

        Raises:
            RequestError: libvirt refuses it.
            ProbeError: the emulator or the host does not answer.
        """
        if subject not in self._grounds:
            request = Request(
                emulator=subject.emulator or None,
                arch=subject.arch or None,
                machine=subject.machine or None,
                virt_type=subject.virt_type or None,
                libvirt=self.release,
                cpu_map=self._cpu_map,
            )
            found = ruled(self.source, request)
            self._grounds[subject] = Ground(
                build(DomainCapabilities, *found),
                release=self.release,
                ruled=found,
                firmware=self.source.firmware(self.release) if self.is_qemu else None,
                cpu_map=self._cpu_map,
            )
        return self._grounds[subject]

    def emulator(self, path: str) -> EmulatorFacts:
        """What the emulator at a path answers; raises as `Source.emulator`."""
        return self.source.emulator(path)

    def target(self, emulator: EmulatorFacts) -> str:
        """libvirt's name of an emulator's architecture; raises as `target_of`."""
        if emulator.path not in self._targets:
            self._targets[emulator.path] = target_of(emulator, self.release)
        return self._targets[emulator.path]

    def default_emulator(self, arch: str) -> str | None:
        """The emulator that libvirt finds for an architecture."""
        if arch not in self._defaults:
            try:
                self._defaults[arch] = find_emulator(self.arch, arch, self.source.find)
            except RequestError:
                self._defaults[arch] = None
        return self._defaults[arch]

    def machines(self, emulator: EmulatorFacts, virt_type: str) -> tuple[Machine, ...]:
        """The machines of an emulator, the default first."""
        key = (emulator.path, virt_type)
        if key not in self._machines:
            self._machines[key] = emulator.machines_listed(virt_type, self.target(emulator), self.release)
        return self._machines[key]

    @property
    def emulators(self) -> tuple[str, ...] | None:
        """The emulators of the host, where they are known without a search: in a snapshot."""
        snapshot = getattr(self.source, "snapshot", None)
        return tuple(snapshot.emulators) if snapshot is not None else None

    @property
    def arches(self) -> tuple[str, ...] | None:
        """The architectures of those emulators."""
        snapshot = getattr(self.source, "snapshot", None)
        return tuple(record.arch for record in snapshot.emulators.values()) if snapshot is not None else None

    def no_virt_type(self, emulator: EmulatorFacts, virt_type: str) -> str:
        """Why an emulator does not offer a virt type, as a clause."""
        if virt_type not in HARDWARE.values():
            return f"{emulator.path} offers {' and '.join(emulator.virt_types)}" if virt_type else ""
        target = self.target(emulator)
        if not runs_natively(self.arch, target):
            return f"{virt_type} runs guests of the host's own architecture, which is {self.arch}, not {target}"
        if virt_type == HARDWARE["kvm"] and self.source.host.kvm.usable is False:
            return "/dev/kvm cannot be used"
        return f"{emulator.path} was started without {virt_type}"

    def virt_type_remedy(self, emulator: EmulatorFacts, virt_type: str) -> str:
        """What would make the host offer a virt type, as a clause; empty where nothing would."""
        if virt_type == HARDWARE["kvm"] and runs_natively(self.arch, self.target(emulator)):
            return "virtualization on in the firmware, the module kvm, and permission for /dev/kvm"
        return ""

    def no_machine(self, emulator: EmulatorFacts, machine: str, arch: str) -> str:
        """Why an emulator does not have a machine, as a clause."""
        version = ".".join(map(str, emulator.version)) if emulator.version else "this"
        if "rhel" in machine:
            return f"QEMU {version} here was not built by Red Hat, whose own machine type it is"
        return f"QEMU {version} for {arch} does not have it"
