"""Which firmware libvirt gives a guest, and in which words it refuses one.

Pure. Three steps: contradictions in the definition itself (`CONTRADICTIONS`), the first descriptor that passes every
one of `REQUIREMENTS`, and what the result needs of the guest (`_objection`). Messages are libvirt 12.8's; those of
11.3 that differ stand in the tables. Where several contradictions hold, libvirt may name another one first.
"""

from __future__ import annotations

import msgspec

from domcaps.firmware.contradictions import CONTRADICTIONS
from domcaps.firmware.descriptor import Descriptor, Device, Feature
from domcaps.firmware.guest import GuestOs
from domcaps.firmware.match import FirmwareIndex
from domcaps.firmware.requirements import REQUIREMENTS, Asked, complaint_of_old
from domcaps.firmware.rework import VARSTORE
from domcaps.host.arch import X86
from domcaps.release import release

CHOSEN_AT_DEFINITION = release("9.2")
"""Since then firmware is chosen, and refused, when a guest is defined; before only when it is started."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """libvirt does not take the guest."""

    message: str
    kind: str = ""
    """libvirt's class of the error, which it prints before the message; some have none."""
    passed_over: tuple[tuple[str, str], ...] = ()
    """Path of each descriptor that was looked at, and why it does not fit."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.kind else self.message


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What libvirt makes of the guest's firmware; `None` where it leaves the guest as it is."""

    descriptor: Descriptor | None = None
    """The firmware; `None`: nothing is to be chosen, or the guest brings images of its own."""
    path: str | None = None
    type: str | None = None
    format: str | None = None
    readonly: bool | None = None
    secure: bool | None = None
    """The loader is `secure='yes'` and System Management Mode on."""
    nvram: bool = False
    """The guest gets an `<nvram>`."""
    template: str | None = None
    """What the variables begin as, in `<nvram>` or `<varstore>`."""
    passed_over: tuple[tuple[str, str], ...] = ()
    """Path of each descriptor before the chosen one, and why it does not fit."""


def choose(index: FirmwareIndex, guest: GuestOs, *, arch: str, machine: str) -> Choice | Refusal:
    """The firmware that the libvirt release of that index gives a guest.

    Args:
        index: the host's firmware as that release understands it.
        guest: what the guest asks for.
        arch: libvirt's name.
        machine: canonical name.
    """
    if index.release < VARSTORE:
        guest = msgspec.structs.replace(guest, varstore=None)  # an element that those releases do not read
    for row in CONTRADICTIONS:
        if row.applies(index.release) and row.holds(guest):
            return Refusal(kind=row.kind, message=row.words(guest))
    found = _found(index, guest, arch, machine)
    return found if isinstance(found, Refusal) else _objection(guest, found, arch, machine) or found


def _found(index: FirmwareIndex, guest: GuestOs, arch: str, machine: str) -> Choice | Refusal:
    if guest.firmware is None and guest.loader_type in {None, "rom"}:
        return _own(guest)
    asked = Asked(guest=guest, arch=arch, machine=machine, release=index.release, links=index.facts.links)
    passed_over: list[tuple[str, str]] = []
    for descriptor in index.descriptors:
        reason = next((said for require in REQUIREMENTS if (said := require(asked, descriptor))), "")
        if not reason:
            complaint = complaint_of_old(asked, descriptor)
            choice = _chosen(guest, descriptor, tuple(passed_over))
            return Refusal(kind="unsupported configuration", message=complaint) if complaint else choice
        passed_over.append((descriptor.path, reason))
    if guest.firmware is not None:
        message = f"Unable to find '{guest.firmware}' firmware that is compatible with the current configuration"
        return Refusal(kind="operation failed", message=message, passed_over=tuple(passed_over))
    return _own(guest, tuple(passed_over))


def _own(guest: GuestOs, passed_over: tuple[tuple[str, str], ...] = ()) -> Choice | Refusal:
    """The guest's own images, whatever they are, or none."""
    loader = guest.loader
    if loader is None:
        return Choice()
    nvram = guest.nvram is not None or (guest.loader_type == "pflash" and loader.readonly is True)
    if nvram and guest.varstore:
        return Refusal(kind="unsupported configuration", message="Only one of NVRAM/varstore can be used")
    return Choice(
        path=loader.path,
        type=guest.loader_type,
        format=loader.format or "raw",
        readonly=loader.readonly,
        secure=loader.secure,
        nvram=nvram,
        template=guest.nvram.template if guest.nvram else None,
        passed_over=passed_over,
    )


def _chosen(guest: GuestOs, descriptor: Descriptor, passed_over: tuple[tuple[str, str], ...]) -> Choice:
    flash = descriptor.device is Device.FLASH
    writable = guest.loader is not None and guest.loader.readonly is False
    own_template = guest.nvram.template if guest.nvram else None
    shipped = descriptor.template.path if descriptor.template else descriptor.uefi_vars
    return Choice(
        descriptor=descriptor,
        path=descriptor.code,
        type="pflash" if flash else "rom",
        format=descriptor.code_format or "raw",
        readonly=not writable if flash else None,
        secure=True if Feature.REQUIRES_SMM in descriptor.features else None,
        nvram=descriptor.template is not None,
        template=own_template or shipped,
        passed_over=passed_over,
    )


def _objection(guest: GuestOs, choice: Choice, arch: str, machine: str) -> Refusal | None:
    """What the firmware, however it was come by, needs of the machine and the guest's other features."""
    uefi = guest.firmware == "efi" or (guest.firmware is None and choice.type == "pflash")
    smm_on = guest.smm is True or (choice.descriptor is not None and choice.secure is True)
    secure = choice.secure is True
    objections = (
        (secure and not machine.startswith(("pc-q35", "q35")), "Secure boot is supported with q35 machine types only"),
        (secure and arch != "x86_64", "Secure boot is supported for x86_64 architecture only"),
        (secure and not smm_on, "Secure boot requires SMM feature enabled"),
        (uefi and arch in X86 and not guest.acpi, "UEFI requires ACPI on this architecture"),
        (not uefi and arch == "aarch64" and guest.acpi, "ACPI requires UEFI on this architecture"),
    )
    message = next((message for holds, message in objections if holds), None)
    return Refusal(kind="unsupported configuration", message=message) if message else None
