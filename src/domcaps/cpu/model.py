"""The values of the CPU engine: CPU maps, QEMU's answers about CPUs, and CPUs of guests.

Rules of this file: records only, each frozen; a set of x86 features is one `int`, bit *i* being the *i*-th feature of
the map, so that "in map order" is "lowest bit first" and the algebra of sets is `& | ~`. Such a set has a meaning only
beside its map: `X86Map.names` and `X86Map.mask` translate.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import Literal

import msgspec

from domcaps.release import Release


class Register(StrEnum):
    """The four registers that CPUID fills (Intel SDM volume 2, CPUID)."""

    EAX = "eax"
    EBX = "ebx"
    ECX = "ecx"
    EDX = "edx"


class CpuidBit(msgspec.Struct, frozen=True, kw_only=True):
    """One bit of a CPUID leaf (`EAX` in), sub-leaf (`ECX` in) and register."""

    leaf: int
    subleaf: int = 0
    register: Register
    bit: int


class MsrBit(msgspec.Struct, frozen=True, kw_only=True):
    """One bit, 0 to 63, of a model-specific register."""

    index: int
    bit: int


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """A feature of x86 CPUs, by libvirt's name."""

    name: str
    places: tuple[CpuidBit | MsrBit, ...]
    """The bits that are all set when the CPU has the feature: one, in every map that is known."""
    migratable: bool = True
    aliases: tuple[tuple[str, str], ...] = ()
    """(source, name): how others (`qemu`, `linux`) spell it. Information; nothing is decided by it."""

    @property
    def in_msr(self) -> bool:
        """The feature is told by a model-specific register, not by CPUID."""
        return any(isinstance(place, MsrBit) for place in self.places)


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Family, model and steppings (one bit per stepping 0 to 15, `None`: any) that a CPU model has."""

    family: int
    model: int
    steppings: int | None = None


class CpuSignature(msgspec.Struct, frozen=True, kw_only=True):
    """Family, model and stepping of one CPU, as CPUID leaf 1 EAX tells them."""

    family: int
    model: int
    stepping: int

    def matches(self, signatures: Iterable[Signature]) -> bool:
        """Whether a CPU model with these signatures may be this CPU."""
        return any(
            s.family == self.family
            and s.model == self.model
            and (s.steppings is None or bool(s.steppings >> self.stepping & 1))
            for s in signatures
        )


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model of x86 CPUs, with what it has from its ancestor filled in."""

    name: str
    ancestor: str | None = None
    own: bool = True
    """It says something of its own. Without, and with an ancestor, its name is the canonical one of the ancestor."""
    vendor: str | None = None
    signatures: tuple[Signature, ...] = ()
    features: int
    """Feature set."""
    removed: tuple[str, ...] = ()
    """Features that used to be part of the model: disabled whenever it is used for a guest. Order of the map's file."""
    host: bool = True
    """May be chosen to describe a host."""
    guest: bool = True
    """May be chosen to describe a guest."""
    compat_check: bool = False
    """Compare keeps to the old way for this model: by features, not by blockers."""


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor of x86 CPUs: libvirt's name, and the 12 characters of CPUID leaf 0."""

    name: str
    string: str


class X86Map(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The x86 part of a CPU map. Orders are the map's: of features and of models they decide answers."""

    vendors: tuple[Vendor, ...] = ()
    features: tuple[Feature, ...] = ()
    models: tuple[Model, ...] = ()

    @cached_property
    def bits(self) -> dict[str, int]:
        """Feature name to the set of only this feature."""
        return {feature.name: 1 << i for i, feature in enumerate(self.features)}

    @cached_property
    def by_name(self) -> dict[str, Model]:
        """Model name to model."""
        return {model.name: model for model in self.models}

    @cached_property
    def canonical(self) -> dict[str, str]:
        """Model name to its canonical name, for the models that have one."""
        return {m.ancestor: m.name for m in reversed(self.models) if m.ancestor is not None and not m.own}

    @cached_property
    def msr_features(self) -> int:
        """The set of features that model-specific registers tell."""
        return self.mask(feature.name for feature in self.features if feature.in_msr)

    @cached_property
    def not_migratable(self) -> int:
        """The set of features that a guest cannot take along."""
        return self.mask(feature.name for feature in self.features if not feature.migratable)

    def mask(self, names: Iterable[str]) -> int:
        """The set of these features; names that the map does not have are left out."""
        bits = self.bits
        mask = 0
        for name in names:
            mask |= bits.get(name, 0)
        return mask

    def names(self, mask: int) -> list[str]:
        """The names of a set, in map order."""
        names = []
        while mask:
            low = mask & -mask
            names.append(self.features[low.bit_length() - 1].name)
            mask ^= low
        return names

    def vendor_of(self, string: str) -> str | None:
        """The vendor of the 12 characters of CPUID leaf 0."""
        return next((vendor.name for vendor in self.vendors if vendor.string == string), None)


class Pvr(msgspec.Struct, frozen=True, kw_only=True):
    """A processor version register's value under a mask (Power ISA, PVR)."""

    value: int
    mask: int


class Ppc64Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model of POWER CPUs."""

    name: str
    vendor: str | None = None
    pvrs: tuple[Pvr, ...] = ()


class Ppc64Map(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The ppc64 part of a CPU map."""

    vendors: tuple[str, ...] = ()
    models: tuple[Ppc64Model, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Ppc64Model]:
        """Model name to model."""
        return {model.name: model for model in self.models}

    @cached_property
    def spellings(self) -> dict[str, str]:
        """Model name in lower case to the map's spelling: QEMU writes `power8` for `POWER8`."""
        return {model.name.lower(): model.name for model in self.models}

    def model_of(self, pvr: int) -> Ppc64Model | None:
        """The model of a processor version register: the first that has it."""
        return next((m for m in self.models if any(pvr & p.mask == p.value for p in m.pvrs)), None)


class ArmVendor(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor of Arm CPUs and its implementer code (Arm ARM, MIDR_EL1)."""

    name: str
    value: int


class ArmModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model of Arm CPUs and its part number (Arm ARM, MIDR_EL1)."""

    name: str
    vendor: str | None = None
    part: int | None = None


class ArmMap(msgspec.Struct, frozen=True, kw_only=True):
    """The Arm part of a CPU map: no document depends on it, it is there to be asked."""

    vendors: tuple[ArmVendor, ...] = ()
    features: tuple[str, ...] = ()
    models: tuple[ArmModel, ...] = ()


class CpuMap(msgspec.Struct, frozen=True, kw_only=True):
    """The CPU models and features that a libvirt release knows."""

    release: Release
    """The release whose data this is (not the one that is imitated: another may stand in)."""
    x86: X86Map = X86Map()
    ppc64: Ppc64Map = Ppc64Map()
    arm: ArmMap = ArmMap()


class CpuDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of QEMU's `query-cpu-definitions`, in libvirt's names."""

    name: str
    unavailable_features: tuple[str, ...] | None = None
    """What keeps the model from running here, in QEMU's order; `None`: QEMU does not tell."""
    deprecated: bool = False


class Expansion(msgspec.Struct, frozen=True, kw_only=True):
    """What QEMU's `query-cpu-model-expansion` says of the host's (or its maximum) CPU, in libvirt's names."""

    model: str
    props: dict[str, bool | int | str]
    not_migratable: frozenset[str] = frozenset()
    """Of `props`, those a guest can have but not take along."""
    migratability_known: bool = False
    deprecated: tuple[str, ...] = ()
    """QEMU's own names, untranslated."""


class Policy(StrEnum):
    """What a CPU definition wants of a feature (libvirt: domain XML, `cpu/feature/@policy`)."""

    FORCE = "force"
    REQUIRE = "require"
    OPTIONAL = "optional"
    DISABLE = "disable"
    FORBID = "forbid"


class FeaturePolicy(msgspec.Struct, frozen=True):
    """A feature of a CPU definition; without policy in definitions of hosts."""

    policy: Policy | None
    name: str


Fallback = Literal["forbid", "allow"]


class GuestCpu(msgspec.Struct, frozen=True, kw_only=True):
    """A CPU that a guest can be given: the host-model, a baseline."""

    model: str
    fallback: Fallback | None = "forbid"
    """`None`: the definition says nothing of it (the baselines of s390x)."""
    vendor: str | None = None
    features: tuple[FeaturePolicy, ...] = ()
    max_phys_bits: int | None = None
    """The host's physical address bits, as the limit of `<maxphysaddr mode='passthrough'>`."""


Usable = Literal["yes", "no", "unknown"]


class CustomModel(msgspec.Struct, frozen=True, kw_only=True):
    """A CPU model that a guest may name."""

    name: str
    usable: Usable
    deprecated: bool = False
    vendor: str = "unknown"
    canonical: str | None = None
    blockers: tuple[str, ...] | None = None
    """Features that keep it from running here; `None` unless `usable` is `no` (and in releases without blockers)."""


class InputKind(StrEnum):
    """A CPU definition describes a host (it has an `arch` child) or is one for a guest."""

    HOST = "host"
    GUEST = "guest"


class InputCpu(msgspec.Struct, frozen=True, kw_only=True):
    """A `<cpu>` element that somebody gave: to compare, or to make a baseline of."""

    kind: InputKind = InputKind.GUEST
    arch: str | None = None
    mode: str = "custom"
    match: str = "exact"
    model: str | None = None
    fallback: Fallback = "allow"
    vendor: str | None = None
    features: tuple[FeaturePolicy, ...] = ()
    max_phys_bits: int | None = None
    """The limit of `maxphysaddr`."""


class Hypervisor(msgspec.Struct, frozen=True, kw_only=True):
    """What one emulator process says of CPUs: whom baseline and compare are asked of."""

    emulator: str
    """Path of the binary, for messages."""
    virt_type: str
    arch: str
    """Architecture of the binary."""
    release: Release
    cpu_map: CpuMap
    definitions: tuple[CpuDefinition, ...] | None = None
    expansion: Expansion | None = None
    host_model: GuestCpu | None = None
