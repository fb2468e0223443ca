"""What a descriptor must fulfil to be a guest's firmware: one function per requirement, in libvirt's order.

Pure. Each function gives the reason why a descriptor is passed over, or an empty string. Rules of 12.8; those of 11.3
and 9.0 where they differ stand in the same function, by release.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from domcaps.firmware.descriptor import Descriptor, Device, Feature, FlashMode, Interface
from domcaps.firmware.guest import GuestOs, Loader
from domcaps.firmware.rework import CHECKS_FORMATS, REWORKED
from domcaps.release import Release

FORMATS = ("raw", "qcow2")
"""The image formats of flash that libvirt takes."""

LAUNCH_SECURITY = {"sev": Feature.AMD_SEV, "sev-snp": Feature.AMD_SEV_SNP, "tdx": Feature.INTEL_TDX}
"""`launchSecurity/@type` to the feature that it needs."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A guest, the machine it is for, and by whose rules."""

    guest: GuestOs
    arch: str
    machine: str
    release: Release
    links: dict[str, str] = {}

    @property
    def loader(self) -> Loader:
        """The guest's loader, or one that says nothing."""
        return self.guest.loader or Loader()

    def same_file(self, one: str, other: str) -> bool:
        """Whether two paths name one file: by their text, and since the rework by where their links lead."""
        if self.release >= REWORKED:
            one, other = self.links.get(one, one), self.links.get(other, other)
        return one == other


def interface(asked: Asked, descriptor: Descriptor) -> str:
    """`os/@firmware`, or UEFI for a flash loader of the guest's own."""
    wanted = Interface.BIOS if asked.guest.firmware == "bios" else Interface.UEFI
    return "" if wanted in descriptor.interfaces else f"it is no {wanted} firmware"


def loader_path(asked: Asked, descriptor: Descriptor) -> str:
    """The guest's own path is that of the image."""
    path = asked.loader.path
    if path is None or (asked.guest.firmware is not None and asked.release < CHECKS_FORMATS):
        return ""
    if descriptor.code is not None and asked.same_file(path, descriptor.code):
        return ""
    return f"its image is {descriptor.code}, not {path}"


def template(asked: Asked, descriptor: Descriptor) -> str:
    """The guest's own template of variables is the descriptor's."""
    nvram, varstore = asked.guest.nvram, asked.guest.varstore
    own, shipped = nvram.template if nvram else None, descriptor.template
    if own is not None and shipped is not None and not asked.same_file(own, shipped.path):
        return f"its template is {shipped.path}, not {own}"
    own = varstore.template if varstore else None
    if own is not None and own != descriptor.uefi_vars:
        return f"its template of variables is {descriptor.uefi_vars}, not {own}"
    return ""


def target(asked: Asked, descriptor: Descriptor) -> str:
    """It is for the architecture and the machine."""
    return "" if descriptor.serves(asked.arch, asked.machine) else f"it is not for {asked.arch} {asked.machine}"


def suspend(asked: Asked, descriptor: Descriptor) -> str:
    """`<pm>`: what the guest shall be able to sleep in."""
    for wanted, feature in (
        (asked.guest.suspend_to_mem, Feature.ACPI_S3),
        (asked.guest.suspend_to_disk, Feature.ACPI_S4),
    ):
        if wanted and feature not in descriptor.features:
            return f"it lacks {feature}"
    return ""


def features(asked: Asked, descriptor: Descriptor) -> str:
    """`<firmware><feature>`: there, or not there, as the guest says."""
    for name, wanted in asked.guest.features.items():
        if wanted != (name in descriptor.features):
            return f"it lacks {name}" if wanted else f"it has {name}"
    return ""


def secure_loader(asked: Asked, descriptor: Descriptor) -> str:
    """System Management Mode and `loader/@secure` go together."""
    if Feature.REQUIRES_SMM not in descriptor.features:
        return "it does without SMM, so the loader cannot be secure" if asked.loader.secure is True else ""
    if asked.guest.smm is False and asked.release >= CHECKS_FORMATS:
        return "it requires SMM, which is off"
    return "it requires SMM, and the loader is not to be secure" if asked.loader.secure is False else ""


def flash(asked: Asked, descriptor: Descriptor) -> str:
    """What flash needs: type, mode, formats."""
    if descriptor.device is not Device.FLASH:
        return ""
    if asked.guest.loader_type == "rom":
        return "it is flash, not ROM"
    if asked.guest.varstore is not None:
        return "it is flash, which has no varstore"
    checks = (_mode, _formats) if asked.release >= REWORKED else (_mode_before, _formats_before)
    return next((said for check in checks if (said := check(asked, descriptor))), "")


def memory(asked: Asked, descriptor: Descriptor) -> str:
    """What an image in memory needs: type, and where variables are kept."""
    if descriptor.device is not Device.MEMORY:
        return ""
    loader, has_store = asked.loader, descriptor.uefi_vars is not None
    reasons = [
        (asked.guest.loader_type == "pflash", "it is ROM, not flash"),
        (loader.readonly is False, "it is ROM, which cannot be written"),
    ]
    if asked.release >= REWORKED:
        reasons += [
            (asked.guest.nvram is not None, "it is ROM, which has no nvram"),
            (asked.guest.varstore is not None and not has_store, "it has no template for a varstore"),
            (loader.stateless is False and not has_store, "it is stateless"),
            (loader.stateless is True and has_store, "it is not stateless"),
        ]
    return next((said for holds, said in reasons if holds), "")


def launch_security(asked: Asked, descriptor: Descriptor) -> str:
    """`<launchSecurity>`: the firmware is made for it."""
    wanted = []
    if (feature := LAUNCH_SECURITY.get(asked.guest.launch_security or "")) is not None:
        wanted = [feature, Feature.AMD_SEV_ES] if feature is Feature.AMD_SEV and asked.guest.sev_es else [feature]
    return next((f"it lacks {feature}" for feature in wanted if feature not in descriptor.features), "")


REQUIREMENTS: tuple[Callable[[Asked, Descriptor], str], ...] = (
    interface,
    loader_path,
    template,
    target,
    suspend,
    features,
    secure_loader,
    flash,
    memory,
    launch_security,
)
"""All that a descriptor must pass, in libvirt's order."""


def complaint_of_old(asked: Asked, descriptor: Descriptor) -> str:
    """Why libvirt before 9.2 does not start a guest with the descriptor that it chose; the words are ours."""
    if asked.release >= CHECKS_FORMATS:
        return ""
    if asked.guest.smm is False and Feature.REQUIRES_SMM in descriptor.features:
        return f"the firmware of '{descriptor.path}' requires SMM, which is off"
    formats = (descriptor.code_format, descriptor.template.format if descriptor.template else None)
    odd = next((found for found in formats if found not in {None, "raw"}), None)
    return f"the firmware of '{descriptor.path}' has the format '{odd}', and only raw is supported" if odd else ""


def _mode(asked: Asked, descriptor: Descriptor) -> str:
    loader, mode = asked.loader, descriptor.mode
    reasons = (
        (loader.stateless is True and mode is not FlashMode.STATELESS, "it is not stateless"),
        (loader.stateless is False and mode is FlashMode.STATELESS, "it is stateless"),
        (loader.readonly is True and mode is FlashMode.COMBINED, "its image must be writable"),
        (loader.readonly is False and mode is not FlashMode.COMBINED, "its image is read-only"),
    )
    return next((said for holds, said in reasons if holds), "")


def _mode_before(asked: Asked, descriptor: Descriptor) -> str:
    wanted = FlashMode.STATELESS if asked.loader.stateless else FlashMode.SPLIT
    if descriptor.mode is not wanted:
        return f"its flash is {descriptor.mode}, not {wanted}"
    return "its image is read-only" if asked.loader.readonly is False else ""


def _formats(asked: Asked, descriptor: Descriptor) -> str:
    nvram, shipped = asked.guest.nvram, descriptor.template
    if said := _format("image", descriptor.code_format, asked.loader.format):
        return said
    if shipped is None:
        return "it keeps no variables, so there is no nvram" if nvram is not None else ""
    if said := _format("template", shipped.format, nvram.template_format if nvram else None):
        return said
    no_loader = asked.guest.loader is None
    return _format("template", shipped.format, nvram.format if nvram and no_loader else None)


def _formats_before(asked: Asked, descriptor: Descriptor) -> str:
    if asked.release < CHECKS_FORMATS:
        return ""
    nvram = asked.guest.nvram
    borrowed = nvram.format if nvram and asked.guest.loader is None else None
    if said := _format("image", descriptor.code_format, asked.loader.format or borrowed):
        return said
    return _format("template", descriptor.template.format, None) if descriptor.template else ""


def _format(what: str, has: str | None, wanted: str | None) -> str:
    if has not in FORMATS:
        return f"its {what} has the format {has}, which libvirt does not take"
    return f"its {what} has the format {has}, not {wanted}" if wanted not in {None, has} else ""
