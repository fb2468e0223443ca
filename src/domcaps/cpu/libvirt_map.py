"""Edge: a CPU map directory as libvirt installs it (`/usr/share/libvirt/cpu_map`) read into a `CpuMap`.

The index names files in the order that counts; a group without a name is skipped. Of each file vendors are taken
first, then features, then models; what stands in the index itself counts before what it includes (releases before 4.7
have one file, `cpu_map.xml`, with all in it). An ancestor must stand before its heirs, so that no cycle can be written.
Nothing of a map is trusted: no entities, no network, no file outside the directory.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

import msgspec
from lxml import etree

from domcaps.cpu.model import (
    ArmMap,
    ArmModel,
    ArmVendor,
    CpuidBit,
    CpuMap,
    Feature,
    Model,
    MsrBit,
    Ppc64Map,
    Ppc64Model,
    Pvr,
    Register,
    Signature,
    Vendor,
    X86Map,
)
from domcaps.cpu.signature import parse_steppings
from domcaps.errors import InputError
from domcaps.release import Release


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed file of the map, and the name that errors call it by."""

    name: str
    root: etree._Element

    def each(self, kind: str) -> Iterator[_Entry]:
        return (_Entry(file=self.name, element=element) for element in self.root.iterchildren(kind))


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An element of a map, read with errors that say where."""

    file: str
    element: etree._Element

    def fault(self, message: str) -> InputError:
        return InputError(message, source=self.file, place=f"line {self.element.sourceline}")

    def children(self, kind: str) -> Iterator[_Entry]:
        return (_Entry(file=self.file, element=child) for child in self.element.iterchildren(kind))

    def child(self, kind: str) -> _Entry | None:
        return next(self.children(kind), None)

    def word(self, attribute: str) -> str:
        value = self.element.get(attribute)
        if not value:
            raise self.fault(f"<{self.element.tag}> has no {attribute}")
        return value

    def number(self, attribute: str, default: int | None = None) -> int:
        if default is not None and self.element.get(attribute) is None:
            return default
        value = self.word(attribute)
        try:
            number = int(value, 0)
        except ValueError:
            number = -1
        if number < 0:
            raise self.fault(f"'{value}' of {attribute} is not a number")
        return number


def read_map(directory: Path, release: Release) -> CpuMap:
    """Read the CPU map of `release` from its directory.

    Raises:
        InputError: a file is missing, is not XML, or says what cannot be; with the file and the line.
    """
    path = directory / "index.xml"
    index = _parse(path if path.exists() else _before_4_7(directory) or path)
    x86, ppc64, arm = _X86Reader(), _Ppc64Reader(), _ArmReader()
    readers: dict[str, _X86Reader | _Ppc64Reader | _ArmReader] = {"x86": x86, "ppc64": ppc64, "arm": arm}
    for section in index.each("arch"):
        reader = readers.get(section.word("name"))
        if reader:
            reader.read(_File(name=section.file, root=section.element))
            for name in _included(section):
                reader.read(_parse(directory / name))
    return CpuMap(release=release, x86=x86.result(), ppc64=ppc64.result(), arm=arm.result())


def _before_4_7(directory: Path) -> Path | None:
    """The one file that holds the whole map of a release before 4.7, beside where newer ones have their directory."""
    return next((path for path in (directory / "cpu_map.xml", directory) if path.is_file()), None)


def _included(section: _Entry) -> Iterator[str]:
    """The file names of a section of the index, in its order."""
    for element in section.element.iterchildren("include", "group"):
        entry = _Entry(file=section.file, element=element)
        if element.tag == "group":
            if element.get("name"):
                yield from _included(entry)
            continue
        name = entry.word("filename")
        if Path(name).name != name:
            raise entry.fault(f"'{name}' is not the name of a file beside the index")
        yield name


def _parse(path: Path) -> _File:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the CPU map: {error.strerror}", source=str(path)) from error
    if b"<!DOCTYPE" in text:
        raise InputError("a CPU map has no document type", source=str(path))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(f"not XML: {error.msg}", source=str(path), place=f"line {error.lineno}") from error
    if root.tag != "cpus":
        raise InputError(f"a CPU map starts with <cpus>, not <{root.tag}>", source=str(path), place="line 1")
    return _File(name=str(path), root=root)


class _X86Reader:
    """Gathers the x86 section, file after file."""

    def __init__(self) -> None:
        self.vendors: dict[str, Vendor] = {}
        self.features: dict[str, Feature] = {}
        self.bits: dict[str, int] = {}
        self.models: dict[str, Model] = {}

    def read(self, file: _File) -> None:
        for entry in file.each("vendor"):
            name = _new_name(entry, self.vendors)
            self.vendors[name] = Vendor(name=name, string=entry.word("string"))
        for entry in file.each("feature"):
            name = _new_name(entry, self.features)
            self.bits[name] = 1 << len(self.features)
            self.features[name] = _x86_feature(entry, name)
        for entry in file.each("model"):
            name = _new_name(entry, self.models)
            self.models[name] = self._model(entry, name)

    def result(self) -> X86Map:
        return X86Map(
            vendors=tuple(self.vendors.values()),
            features=tuple(self.features.values()),
            models=tuple(self.models.values()),
        )

    def _model(self, entry: _Entry, name: str) -> Model:
        ancestor = self._ancestor(entry)
        part, removed, added = self._features(entry)
        vendor = _vendor(entry, self.vendors)
        signatures = tuple(_signature(child) for child in entry.children("signature"))
        features = self._mask(part)
        if ancestor is not None:
            features |= ancestor.features & ~self._mask(ancestor.removed)
        decode = entry.child("decode")
        check = entry.child("check")
        return Model(
            name=name,
            ancestor=ancestor.name if ancestor is not None else None,
            own=ancestor is None or any((part, removed, added, vendor, signatures)),
            vendor=vendor or (ancestor.vendor if ancestor is not None else None),
            signatures=signatures or (ancestor.signatures if ancestor is not None else ()),
            features=features,
            removed=removed,
            host=decode is None or decode.element.get("host") == "on",
            guest=decode is None or decode.element.get("guest") == "on",
            compat_check=check is not None and check.element.get("partial") == "compat",
        )

    def _ancestor(self, entry: _Entry) -> Model | None:
        child = entry.child("model")
        if child is None:
            return None
        name = child.word("name")
        if name not in self.models:
            raise child.fault(f"ancestor '{name}' is not defined before this model")
        return self.models[name]

    def _features(self, entry: _Entry) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Names of the features that the model itself lists: part of it, removed, added.

        Added ones only keep libvirt from wondering at them in a started guest: no answer of ours depends on them.
        """
        part: list[str] = []
        removed: list[str] = []
        added: list[str] = []
        for child in entry.children("feature"):
            name = child.word("name")
            if name not in self.features:
                raise child.fault(f"unknown feature '{name}'")
            if child.element.get("removed") == "yes":
                removed.append(name)
            elif child.element.get("added") == "yes":
                added.append(name)
            else:
                part.append(name)
        return tuple(part), tuple(removed), tuple(added)

    def _mask(self, names: tuple[str, ...]) -> int:
        mask = 0
        for name in names:
            mask |= self.bits[name]
        return mask


def _new_name(entry: _Entry, known: Container[str]) -> str:
    name = entry.word("name")
    if name in known:
        raise entry.fault(f"{entry.element.tag} '{name}' is defined twice")
    return name


def _vendor(entry: _Entry, known: Container[str]) -> str | None:
    child = entry.child("vendor")
    if child is None:
        return None
    name = child.word("name")
    if name not in known:
        raise child.fault(f"unknown vendor '{name}'")
    return name


def _x86_feature(entry: _Entry, name: str) -> Feature:
    places: list[CpuidBit | MsrBit] = []
    for child in entry.children("cpuid"):
        leaf, subleaf = child.number("eax_in"), child.number("ecx_in", 0)
        for register in Register:
            bits = _bits(child.number(register, 0))
            places += (CpuidBit(leaf=leaf, subleaf=subleaf, register=register, bit=bit) for bit in bits)
    for child in entry.children("msr"):
        value = child.number("eax", 0) | child.number("edx", 0) << 32
        places += (MsrBit(index=child.number("index"), bit=bit) for bit in _bits(value))
    if not places:
        raise entry.fault(f"feature '{name}' has no bit")
    return Feature(
        name=name,
        places=tuple(places),
        migratable=entry.element.get("migratable") != "no",
        aliases=tuple((child.word("source"), child.word("name")) for child in entry.children("alias")),
    )


def _bits(value: int) -> list[int]:
    return [bit for bit in range(value.bit_length()) if value >> bit & 1]


def _signature(entry: _Entry) -> Signature:
    text = entry.element.get("stepping")
    try:
        steppings = parse_steppings(text) if text is not None else None
    except ValueError as error:
        raise entry.fault(str(error)) from None
    return Signature(family=entry.number("family"), model=entry.number("model"), steppings=steppings)


class _Ppc64Reader:
    """Gathers the ppc64 section."""

    def __init__(self) -> None:
        self.vendors: list[str] = []
        self.models: dict[str, Ppc64Model] = {}

    def read(self, file: _File) -> None:
        for entry in file.each("vendor"):
            self.vendors.append(_new_name(entry, self.vendors))
        for entry in file.each("model"):
            name = _new_name(entry, self.models)
            pvrs = tuple(
                Pvr(value=child.number("value"), mask=child.number("mask", 0xFFFFFFFF))
                for child in entry.children("pvr")
            )
            self.models[name] = Ppc64Model(name=name, vendor=_vendor(entry, self.vendors), pvrs=pvrs)

    def result(self) -> Ppc64Map:
        return Ppc64Map(vendors=tuple(self.vendors), models=tuple(self.models.values()))


class _ArmReader:
    """Gathers the Arm section."""

    def __init__(self) -> None:
        self.vendors: dict[str, ArmVendor] = {}
        self.features: list[str] = []
        self.models: dict[str, ArmModel] = {}

    def read(self, file: _File) -> None:
        for entry in file.each("vendor"):
            name = _new_name(entry, self.vendors)
            self.vendors[name] = ArmVendor(name=name, value=entry.number("value"))
        for entry in file.each("feature"):
            self.features.append(_new_name(entry, self.features))
        for entry in file.each("model"):
            name = _new_name(entry, self.models)
            pvr = entry.child("pvr")
            part = pvr.number("value") if pvr is not None else None
            self.models[name] = ArmModel(name=name, vendor=_vendor(entry, self.vendors), part=part)

    def result(self) -> ArmMap:
        return ArmMap(
            vendors=tuple(self.vendors.values()), features=tuple(self.features), models=tuple(self.models.values())
        )
