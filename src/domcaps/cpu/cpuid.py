"""A host's own CPUID and MSR values: which are read, and what CPU of the map they tell.

Pure code over values; reading them is the host's edge. AMD's copies of leaf 1 in leaf 0x80000001 are no features of
the map, so nothing is done about them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

import msgspec

from domcaps.cpu import since
from domcaps.cpu.choose import CpuData, without_broken_tsx
from domcaps.cpu.model import CpuidBit, CpuSignature, Feature, FeaturePolicy, X86Map
from domcaps.cpu.signature import pack, unpack
from domcaps.release import Release

ARCH_CAPABILITIES = 0x10A
"""IA32_ARCH_CAPABILITIES (Intel SDM volume 4)."""

_OF_HOST_ONLY = ("cmt", "mbm_total", "mbm_local", "osxsave", "ospke")
_OF_HOST_ONLY_VMX = ("vmx-ept-uc", "vmx-ept-wb", "vmx-invvpid-single-context")


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """What CPUID answers to a leaf (`EAX` in) and sub-leaf (`ECX` in)."""

    leaf: int
    subleaf: int = 0
    eax: int = 0
    ebx: int = 0
    ecx: int = 0
    edx: int = 0


class Registers(msgspec.Struct, frozen=True, kw_only=True):
    """CPUID and MSR values of a host."""

    cpuid: tuple[Leaf, ...]
    msrs: Mapping[int, int] = {}
    """Index to value; an MSR that cannot be read is left out."""


class HostDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A host's CPU as `virsh capabilities` tells it: the model, and every feature it has besides."""

    model: str
    vendor: str | None
    signature: CpuSignature | None
    features: tuple[FeaturePolicy, ...]


def leaves_to_read(x86: X86Map) -> tuple[tuple[int, int], ...]:
    """(leaf, sub-leaf) of every CPUID answer that `decode_registers` looks at."""
    told = {(p.leaf, p.subleaf) for feature in x86.features for p in feature.places if isinstance(p, CpuidBit)}
    return tuple(sorted(told | {(0, 0), (1, 0)}))


def msrs_to_read(x86: X86Map, release: Release, leaves: Iterable[Leaf]) -> tuple[int, ...]:
    """Indexes of the MSRs that the release reads: once one of them if CPUID announced it, later all of the map's."""
    indexes = {p.index for feature in x86.features for p in feature.places if not isinstance(p, CpuidBit)}
    if release < since.ALL_MSRS:
        announced = decode_registers(x86, Registers(cpuid=tuple(leaves))).features & x86.mask(("arch-capabilities",))
        indexes &= {ARCH_CAPABILITIES} if announced else set()
    return tuple(sorted(indexes))


def decode_registers(x86: X86Map, registers: Registers) -> CpuData:
    """The CPU that the registers tell."""
    cpuid = {(leaf.leaf, leaf.subleaf): leaf for leaf in registers.cpuid}
    nothing = Leaf(leaf=0)
    features = 0
    for i, feature in enumerate(x86.features):
        if _has(feature, cpuid, registers.msrs, nothing):
            features |= 1 << i
    first = cpuid.get((0, 0), nothing)
    string = struct.pack("<III", first.ebx, first.edx, first.ecx).decode("latin-1")
    cpu = CpuData(features=features, vendor=x86.vendor_of(string), signature=unpack(cpuid.get((1, 0), nothing).eax))
    return without_broken_tsx(cpu, x86)


def _has(feature: Feature, cpuid: Mapping[tuple[int, int], Leaf], msrs: Mapping[int, int], nothing: Leaf) -> bool:
    for place in feature.places:
        if isinstance(place, CpuidBit):
            leaf = cpuid.get((place.leaf, place.subleaf), nothing)
            value = getattr(leaf, place.register)
        else:
            value = msrs.get(place.index, 0)
        if not value >> place.bit & 1:
            return False
    return True


def encode_registers(x86: X86Map, cpu: CpuData) -> Registers:
    """Registers that `decode_registers` reads as this CPU: its features, vendor and signature, and nothing else."""
    values: dict[tuple[int, int], dict[str, int]] = {(0, 0): {}, (1, 0): {}}
    msrs: dict[int, int] = {}
    for i, feature in enumerate(x86.features):
        for place in feature.places if cpu.features >> i & 1 else ():
            if isinstance(place, CpuidBit):
                leaf = values.setdefault((place.leaf, place.subleaf), {})
                leaf[place.register] = leaf.get(place.register, 0) | 1 << place.bit
            else:
                msrs[place.index] = msrs.get(place.index, 0) | 1 << place.bit
    vendor = next((v.string for v in x86.vendors if v.name == cpu.vendor), None)
    if vendor is not None:
        ebx, edx, ecx = struct.unpack("<III", vendor.encode("latin-1"))
        values[0, 0] |= {"ebx": ebx, "edx": edx, "ecx": ecx}
    if cpu.signature is not None:
        s = cpu.signature
        values[1, 0]["eax"] = pack(family=s.family, model=s.model, stepping=s.stepping)
    cpuid = tuple(Leaf(leaf=leaf, subleaf=subleaf, **bits) for (leaf, subleaf), bits in values.items())
    return Registers(cpuid=cpuid, msrs=msrs)


def guest_features(x86: X86Map, release: Release) -> int:
    """The set of features that a host-model made of the host's own registers may list."""
    dropped = _OF_HOST_ONLY + (_OF_HOST_ONLY_VMX if release >= since.ALL_MSRS else ())
    return ~x86.mask(dropped)


def host_definition(x86: X86Map, cpu: CpuData) -> HostDefinition | None:
    """The host's CPU as `virsh capabilities` tells it: nothing disabled, so a model must be part of the CPU.

    Candidates are the models meant for hosts; the signature decides first, then the shorter list. `None`: no model.
    """
    best, best_matches, best_count = None, False, 0
    for model in reversed(x86.models):
        if cpu.vendor is not None and model.vendor is not None and model.vendor != cpu.vendor:
            continue
        if not model.host or model.features & ~cpu.features:
            continue
        matches = cpu.signature is not None and cpu.signature.matches(model.signatures)
        count = (cpu.features & ~model.features).bit_count()
        if best is None or (matches, -count) > (best_matches, -best_count):
            best, best_matches, best_count = model, matches, count
    if best is None:
        return None
    listed = x86.names(cpu.features & ~best.features)
    return HostDefinition(
        model=best.name,
        vendor=cpu.vendor,
        signature=cpu.signature,
        features=tuple(FeaturePolicy(None, name) for name in listed),
    )
