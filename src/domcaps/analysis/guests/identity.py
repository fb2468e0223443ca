"""Which document a guest is held against: its emulator, architecture, virt type and machine on a host.

libvirt's order and words. What cannot be had is a finding, and the nearest thing that can be had stands in for it, so
that the rest of the guest is judged too.
"""

from __future__ import annotations

import msgspec

from domcaps.analysis.findings import Edit, Finding, Severity, Stage, Subject
from domcaps.analysis.guests import edits
from domcaps.analysis.guests.ground import QEMU_VIRT_TYPES
from domcaps.analysis.guests.guest import Guest, Node
from domcaps.analysis.guests.host import Host
from domcaps.analysis.guests.machine_names import nearest_machine, of_kind
from domcaps.drivers.qemu.choose import VIRT_TYPES, arches_served
from domcaps.drivers.qemu.facts import EmulatorFacts
from domcaps.errors import ProbeError
from domcaps.host.arch import ARCHES


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest is held against, and what of that was not as the guest wants it."""

    subject: Subject | None
    """`None`: nothing here comes near it."""
    findings: tuple[Finding, ...] = ()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What takes the place of what a guest says, where it is given."""

    emulator: str | None = None
    arch: str | None = None
    virt_type: str | None = None
    machine: str | None = None


def settle(guest: Guest, host: Host, wanted: Wanted) -> Settled:
    """What a guest is held against on a host."""
    return _Settling(guest, host, wanted).settle()


class _Settling:
    """The steps of `settle`, which collect findings on their way."""

    def __init__(self, guest: Guest, host: Host, wanted: Wanted) -> None:
        self.guest = guest
        self.host = host
        self.wanted = wanted
        self.findings: list[Finding] = []
        self.type = guest.first("os/type")

    def settle(self) -> Settled:
        arch = self.arch()
        emulator = self.emulator(arch) if arch else None
        if arch is None or emulator is None:
            return Settled(subject=None, findings=tuple(self.findings))
        virt_type = self.virt_type(emulator)
        self.os_type(emulator)
        machine = self.machine(emulator, arch, virt_type)
        subject = Subject(emulator=emulator.path, arch=arch, virt_type=virt_type, machine=machine)
        return Settled(subject=subject, findings=tuple(self.findings))

    def refuse(
        self,
        code: str,
        message: str,
        node: Node | None,
        attribute: str = "",
        *,
        text: bool = False,
        **more: object,
    ) -> None:
        place = self.guest.place(node or self.guest.root, attribute, text=text)
        given = {"severity": Severity.UNSUPPORTED, "stage": Stage.DEFINE, **more}
        self.findings.append(msgspec.convert({"code": code, "message": message, "place": place, **given}, Finding))

    def arch(self) -> str | None:
        said = self.wanted.arch or (self.type.get("arch") if self.type is not None else None)
        arch = said or self.host.arch
        since = ARCHES.get(arch)
        if arch in ARCHES and (since is None or self.host.release >= since):
            return arch
        self.refuse(
            "arch-unknown",
            f"the architecture '{arch}' is not known to libvirt {self.host.release}",
            self.type,
            "arch",
            path="arch",
            asks=arch,
            libvirt=f"Unknown architecture {arch}",
        )
        return None

    def emulator(self, arch: str) -> EmulatorFacts | None:
        node = self.guest.first("devices/emulator")
        said = self.wanted.emulator or (node.text if node is not None else "")
        found = self._open(said) if said else None
        if said and found is not None and arch in arches_served(self.host.target(found)):
            return found
        default = self.host.default_emulator(arch)
        instead = self._open(default) if default else None
        if said and found is None:
            self._emulator_missing(said, arch, node, instead)
        elif said and found is not None:
            self._arch_not_served(found, arch, node, instead)
        elif instead is None:
            self.refuse(
                "arch-unsupported",
                f"this host has no emulator for {arch} guests",
                self.type,
                "arch",
                path="arch",
                asks=arch,
                offered=self.host.arches,
                reason="no emulator for it is installed" if not default else f"{default} does not answer",
                remedy=f"install QEMU for {arch}",
                libvirt=f"No emulator found for arch '{arch}'",
            )
        return instead

    def _open(self, path: str) -> EmulatorFacts | None:
        try:
            return self.host.emulator(path)
        except ProbeError:
            return None

    def _emulator_missing(self, said: str, arch: str, node: Node | None, instead: EmulatorFacts | None) -> None:
        changes: tuple[Edit, ...] = ()
        if node is not None and instead is not None:
            changes = (edits.set_text(self.guest, node, instead.path),)
        self.refuse(
            "emulator-missing",
            f"the emulator {said} is not on this host",
            node,
            text=True,
            path="path",
            asks=said,
            offered=self.host.emulators,
            reason="there is no such file" if instead else f"there is no such file, nor another emulator for {arch}",
            remedy="" if instead else f"install QEMU for {arch}",
            alternative=f"{instead.path}, which serves the same guests; or leave <emulator> out" if instead else "",
            libvirt=f"Cannot check QEMU binary {said}: No such file or directory",
            edits=changes,
        )

    def _arch_not_served(
        self, found: EmulatorFacts, arch: str, node: Node | None, instead: EmulatorFacts | None
    ) -> None:
        served = arches_served(self.host.target(found))
        changes: tuple[Edit, ...] = ()
        if node is not None and instead is not None:
            changes = (edits.set_text(self.guest, node, instead.path),)
        self.refuse(
            "arch-unsupported",
            f"the emulator {found.path} does not run {arch} guests",
            node or self.type,
            text=True,
            path="arch",
            asks=arch,
            offered=served,
            reason=f"it is QEMU for {' and '.join(served)}",
            remedy="" if instead else f"install QEMU for {arch}",
            alternative=f"the emulator {instead.path}" if instead else "",
            libvirt=f"Emulator '{found.path}' does not support arch '{arch}'",
            edits=changes,
        )

    def virt_type(self, emulator: EmulatorFacts) -> str:
        said = self.wanted.virt_type or self.guest.root.get("type")
        offered = emulator.virt_types
        if said in offered:
            return said
        nearest = offered[0]
        if said is None:
            words = ("virt-type-missing", "the guest does not say its virt type", "missing domain type attribute")
        elif said in {*VIRT_TYPES, *QEMU_VIRT_TYPES}:
            words = ("virt-type-unsupported", "", f"Emulator '{emulator.path}' does not support virt type '{said}'")
        else:
            words = ("virt-type-unknown", f"there is no virt type '{said}'", f"invalid domain type {said}")
        self.refuse(
            words[0],
            words[1] or f"the virt type '{said}' cannot be had with {emulator.path} on this host",
            self.guest.root,
            "type",
            path="domain",
            asks=said or "",
            offered=offered,
            reason=self.host.no_virt_type(emulator, said or ""),
            remedy=self.host.virt_type_remedy(emulator, said or ""),
            alternative=f"type='{nearest}' in <domain>",
            libvirt=words[2],
            edits=(edits.set_attribute(self.guest, self.guest.root, "type", nearest),),
        )
        return nearest

    def os_type(self, emulator: EmulatorFacts) -> None:
        said = self.type.text if self.type is not None else ""
        if said and said != "hvm":
            self.refuse(
                "os-type-unsupported",
                f"guests of the kind '{said}' cannot be had",
                self.type,
                text=True,
                path="",
                asks=said,
                offered=("hvm",),
                reason="QEMU emulates whole machines",
                alternative="hvm in <os><type>",
                libvirt=f"Emulator '{emulator.path}' does not support os type '{said}'",
            )

    def machine(self, emulator: EmulatorFacts, arch: str, virt_type: str) -> str:
        machines = self.host.machines(emulator, virt_type)
        said = self.wanted.machine or (self.type.get("machine") if self.type is not None else None)
        if not said:
            return machines[0].name if machines else ""
        found = next((machine for machine in machines if said in {machine.name, machine.alias}), None)
        if found is not None and not found.deprecated:
            return found.name
        names = tuple(machine.name for machine in machines)
        current = tuple(machine.name for machine in machines if not machine.deprecated)
        if found is None:
            nearest = nearest_machine(said, current, arch) or nearest_machine(said, names, arch)
            instead = nearest or (names[0] if names else "")
            self.refuse(
                "machine-unsupported",
                f"the machine type '{said}' is not among those of {emulator.path}",
                self.type,
                "machine",
                path="machine",
                asks=said,
                offered=of_kind(instead, names, arch) or names,
                reason=self.host.no_machine(emulator, said, arch),
                alternative=f"machine='{instead}' in <os><type>" if instead else "",
                libvirt=f"Emulator '{emulator.path}' does not support machine type '{said}'",
                edits=self._machine_edit(instead),
            )
            return instead
        self._deprecated(emulator, said, nearest_machine(said, current, arch))
        return found.name

    def _deprecated(self, emulator: EmulatorFacts, said: str, instead: str | None) -> None:
        self.refuse(
            "machine-deprecated",
            f"the machine type '{said}' is deprecated",
            self.type,
            "machine",
            severity=Severity.DEPRECATED,
            stage=None,
            path="machine",
            asks=said,
            reason=f"{emulator.path} will drop it",
            alternative=f"machine='{instead}' in <os><type>" if instead else "",
            edits=(),
        )

    def _machine_edit(self, machine: str) -> tuple[Edit, ...]:
        if self.type is None or not machine:
            return ()
        return (edits.set_attribute(self.guest, self.type, "machine", machine),)
