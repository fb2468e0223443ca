"""The CPU models that a guest may name: the custom mode of a document.

Pure code. The list is QEMU's, filtered by the document's architecture and ordered as the release does.
"""

from __future__ import annotations

from domcaps.cpu import since
from domcaps.cpu.arch import Family, family_of
from domcaps.cpu.model import CpuDefinition, CpuMap, CustomModel, Usable
from domcaps.release import Release

_HOST = "host"
_S390_PREFIXES = ("z", "gen")
_UNKNOWN = "unknown"


def custom_models(
    *, document_arch: str, definitions: tuple[CpuDefinition, ...] | None, cpu_map: CpuMap, release: Release
) -> tuple[CustomModel, ...]:
    """The custom models of a document for `document_arch`; empty: custom mode is not supported."""
    family = family_of(document_arch)
    if family is None or definitions is None or (family is Family.RISCV64 and release < since.RISCV64_CUSTOM):
        return ()
    known = _known(family, cpu_map)
    models = [
        _custom_model(definition, family, cpu_map, release)
        for definition in definitions
        if definition.name != _HOST and (known is None or definition.name in known)
    ]
    if release >= since.SORTED_CUSTOM:
        models.sort(key=lambda model: model.name.encode())
    return tuple(models)


def _known(family: Family, cpu_map: CpuMap) -> frozenset[str] | None:
    """The names that the map must have, `None` where it has no say."""
    if family is Family.X86:
        return frozenset(cpu_map.x86.by_name)
    if family is Family.PPC64:
        return frozenset(cpu_map.ppc64.by_name)
    return None


def _custom_model(definition: CpuDefinition, family: Family, cpu_map: CpuMap, release: Release) -> CustomModel:
    unavailable = definition.unavailable_features
    usable: Usable = "unknown" if unavailable is None else "no" if unavailable else "yes"
    blockers = None
    if unavailable and release >= since.BLOCKERS:
        blockers = tuple(sorted(set(unavailable), key=str.encode))
    canonical = None
    if family is Family.X86 and release >= since.CANONICAL:
        canonical = cpu_map.x86.canonical.get(definition.name)
    return CustomModel(
        name=definition.name,
        usable=usable,
        deprecated=definition.deprecated,
        vendor=_vendor(definition.name, family, cpu_map, release),
        canonical=canonical,
        blockers=blockers,
    )


def _vendor(name: str, family: Family, cpu_map: CpuMap, release: Release) -> str:
    if family is Family.X86:
        return cpu_map.x86.by_name[name].vendor or _UNKNOWN
    if family is Family.PPC64:
        return cpu_map.ppc64.by_name[name].vendor or _UNKNOWN
    if family is Family.S390 and release >= since.S390_VENDOR and name.startswith(_S390_PREFIXES):
        return "IBM"
    return _UNKNOWN
