"""What a rule can ask of a QEMU emulator, its host, and the guest's machine."""

from __future__ import annotations

from domcaps.drivers.predicates import Predicate, Verdict
from domcaps.drivers.qemu.facts import QemuFacts
from domcaps.drivers.qemu.machines import MachineKind, is_old_s390_ccw


class HasType(Predicate[QemuFacts], frozen=True):
    """QEMU has at least one of these QOM types (`qom-list-types`)."""

    names: tuple[str, ...]

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        types = facts.emulator.types
        if types is None:
            return Verdict(None, "QEMU was not asked for its types")
        found = next((name for name in self.names if name in types), None)
        if found:
            return Verdict(True, f"QEMU has {found}")
        wanted = " or ".join(self.names)
        return Verdict(False, f"QEMU has no {wanted}", f"a QEMU built with {wanted}")


class QemuSince(Predicate[QemuFacts], frozen=True):
    """QEMU is of a version or newer: for what libvirt concludes from that alone."""

    version: tuple[int, int, int]

    def judge(self, facts: QemuFacts) -> Verdict:
        """Compare with what QEMU says of itself (`query-version`)."""
        version = facts.emulator.version
        wanted = ".".join(map(str, self.version))
        if version is None:
            return Verdict(None, "QEMU was not asked for its version")
        found = ".".join(map(str, version))
        if version >= self.version:
            return Verdict(True, f"QEMU {found} is not older than {wanted}")
        return Verdict(False, f"QEMU {found} is older than {wanted}", f"QEMU {wanted} or newer")


class HasProperty(Predicate[QemuFacts], frozen=True):
    """A QOM type of QEMU has a property (`qom-list-properties`)."""

    qom_type: str
    name: str
    abstract: bool = False

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        holds = facts.emulator.has_property(self.qom_type, self.name, abstract=self.abstract)
        if holds is None:
            return Verdict(None, f"QEMU was not asked for the properties of {self.qom_type}")
        if holds:
            return Verdict(True, f"QEMU's {self.qom_type} has the property {self.name}")
        return Verdict(False, f"QEMU's {self.qom_type} has no property {self.name}", "a newer QEMU")


class HasDeviceProperty(Predicate[QemuFacts], frozen=True):
    """A device of QEMU has a property (`device-list-properties`), as old releases of libvirt ask."""

    device: str
    name: str

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        holds = facts.emulator.has_property(self.device, self.name, command="device-list-properties")
        if holds is None:
            return Verdict(None, f"QEMU was not asked for the properties of the device {self.device}")
        return Verdict(holds, f"QEMU's {self.device} has {'the' if holds else 'no'} property {self.name}")


class InSchema(Predicate[QemuFacts], frozen=True):
    """QEMU's QMP schema has what a path asks for."""

    path: str

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        schema, commands = facts.emulator.schema, facts.emulator.commands
        if schema is not None:
            holds = schema.holds(self.path)
        elif commands is not None:
            holds = self.path in commands
        else:
            return Verdict(None, "QEMU was not asked for its QMP schema")
        if holds:
            return Verdict(True, f"QEMU's QMP schema has {self.path}")
        return Verdict(False, f"QEMU's QMP schema has no {self.path}", "a QEMU built with it")


class HasOption(Predicate[QemuFacts], frozen=True):
    """QEMU has a command-line option, or a parameter of it (`query-command-line-options`)."""

    option: str
    parameter: str = ""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        options = facts.emulator.options
        spelled = f"-{self.option} {self.parameter}".rstrip()
        if options is None:
            return Verdict(None, "QEMU was not asked for its options")
        if self.option in options and (not self.parameter or self.parameter in options[self.option]):
            return Verdict(True, f"QEMU has the option {spelled}")
        return Verdict(False, f"QEMU has no option {spelled}", f"a QEMU built with {spelled}")


class Answers(Predicate[QemuFacts], frozen=True):
    """A command that answers with a list of words lists one.

    Newer releases of libvirt do not put these questions: where they were not put, the types that QEMU makes its list of
    tell the same.
    """

    command: str
    word: str
    made_of: tuple[str, ...] = ()
    """The QOM types of which one puts the word on QEMU's list."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        words = facts.emulator.words(self.command)
        if words is None and self.made_of:
            return HasType(self.made_of).judge(facts)
        if words is None:
            return Verdict(None, f"QEMU was not asked {self.command}")
        if self.word in words:
            return Verdict(True, f"QEMU's {self.command} lists {self.word}")
        return Verdict(False, f"QEMU's {self.command} does not list {self.word}", f"a QEMU built with {self.word}")


class MachineIs(Predicate[QemuFacts], frozen=True):
    """The guest's machine is of one of these kinds, by the emulator's or by the guest's own architecture."""

    kinds: tuple[MachineKind, ...]
    by_guest: bool = False

    def judge(self, facts: QemuFacts) -> Verdict:
        """Compare names."""
        arch = facts.arch if self.by_guest else facts.target
        name = facts.machine or "no machine"
        found = next((kind for kind in self.kinds if facts.machine and kind.holds(facts.machine, arch)), None)
        if found:
            return Verdict(True, f"{name} is {found.title}")
        titles = " or ".join(kind.title for kind in self.kinds)
        return Verdict(False, f"{name} is not {titles}", f"{titles}")


class OldS390(Predicate[QemuFacts], frozen=True):
    """An s390 machine under KVM that is older than QEMU's CPU models for it."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Compare names."""
        holds = facts.virt_type == "kvm" and is_old_s390_ccw(facts.machine)
        return Verdict(holds, f"{facts.machine} is {'' if holds else 'not '}older than CPU models for s390x")


class TargetIs(Predicate[QemuFacts], frozen=True):
    """The emulator is for one of these architectures."""

    arches: tuple[str, ...]

    def judge(self, facts: QemuFacts) -> Verdict:
        """Compare names."""
        holds = facts.target in self.arches
        return Verdict(
            holds, f"the emulator is for {facts.target}{'' if holds else ', not ' + ' or '.join(self.arches)}"
        )


class GuestArchIs(Predicate[QemuFacts], frozen=True):
    """The guest is of an architecture."""

    arch: str

    def judge(self, facts: QemuFacts) -> Verdict:
        """Compare names."""
        holds = facts.arch == self.arch
        return Verdict(holds, f"the guest is {facts.arch}{'' if holds else ', not ' + self.arch}")


class VirtTypeIs(Predicate[QemuFacts], frozen=True):
    """The guest is of a virt type."""

    virt_type: str

    def judge(self, facts: QemuFacts) -> Verdict:
        """Compare names."""
        holds = facts.virt_type == self.virt_type
        said = f"the virt type is {facts.virt_type}{'' if holds else ', not ' + self.virt_type}"
        return Verdict(holds, said, "" if holds else f"virt type {self.virt_type}")


class HostHas(Predicate[QemuFacts], frozen=True):
    """A fact of the host: the name of a field of `HostFacts` or, after a dot, of one of its parts."""

    fact: str
    title: str
    """What there is when it holds."""
    remedy: str

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        value: object = facts.host
        for part in self.fact.split("."):
            value = getattr(value, part)
        if value is None:
            return Verdict(None, f"the host was not asked for {self.title}")
        if value:
            return Verdict(True, f"the host has {self.title}")
        return Verdict(False, f"the host has no {self.title}", self.remedy)


class KvmHasTdx(Predicate[QemuFacts], frozen=True):
    """KVM can run TDX guests (KVM_CAP_VM_TYPES).

    Where that was not asked, a host that is not Intel's or has no protected guests switched on settles it.
    """

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        remedy = "an Intel host with TDX on, and a kernel that knows it"
        kvm, vendor = facts.host.kvm, facts.host.cpu.vendor
        if kvm.tdx:
            return Verdict(True, "KVM has TDX guests")
        if kvm.tdx is False:
            return Verdict(False, "KVM has no TDX guests", remedy)
        if vendor not in {None, "Intel"}:
            return Verdict(False, f"the host's CPU is from {vendor}, and TDX is Intel's", remedy)
        if kvm.secure_guest is False:
            return Verdict(False, "the host has no protected guests switched on", remedy)
        return Verdict(None, "KVM was not asked for TDX guests")


class HostSwtpm(Predicate[QemuFacts], frozen=True):
    """The host has a complete swtpm, or one that can set up a TPM of a version."""

    version: str = ""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        versions = facts.host.swtpm
        if versions is None:
            missing = "the host has no swtpm (swtpm, swtpm_setup and swtpm_ioctl in PATH)"
            return Verdict(False, missing, "install swtpm and its tools")
        if not self.version:
            return Verdict(True, "the host has swtpm")
        if self.version in versions:
            return Verdict(True, f"the host's swtpm can set up TPM {self.version}")
        return Verdict(False, f"the host's swtpm cannot set up TPM {self.version}", "another version of swtpm")


class GicOffered(Predicate[QemuFacts], frozen=True):
    """QEMU offers a version of Arm's interrupt controller for the virt type (`query-gic-capabilities`)."""

    version: int

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        entries = facts.emulator.gic
        if entries is None:
            return Verdict(None, "QEMU was not asked for versions of the interrupt controller")
        for entry in entries:
            offered = {"kvm": entry.kernel, "qemu": entry.emulated}.get(facts.virt_type, False)
            if entry.version == self.version and offered:
                return Verdict(True, f"QEMU offers version {self.version} with {facts.virt_type}")
        refused = f"QEMU does not offer version {self.version} with {facts.virt_type}"
        return Verdict(False, refused, f"a QEMU and, under kvm, a host with version {self.version}")


class SevAnswered(Predicate[QemuFacts], frozen=True):
    """QEMU answered `query-sev-capabilities`."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        if facts.emulator.sev is not None:
            return Verdict(True, "QEMU told SEV's numbers")
        return Verdict(False, "QEMU told no SEV numbers", "an AMD host with SEV on")


class SgxAnswered(Predicate[QemuFacts], frozen=True):
    """QEMU answered `query-sgx-capabilities`, with sections."""

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        answer = facts.emulator.sgx
        if answer is not None and answer.sections is not None:
            return Verdict(True, "QEMU told SGX's sections")
        return Verdict(False, "QEMU told no SGX sections", "an Intel host with SGX on")


def has_type(*names: str) -> HasType:
    """QEMU has at least one of these QOM types."""
    return HasType(names)


def has_property(qom_type: str, name: str, *, abstract: bool = False) -> HasProperty:
    """A QOM type of QEMU, perhaps an abstract one, has a property."""
    return HasProperty(qom_type, name, abstract)


def in_schema(path: str) -> InSchema:
    """QEMU's QMP schema has what a path asks for."""
    return InSchema(path)


def has_option(option: str, parameter: str = "") -> HasOption:
    """QEMU has a command-line option, or a parameter of it."""
    return HasOption(option, parameter)


def answers(command: str, word: str, *made_of: str) -> Answers:
    """A command that answers with a list of words lists one; the list is made of QOM types."""
    return Answers(command, word, made_of)


def machine_is(*kinds: MachineKind, by_guest: bool = False) -> MachineIs:
    """The guest's machine is of one of these kinds."""
    return MachineIs(kinds, by_guest)


def target_is(*arches: str) -> TargetIs:
    """The emulator is for one of these architectures."""
    return TargetIs(arches)
