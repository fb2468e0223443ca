"""Edge: the CPU data that domcaps brings along, `data/*.json`, read into `CpuMap`.

The files are ours: `tools/import_cpu_map.py` writes them from libvirt's CPU maps, and what is read from them equals
what `libvirt_map.read_map` reads from the map. Three releases are whole, `libvirt-X.json`; every other one whose map
differs from the one before it is in `changes.json`, as the difference from a neighbour. A model is written as its
difference from an earlier one (`like`), or adds to its ancestor; the order in the file is the map's order.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from domcaps.cpu.changes import Changes, changed
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
from domcaps.release import Release

WHOLE = (Release((9, 0, 0)), Release((11, 3, 0)), Release((12, 8, 0)))
"""The releases whose CPU data is here whole, oldest first."""

STAND_INS = {Release((8, 10, 0)): Release((9, 0, 0)), Release((10, 10, 0)): Release((11, 3, 0))}
"""Releases whose map was not to be had, and the newer one that is nearer to theirs than the older: libvirt's notes say
that all the features of 9.0 came with 8.10, and the versioned models with 10.10 (some first versions with 11.0)."""

DATA = __file__.rpartition("/")[0] + "/data"

CHANGES = f"{DATA}/changes.json"


def load(release: Release) -> CpuMap:
    """The CPU data for a libvirt release: of that release or, failing that, of the nearest older one that is here.

    Releases before the oldest get the oldest, a few a newer one (`STAND_INS`). The data is read once.
    """
    return _read(release if release in WHOLE else _nearest(release))


def releases() -> tuple[Release, ...]:
    """Every release whose data is here, oldest first."""
    return tuple(sorted((*WHOLE, *changes())))


def _nearest(release: Release) -> Release:
    if release >= WHOLE[-1]:
        return WHOLE[-1]
    known = releases()
    latest = max((one for one in (*known, *STAND_INS) if one <= release), default=known[0])
    return STAND_INS.get(latest, latest)


class ModelRow(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A model as the data writes it."""

    ancestor: str | None = None
    own: bool | None = None
    """`None`: as it is with an ancestor (no) or without (yes)."""
    vendor: str | None = None
    signatures: list[str] = []
    compat_check: bool = False
    host: bool = True
    guest: bool = True
    like: str | None = None
    plus: list[str] = []
    minus: list[str] = []
    removed: list[str] = []


class X86Rows(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The x86 part of the data."""

    vendors: dict[str, str]
    features: dict[str, dict[str, int]]
    """Register (`cpuid 0x7 0x1 eax`, `msr 0x10a`) to feature and its bit there."""
    not_migratable: list[str]
    aliases: dict[str, list[tuple[str, str]]]
    models: dict[str, ModelRow]


class Ppc64Row(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A POWER model: vendor, and value and mask of its version registers."""

    vendor: str | None = None
    pvrs: list[tuple[str, str]] = []


class Ppc64Rows(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The ppc64 part of the data."""

    vendors: list[str]
    models: dict[str, Ppc64Row]


class ArmRow(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An Arm model: vendor and part number."""

    vendor: str | None = None
    part: str | None = None


class ArmRows(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The Arm part of the data."""

    vendors: dict[str, str]
    features: list[str]
    models: dict[str, ArmRow]


class DataFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file of CPU data, whole."""

    source: str
    release: str
    x86: X86Rows
    ppc64: Ppc64Rows
    arm: ArmRows


class MapChanges(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The data of a release as its difference from another's; a list is whole where it differs."""

    base: str
    """The other release."""
    vendors: Changes[str] = Changes()
    features: Changes[str] = Changes()
    """Feature to its register and bit (`cpuid 0x7 ebx 4`)."""
    not_migratable: list[str] | None = None
    aliases: Changes[list[tuple[str, str]]] = Changes()
    models: Changes[ModelRow] = Changes()
    ppc64_vendors: list[str] | None = None
    ppc64: Changes[Ppc64Row] = Changes()
    arm_vendors: Changes[str] = Changes()
    arm_features: list[str] | None = None
    arm: Changes[ArmRow] = Changes()


class ChangesFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The file of differences."""

    source: str
    releases: dict[str, MapChanges]


def decode_data(text: bytes) -> CpuMap:
    """Read the text of a data file; it is our own, so a fault in it is a bug (`msgspec.DecodeError`, `KeyError`)."""
    return map_of(msgspec.json.decode(text, type=DataFile))


def map_of(rows: DataFile) -> CpuMap:
    """The map that the rows spell."""
    return CpuMap(release=Release.parse(rows.release), x86=_x86(rows.x86), ppc64=_ppc64(rows.ppc64), arm=_arm(rows.arm))


def with_changes(rows: DataFile, release: Release, changes: MapChanges) -> DataFile:
    """The data of a release, from that of the other."""
    x86, ppc64, arm = rows.x86, rows.ppc64, rows.arm
    return DataFile(
        source=rows.source,
        release=str(release),
        x86=X86Rows(
            vendors=changed(x86.vendors, changes.vendors),
            features=registers_of(changed(places_of(x86.features), changes.features)),
            not_migratable=x86.not_migratable if changes.not_migratable is None else changes.not_migratable,
            aliases=changed(x86.aliases, changes.aliases),
            models=changed(x86.models, changes.models),
        ),
        ppc64=Ppc64Rows(
            vendors=ppc64.vendors if changes.ppc64_vendors is None else changes.ppc64_vendors,
            models=changed(ppc64.models, changes.ppc64),
        ),
        arm=ArmRows(
            vendors=changed(arm.vendors, changes.arm_vendors),
            features=arm.features if changes.arm_features is None else changes.arm_features,
            models=changed(arm.models, changes.arm),
        ),
    )


def places_of(features: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """Each feature's register and bit in one, as `MapChanges` has them."""
    return {name: f"{register} {bit}" for register, bits in features.items() for name, bit in bits.items()}


def registers_of(places: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """The inverse of `places_of`."""
    registers: dict[str, dict[str, int]] = {}
    for name, place in places.items():
        register, _, bit = place.rpartition(" ")
        registers.setdefault(register, {})[name] = int(bit)
    return registers


@lru_cache(maxsize=1)
def changes() -> Mapping[Release, MapChanges]:
    """The releases that are not here whole."""
    text = msgspec.json.decode(_bytes(CHANGES), type=ChangesFile)
    return {Release.parse(name): one for name, one in text.releases.items()}


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - start-up: pathlib takes a tenth of what a cold call imports
        return file.read()


@lru_cache(maxsize=8)
def _read(release: Release) -> CpuMap:
    return map_of(_rows(release))


def _rows(release: Release) -> DataFile:
    if release in WHOLE:
        return msgspec.json.decode(_bytes(f"{DATA}/libvirt-{release}.json"), type=DataFile)
    one = changes()[release]
    return with_changes(_rows(Release.parse(one.base)), release, one)


def _x86(rows: X86Rows) -> X86Map:
    stay = frozenset(rows.not_migratable)
    features = tuple(
        Feature(
            name=name,
            places=(_place(register, bit),),
            migratable=name not in stay,
            aliases=tuple(rows.aliases.get(name, ())),
        )
        for register, bits in rows.features.items()
        for name, bit in bits.items()
    )
    bits = {feature.name: 1 << i for i, feature in enumerate(features)}
    models: dict[str, Model] = {}
    for name, row in rows.models.items():
        models[name] = _model(name, row, models, bits)
    return X86Map(
        vendors=tuple(Vendor(name=name, string=string) for name, string in rows.vendors.items()),
        features=features,
        models=tuple(models.values()),
    )


def _place(register: str, bit: int) -> CpuidBit | MsrBit:
    kind, *where = register.split()
    if kind == "msr":
        return MsrBit(index=int(where[0], 16), bit=bit)
    *leaf, word = where
    subleaf = int(leaf[1], 16) if len(leaf) > 1 else 0
    return CpuidBit(leaf=int(leaf[0], 16), subleaf=subleaf, register=Register(word), bit=bit)


def _model(name: str, row: ModelRow, earlier: dict[str, Model], bits: dict[str, int]) -> Model:
    ancestor = earlier[row.ancestor] if row.ancestor is not None else None
    features = 0
    if ancestor is not None:
        features = ancestor.features & ~_mask(ancestor.removed, bits)
    elif row.like is not None:
        features = earlier[row.like].features
    return Model(
        name=name,
        ancestor=row.ancestor,
        own=row.own if row.own is not None else ancestor is None,
        vendor=row.vendor if row.vendor is not None or ancestor is None else ancestor.vendor,
        signatures=(
            tuple(map(read_signature, row.signatures)) if row.signatures or ancestor is None else ancestor.signatures
        ),
        features=(features | _mask(row.plus, bits)) & ~_mask(row.minus, bits),
        removed=tuple(row.removed),
        host=row.host,
        guest=row.guest,
        compat_check=row.compat_check,
    )


def read_signature(text: str) -> Signature:
    """A signature as the data writes it: `family 6 model 85 stepping 0-4`, the stepping optional."""
    words = text.split()
    said = dict(zip(words[::2], words[1::2], strict=True))
    steppings = said.get("stepping")
    return Signature(
        family=int(said["family"]),
        model=int(said["model"]),
        steppings=None if steppings is None else parse_steppings(steppings),
    )


def _mask(names: list[str] | tuple[str, ...], bits: dict[str, int]) -> int:
    mask = 0
    for name in names:
        mask |= bits[name]
    return mask


def _ppc64(rows: Ppc64Rows) -> Ppc64Map:
    models = (
        Ppc64Model(
            name=name,
            vendor=row.vendor,
            pvrs=tuple(Pvr(value=int(value, 16), mask=int(mask, 16)) for value, mask in row.pvrs),
        )
        for name, row in rows.models.items()
    )
    return Ppc64Map(vendors=tuple(rows.vendors), models=tuple(models))


def _arm(rows: ArmRows) -> ArmMap:
    models = (
        ArmModel(name=name, vendor=row.vendor, part=int(row.part, 16) if row.part is not None else None)
        for name, row in rows.models.items()
    )
    return ArmMap(
        vendors=tuple(ArmVendor(name=name, value=int(value, 16)) for name, value in rows.vendors.items()),
        features=tuple(rows.features),
        models=tuple(models),
    )
