"""The document itself: `<domainCapabilities>`, and the parts of it that are neither CPU, device nor feature."""

from __future__ import annotations

from importlib import import_module

from domcaps.release import Release
from domcaps.schema import words as w
from domcaps.schema.cpu import Cpu
from domcaps.schema.declare import Block, Codec, Words, attribute, child, enum, text, values, yes_no
from domcaps.schema.devices import Devices
from domcaps.schema.features import Features, Flag

ROOT = "domainCapabilities"
"""The name of the document's root element."""


class Vcpu(Block):
    """Virtual CPUs."""

    max: int | None = attribute(
        "max", Codec.NUMBER, "1.2.7", "vcpu", "how many a guest can have", always=True, pattern="[0-9]+"
    )


class FirmwareFeatures(Block):
    """What libvirt can ask of the firmware that it chooses."""

    supported: bool | None = yes_no()
    secure_boot: Words = enum(
        "secureBoot", w.YesNo, "12.1", "os/firmware/feature[@name='secure-boot']/@enabled", "firmware with Secure Boot"
    )
    enrolled_keys: Words = enum(
        "enrolledKeys",
        w.YesNo,
        "12.1",
        "os/firmware/feature[@name='enrolled-keys']/@enabled",
        "firmware whose Secure Boot keys are enrolled",
    )


class Loader(Block):
    """Firmware images."""

    supported: bool | None = yes_no()
    value: Words = values(
        "1.2.9", "os/loader", "images that are known and exist; others may do as well", complete=False
    )
    type: Words = enum("type", w.LoaderType, "1.2.9", "os/loader/@type", "how an image is mapped")
    readonly: Words = enum("readonly", w.YesNo, "1.2.9", "os/loader/@readonly", "whether an image is write-protected")
    secure: Words = enum("secure", w.YesNo, "5.3", "os/loader/@secure", "whether an image needs SMM for Secure Boot")


class Os(Block):
    """Booting."""

    any_order = True

    supported: bool | None = yes_no()
    firmware: Words = enum("firmware", w.Firmware, "5.3", "os/@firmware", "the kinds that libvirt can choose by itself")
    firmware_features: FirmwareFeatures | None = child("firmwareFeatures", FirmwareFeatures, "12.1", "os/firmware")
    loader: Loader | None = child("loader", Loader, "1.2.9", "os/loader")
    varstore: Flag | None = child("varstore", Flag, "12.1", "os/varstore", "UEFI variables kept by the emulator")


class MemoryBacking(Block):
    """What a guest's memory is made of."""

    supported: bool | None = yes_no()
    source_type: Words = enum("sourceType", w.MemorySource, "7.6", "memoryBacking/source/@type", "what backs it")


class DomainCapabilities(Block):
    """What a guest may use on one host, with one emulator, virt type, architecture and machine."""

    any_order = True

    path: str | None = text(
        "path", Codec.STRING, "1.2.7", "devices/emulator", "the emulator's path", pattern=r"(/|[a-zA-Z]:\\).+"
    )
    domain: str | None = text("domain", Codec.STRING, "1.2.7", "@type", "the virt type", always=True)
    machine: str | None = text("machine", Codec.STRING, "1.2.7", "os/type/@machine", "the canonical machine type")
    arch: str | None = text("arch", Codec.STRING, "1.2.7", "os/type/@arch", "the guest's architecture", always=True)
    vcpu: Vcpu | None = child("vcpu", Vcpu, "1.2.7", "vcpu")
    iothreads: Flag | None = child(
        "iothreads", Flag, "4.4", "iothreads", "threads for block devices", spellings=("iothread",)
    )
    os: Os | None = child("os", Os, "1.2.9", "os")
    cpu: Cpu | None = child("cpu", Cpu, "2.3", "cpu")
    memory_backing: MemoryBacking | None = child("memoryBacking", MemoryBacking, "7.6", "memoryBacking")
    devices: Devices | None = child("devices", Devices, "1.2.7", "devices")
    features: Features | None = child("features", Features, "1.3.4", "features")

    def to_xml(self, libvirt: Release | str | None = None) -> str:
        """This document as libvirt writes it; with a release, as that release would.

        Raises:
            InputError: the text is no release.
        """
        return self._written("xml", libvirt)

    def to_json(self, libvirt: Release | str | None = None) -> str:
        """This document as JSON on one line; with a release, as `to_xml`."""
        return self._written("json", libvirt)

    def _written(self, form: str, libvirt: Release | str | None) -> str:
        # By name: the schema knows no format, these methods are only the short way to `domcaps.formats`.
        write = import_module("domcaps.formats.forms").write
        written: str = write(self, form, Release.parse(libvirt) if isinstance(libvirt, str) else libvirt)
        return written
