"""The host-models of documents as sets of features, and the one host-model that holds on several hosts.

Pure code. What a host-model lists is only its difference from a named model, so documents are compared and combined by
what the CPU has in the end. On x86 that needs the models of a CPU map; a model that the map does not have (s390x,
ppc64) is compared with itself alone, by what it lists.

Rules kept here:

- what is common follows from sets and lists alone, so that it does not depend on who is asked first; a name is given
  at the end: that of the inputs where all of them agree, else the one that libvirt would choose for these features
  among the models that all the documents list;
- describing a set by a model loses nothing: expanded again, it is the same set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from domcaps.cpu.choose import CpuData, Problem
from domcaps.cpu.model import X86Map
from domcaps.schema.cpu import CpuFeature, CustomModel, HostModel, HostModelName

_ADDING = frozenset({"require", "force", None})
_REMOVING = frozenset({"disable", "forbid"})
_ORDER = {"disable": 0, "forbid": 0, None: 2, "require": 2, "force": 2}
"""How much a listed feature gives; one that is not listed gives 1."""


class Expanded(msgspec.Struct, frozen=True, kw_only=True):
    """All that a host-model has."""

    known: int
    """Set of the map's features."""
    unknown: frozenset[str]
    """Required features that the map does not have."""


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A CPU as a host-model tells it."""

    name: str
    vendor: str | None
    feature: tuple[CpuFeature, ...]


def model_name(host_model: HostModel | None) -> str | None:
    """The name of a host-model's model; `None` where there is none."""
    return None if host_model is None or host_model.model is None else host_model.model.name


def expanded(host_model: HostModel | None, x86: X86Map) -> Expanded | None:
    """All that a host-model has; `None` where it names no model of the map."""
    model = x86.by_name.get(model_name(host_model) or "")
    if model is None or host_model is None:
        return None
    known, unknown = model.features, set[str]()
    for feature in host_model.feature:
        bit = x86.bits.get(feature.name or "", 0)
        if feature.policy in _ADDING:
            known |= bit
            if not bit:
                unknown.add(feature.name or "")
        elif feature.policy in _REMOVING:
            known &= ~bit
            unknown.discard(feature.name or "")
    return Expanded(known=known, unknown=frozenset(unknown))


def feature_names(host_model: HostModel | None, x86: X86Map) -> frozenset[str] | None:
    """The names of all that a host-model has; `None` as `expanded`."""
    found = expanded(host_model, x86)
    return None if found is None else frozenset(x86.names(found.known)) | found.unknown


def listed(host_model: HostModel) -> dict[str, str | None]:
    """What a host-model lists, name to policy; of a feature listed twice the last entry."""
    return {feature.name or "": feature.policy for feature in host_model.feature}


def vendors_of(host_models: Iterable[HostModel | None]) -> set[str]:
    """The vendors that host-models state."""
    return {model.vendor for model in host_models if model is not None and model.vendor is not None}


def combined(a: HostModel, b: HostModel, custom: tuple[CustomModel, ...], x86: X86Map) -> Described | None:
    """The CPU that two host-models both have.

    Args:
        a: the one.
        b: the other.
        custom: the models that both documents list, with the blockers of both: one of these describes the CPU; any
            model where there are none.
        x86: the models of x86.

    Returns:
        `None` where there is none: different vendors, models that cannot be compared, no feature in common.
    """
    vendors = vendors_of((a, b))
    name, other = model_name(a), model_name(b)
    if len(vendors) > 1 or name is None or other is None:
        return None
    vendor = next(iter(vendors), None)
    if (name, a.feature) == (other, b.feature):
        return Described(name=name, vendor=vendor, feature=a.feature)
    first, second = expanded(a, x86), expanded(b, x86)
    if first is None or second is None:
        return Described(name=name, vendor=vendor, feature=_least(listed(a), listed(b))) if name == other else None
    common = Expanded(known=first.known & second.known, unknown=first.unknown & second.unknown)
    return described(common, vendor, custom, x86) if common.known else None


def described(cpu: Expanded, vendor: str | None, custom: tuple[CustomModel, ...], x86: X86Map) -> Described | None:
    """A set of features as libvirt would describe it: the nearest model and the differences from it, by name."""
    blockers = {
        model.name or "": tuple(name for name in model.blockers or () if not x86.bits.get(name, 0) & cpu.known)
        for model in custom
    }
    data = CpuData(features=cpu.known, vendor=vendor)
    chosen = Problem(x86=x86, cpu=data, blockers=blockers or None).choose() or Problem(x86=x86, cpu=data).choose()
    if chosen is None:
        return None
    policies: dict[str, str | None] = {f.name: f.policy and f.policy.value for f in chosen.features(x86)}
    policies |= dict.fromkeys(cpu.unknown, "require")
    return Described(name=chosen.model.name, vendor=vendor, feature=_by_name(policies))


def renamed(host_model: HostModel, cpu: Described | None) -> HostModel:
    """A host-model with another CPU in it; with `None`, one that names none."""
    if cpu is None:
        return msgspec.structs.replace(host_model, model=None, vendor=None, feature=())
    bare = HostModelName() if host_model.model is None else host_model.model
    model = msgspec.structs.replace(bare, name=cpu.name)
    return msgspec.structs.replace(host_model, model=model, vendor=cpu.vendor, feature=cpu.feature)


def _least(a: Mapping[str, str | None], b: Mapping[str, str | None]) -> tuple[CpuFeature, ...]:
    """Of one model's two lists what both give: disabled in one is disabled; required is what both require."""
    policies: dict[str, str | None] = {}
    for name in {**a, **b}:
        least = min(_given(a, name), _given(b, name))
        if least != 1:
            policies[name] = "require" if least else "disable"
    return _by_name(policies)


def _given(policies: Mapping[str, str | None], name: str) -> int:
    return _ORDER.get(policies[name], 1) if name in policies else 1


def _by_name(policies: Mapping[str, str | None]) -> tuple[CpuFeature, ...]:
    names = sorted(policies, key=str.encode)
    return tuple(CpuFeature(policy=policies[name], name=name) for name in names)
