"""Which firmware there is for a machine: everything that the `<os>` element of a document follows from.

Pure. The descriptors are put in order and understood once (`FirmwareIndex`), then asked for as many machines as
wanted. Rules: a machine is named canonically (`pc-q35-11.1`, never `q35`); no machine, no match. The list of known
images stands in whenever the matching descriptors name no image, whatever the reason.
"""

from __future__ import annotations

import msgspec

from domcaps.errors import RequestError
from domcaps.firmware.descriptor import (
    BROKEN_IS_SKIPPED,
    Descriptor,
    Device,
    Fault,
    Feature,
    Interface,
    read_descriptor,
)
from domcaps.firmware.facts import IMAGE_SINCE, KNOWN_IMAGES, FirmwareFacts
from domcaps.firmware.folders import in_order
from domcaps.release import Release, release

DESCRIPTORS = release("5.2")
"""The first release that reads descriptors (libvirt's NEWS: firmware auto-selection)."""

IMAGES_OF_DESCRIPTORS = release("5.8")
"""Since then the images are those that descriptors name, each listed once; before, those of the configured list or the
known ones, as often as they stand there (libvirt's changes of September 2019)."""

YES_NO = ("yes", "no")


class MachineFirmware(msgspec.Struct, frozen=True, kw_only=True):
    """The firmware of one machine, as far as a document states it."""

    matches: tuple[Descriptor, ...] = ()
    """The descriptors that serve it, in libvirt's order of preference."""
    images: tuple[str, ...] = ()
    """The values of `<loader>`: images that exist, each once, in order; known images where no descriptor names one."""
    skipped: tuple[Fault, ...] = ()
    """The broken descriptors, of whatever machine: for a warning."""

    @property
    def interfaces(self) -> frozenset[Interface]:
        """What the matching firmware offers to a guest (`os/enum[@name='firmware']`: `bios`, and `efi` for `uefi`)."""
        return frozenset(interface for match in self.matches for interface in match.interfaces)

    @property
    def features(self) -> frozenset[Feature]:
        """The features that some matching firmware has."""
        return frozenset(feature for match in self.matches for feature in match.features)

    @property
    def lacking(self) -> frozenset[Feature]:
        """The features that some matching firmware lacks."""
        return frozenset(feature for feature in Feature for match in self.matches if feature not in match.features)

    def choices(self, feature: Feature) -> frozenset[str]:
        """`yes` if some matching firmware has that feature, `no` if some lacks it; empty when none matches."""
        return frozenset(
            word for word, held in zip(YES_NO, (self.features, self.lacking), strict=True) if feature in held
        )

    @property
    def secure_boot(self) -> frozenset[str]:
        """The values of `firmwareFeatures/enum[@name='secureBoot']`."""
        return self.choices(Feature.SECURE_BOOT)

    @property
    def enrolled_keys(self) -> frozenset[str]:
        """The values of `firmwareFeatures/enum[@name='enrolledKeys']`."""
        return self.choices(Feature.ENROLLED_KEYS)

    @property
    def secure(self) -> bool:
        """Whether `loader/enum[@name='secure']` has `yes`: some firmware needs System Management Mode."""
        return Feature.REQUIRES_SMM in self.features

    @property
    def has_uefi_vars(self) -> bool:
        """Whether some firmware keeps its variables in QEMU's uefi-vars device (`<varstore>`, with that device)."""
        return any(match.device is Device.MEMORY and match.uefi_vars is not None for match in self.matches)


class FirmwareIndex:
    """A host's descriptors as one libvirt release understands them.

    Attributes:
        facts: what it was made of.
        release: the libvirt release.
        descriptors: those that count, in libvirt's order of preference.
        skipped: those that are broken, in the same order.
    """

    __slots__ = ("_images", "descriptors", "facts", "release", "skipped")

    def __init__(self, facts: FirmwareFacts, asked: Release) -> None:
        """Understand every descriptor that holds.

        Raises:
            RequestError: one is broken, and that release refuses every request then (before 10.0).
        """
        self.facts = facts
        self.release = asked
        self._images = frozenset(facts.images)
        paths = (*facts.descriptors, *facts.unreadable) if asked >= DESCRIPTORS else ()
        read = [self._read(path) for path in in_order(paths) if facts.descriptors.get(path) != ""]
        self.descriptors = tuple(item for item in read if isinstance(item, Descriptor))
        self.skipped = tuple(item for item in read if isinstance(item, Fault))

    def complaints(self) -> list[str]:
        """A sentence for each descriptor that is broken and passed over."""
        return [
            f"a broken firmware descriptor is passed over: "
            f"{'' if fault.path in fault.message else f'{fault.path}: '}{fault.message}"
            for fault in self.skipped
        ]

    def machine(self, arch: str, machine: str | None) -> MachineFirmware:
        """The firmware of a machine (canonical name) of that architecture (libvirt's name)."""
        matches = tuple(found for found in self.descriptors if machine is not None and found.serves(arch, machine))
        modern = self.release >= IMAGES_OF_DESCRIPTORS
        named = [match.code for match in matches if match.code is not None] if modern else []
        images = [image for image in named or self._known_images() if image in self._images]
        return MachineFirmware(
            matches=matches, images=tuple(dict.fromkeys(images) if modern else images), skipped=self.skipped
        )

    def _known_images(self) -> tuple[str, ...]:
        """What stands in for descriptors: the configured list is void as soon as there is a descriptor at all."""
        if self.facts.nvram is None:
            return tuple(image for image in KNOWN_IMAGES if self.release >= IMAGE_SINCE.get(image, self.release))
        if self.descriptors or self.skipped:
            return ()
        return tuple(entry.partition(":")[0] for entry in self.facts.nvram)

    def _read(self, path: str) -> Descriptor | Fault:
        complaint = self.facts.unreadable.get(path)
        read: Descriptor | Fault
        if complaint is None:
            read = read_descriptor(path, self.facts.descriptors[path], self.release)
        else:
            read = Fault(path=path, message=complaint)
        if isinstance(read, Fault) and self.release < BROKEN_IS_SKIPPED:
            of_the_system = read.message.startswith("Failed to ")  # libvirt gives the system's errors no class
            raise RequestError(read.message, kind="" if of_the_system else "internal error")
        return read


def firmware_for(facts: FirmwareFacts, *, arch: str, machine: str | None, release: Release) -> MachineFirmware:
    """The firmware of one machine; of many, ask one `FirmwareIndex`.

    Raises:
        RequestError: a descriptor is broken, and that release refuses every request then (before 10.0).
    """
    return FirmwareIndex(facts, release).machine(arch, machine)
