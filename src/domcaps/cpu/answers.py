"""QEMU's replies about CPUs, read into values with libvirt's names.

Pure code over the bytes of a reply's `return` member (QEMU's qapi/machine-target.json). What cannot be a CPU property
in libvirt (null, arrays, objects, fractions) is dropped; a reply without what the schema promises is the emulator's
fault.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from domcaps.cpu import since
from domcaps.cpu.arch import Family, family_of
from domcaps.cpu.model import CpuDefinition, CpuMap, Expansion
from domcaps.cpu.names import translations
from domcaps.errors import ProbeError
from domcaps.release import Release

Reply = bytes | msgspec.Raw
Props = dict[str, bool | int | str]

_INT64 = range(-(1 << 63), 1 << 63)


class _Definition(msgspec.Struct, kw_only=True, rename="kebab"):
    name: str
    unavailable_features: list[str] | None = None
    deprecated: bool = False


class _Model(msgspec.Struct, kw_only=True):
    name: str | None = None
    props: dict[str, object] | None = None


class _Expansion(msgspec.Struct, kw_only=True, rename="kebab"):
    model: _Model | None = None
    deprecated_props: list[str] | None = None


_DEFINITIONS = msgspec.json.Decoder(list[_Definition])
_EXPANSION = msgspec.json.Decoder(_Expansion)


def read_definitions(reply: Reply, *, arch: str, release: Release, cpu_map: CpuMap) -> tuple[CpuDefinition, ...]:
    """The reply to `query-cpu-definitions` of an emulator of `arch`, in QEMU's order.

    Features of x86 and models of ppc64 get libvirt's spelling, as soon as the release gives it (8.9 and 5.9).

    Raises:
        ProbeError: the reply is not a list of definitions.
    """
    try:
        rows = _DEFINITIONS.decode(reply)
    except msgspec.DecodeError as error:
        raise ProbeError("the reply to query-cpu-definitions is not a list of CPU models", said=str(error)) from error
    family = family_of(arch)
    names = translations(release) if family is Family.X86 and release >= since.BLOCKER_NAMES else {}
    power = family is Family.PPC64 and release >= since.PPC64_SPELLINGS
    spellings = cpu_map.ppc64.spellings if power else {}
    return tuple(
        CpuDefinition(
            name=spellings.get(row.name.lower(), row.name),
            unavailable_features=(
                None
                if row.unavailable_features is None or release < since.USABLE
                else tuple([names.get(name, name) for name in row.unavailable_features])
            ),
            deprecated=row.deprecated,
        )
        for row in rows
    )


def read_expansion(
    reply: Reply, *, arch: str, release: Release, unmigratable: Reply | None = None, full: Reply | None = None
) -> Expansion:
    """The reply to `query-cpu-model-expansion` of the host's CPU by an emulator of `arch`.

    Args:
        reply: the expansion of the host's (or the maximum) CPU.
        arch: architecture of the emulator.
        release: libvirt release whose names are used.
        unmigratable: the same asked with `migratable` off; without it nothing is known about migratability.
        full: its `full` expansion, asked for what is deprecated.

    Raises:
        ProbeError: a reply has no model name or, but for s390x, no properties.
    """
    family = family_of(arch)
    names = translations(release) if family is Family.X86 else {}
    said = _decode(reply, family)
    model, props = _model(said, names)
    not_migratable: frozenset[str] = frozenset()
    if unmigratable is not None:
        _, wider = _model(_decode(unmigratable, family), names)
        not_migratable = frozenset(name for name, value in props.items() if value is False and wider.get(name) is True)
        props.update(dict.fromkeys(not_migratable, True))
    deprecated = _decode(full, family).deprecated_props if full is not None else None
    return Expansion(
        model=model,
        props=props,
        not_migratable=not_migratable,
        migratability_known=unmigratable is not None,
        deprecated=tuple(deprecated or said.deprecated_props or ()),
    )


def _decode(reply: Reply, family: Family | None) -> _Expansion:
    try:
        said = _EXPANSION.decode(reply)
    except msgspec.DecodeError as error:
        raise ProbeError("the reply to query-cpu-model-expansion is not a CPU model", said=str(error)) from error
    if said.model is None or said.model.name is None:
        raise ProbeError("the reply to query-cpu-model-expansion names no CPU model")
    if said.model.props is None and family is not Family.S390:
        raise ProbeError("the reply to query-cpu-model-expansion has no CPU properties")
    return said


def _model(said: _Expansion, names: Mapping[str, str]) -> tuple[str, Props]:
    """Name and usable properties of a reply that `_decode` found complete."""
    model = said.model or _Model()
    props: Props = {}
    for name, value in (model.props or {}).items():
        if isinstance(value, bool | str) or (isinstance(value, int) and value in _INT64):
            props[names.get(name, name)] = value
    return model.name or "", props
