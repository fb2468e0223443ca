"""Why a CPU model can be used or not, why the host-model is what it is, and where a feature comes from.

Pure code over documents and, where there are any, the facts that they were derived from.
"""

from __future__ import annotations

import msgspec

from domcaps.analysis.host_models import expanded, listed, model_name
from domcaps.cpu.choose import Fit
from domcaps.cpu.decode import Decoded
from domcaps.cpu.model import CpuidBit, CpuMap, X86Map
from domcaps.drivers.qemu.facts import HARDWARE, QemuFacts
from domcaps.schema.cpu import CustomModel
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import verdict

_SHOWN = 5
"""Runners-up, and models that come nearest."""


class Blocker(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A feature that keeps a model from being used."""

    name: str
    told_by: str = ""
    """Where a CPU tells of it: `CPUID leaf 0x7, ebx, bit 4`."""


class NamedModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A CPU model as a document lists it."""

    name: str
    usable: str | None
    vendor: str | None = None
    deprecated: bool = False
    canonical: str = ""
    blockers: tuple[Blocker, ...] = ()
    instead: tuple[str, ...] = ()
    """Usable models that are nearest to it, the nearest first."""


class ModelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a CPU model can be used."""

    offered: bool | None
    reason: str
    remedy: str = ""
    model: NamedModel | None = None


class FeatureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the host-model has a feature."""

    offered: bool | None
    reason: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A model that could describe the host's CPU, and what that would take."""

    name: str
    score: int
    """The smaller, the nearer."""
    required: int
    disabled: int
    signature: bool
    """It has the CPU's family and model, which goes before any score."""


class NearestModel(msgspec.Struct, frozen=True, kw_only=True):
    """How the model of a host-model was chosen."""

    reason: str
    chosen: Candidate | None = None
    others: tuple[Candidate, ...] = ()
    """The next best."""
    passed: tuple[tuple[str, str], ...] = ()
    """Models with the CPU's own family and model that were not considered, and why."""


def model_of(name: str, document: DomainCapabilities, facts: QemuFacts | None, cpu_map: CpuMap) -> ModelAnswer:
    """Why a model can be used or not."""
    custom = None if document.cpu is None else document.cpu.custom
    if custom is None or (verdict(custom) is None and not custom.model):
        return ModelAnswer(offered=None, reason="the document states no CPU models by name")
    found = next((model for model in custom.model if model.name == name), None)
    if found is None:
        return _unlisted(name, facts, cpu_map)
    named = NamedModel(
        name=name,
        usable=found.usable,
        vendor=found.vendor,
        deprecated=found.deprecated is True,
        canonical=found.canonical or "",
        blockers=tuple(_blocker(blocker, cpu_map.x86) for blocker in found.blockers or ()),
        instead=() if found.usable == "yes" else _instead(name, custom.model, cpu_map.x86),
    )
    reason, remedy = _why(found, document, named)
    return ModelAnswer(
        offered={"yes": True, "no": False}.get(found.usable or ""), reason=reason, remedy=remedy, model=named
    )


def _unlisted(name: str, facts: QemuFacts | None, cpu_map: CpuMap) -> ModelAnswer:
    if facts is None:
        return ModelAnswer(offered=False, reason=f"the document does not list {name}")
    if name not in facts.cpu.names:
        return ModelAnswer(offered=False, reason=f"QEMU has no CPU model named {name}", remedy="a QEMU that has it")
    if name in {"host", "max"} or name not in cpu_map.x86.by_name:
        reason = f"QEMU has {name}, and libvirt lists no model of that name"
        return ModelAnswer(offered=False, reason=reason)
    return ModelAnswer(offered=False, reason=f"QEMU has {name}, but not for {facts.arch} with {facts.virt_type}")


def _why(model: CustomModel, document: DomainCapabilities, named: NamedModel) -> tuple[str, str]:
    hardware = document.domain in HARDWARE.values()
    if model.usable == "yes":
        whose = "this host has" if hardware else "QEMU's emulation has"
        return f"{whose} all of its features", ""
    if model.usable != "no":
        return "QEMU does not tell which of its features this host has", ""
    lacking = ", ".join(model.blockers or ())
    if not lacking:
        return "features of it are missing here; the document does not say which", _use(named)
    if hardware:
        change = f"a CPU, microcode and kernel that offer {lacking}"
        return f"the host's CPU, or KVM on it, does not offer {lacking}", "; or ".join(
            filter(None, [change, _use(named)])
        )
    if document.domain == "qemu":
        return f"QEMU's emulation does not implement {lacking}", _use(named)
    return f"{lacking} missing here", _use(named)


def _use(named: NamedModel) -> str:
    return f"use {named.instead[0]} instead" if named.instead else ""


def _blocker(name: str, x86: X86Map) -> Blocker:
    place = next((f.places[0] for f in x86.features if f.name == name and f.places), None)
    if place is None:
        return Blocker(name=name)
    if isinstance(place, CpuidBit):
        below = f", subleaf {place.subleaf:#x}" if place.subleaf else ""
        return Blocker(name=name, told_by=f"CPUID leaf {place.leaf:#x}{below}, {place.register}, bit {place.bit}")
    return Blocker(name=name, told_by=f"MSR {place.index:#x}, bit {place.bit}")


def _instead(name: str, models: tuple[CustomModel, ...], x86: X86Map) -> tuple[str, ...]:
    """The usable models whose features differ least from a model's, of its vendor where it has one."""
    wanted = x86.by_name.get(name)
    if wanted is None:
        return ()
    usable = [x86.by_name[m.name or ""] for m in models if m.usable == "yes" and (m.name or "") in x86.by_name]
    alike = [m for m in usable if m.vendor == wanted.vendor]
    ranked = sorted(alike, key=lambda model: ((model.features ^ wanted.features).bit_count(), model.name))
    return tuple(model.name for model in ranked[:_SHOWN])


def nearest_models(decoded: Decoded) -> NearestModel:
    """How the model of a host-model was chosen, and the runners-up."""
    problem, chosen = decoded.problem, decoded.chosen
    if problem is None:
        return NearestModel(reason=decoded.reason)
    others = [fit for fit in problem.ranking() if chosen is None or fit.model.name != chosen.model.name]
    signature = problem.cpu.signature
    passed = [
        (one.model.name, one.reason)
        for one in problem.passed()
        if signature is not None and signature.matches(one.model.signatures)
    ]
    return NearestModel(
        reason=decoded.reason,
        chosen=None if chosen is None else _candidate(chosen),
        others=tuple(_candidate(fit) for fit in others[:_SHOWN]),
        passed=tuple(passed),
    )


def _candidate(fit: Fit) -> Candidate:
    return Candidate(
        name=fit.model.name,
        score=fit.score,
        required=fit.require.bit_count(),
        disabled=fit.disable.bit_count() + len(fit.removed),
        signature=fit.signature,
    )


def feature_of(name: str, document: DomainCapabilities, facts: QemuFacts | None, x86: X86Map) -> FeatureAnswer:
    """Whether the host-model has a feature, and where it has it from."""
    host_model = None if document.cpu is None else document.cpu.host_model
    if host_model is None or model_name(host_model) is None:
        says_no = host_model is not None and verdict(host_model) is False
        return FeatureAnswer(
            offered=False if says_no else None, reason="the document has no host-model that could have it"
        )
    policy = listed(host_model).get(name, "")
    has = expanded(host_model, x86)
    model, told = model_name(host_model), _told(name, facts, x86)
    offered: bool
    if policy != "":
        offered = policy in {None, "require", "force"}
        said = f"the host-model {'requires it beyond what' if offered else 'disables it, which'} {model} has"
        return FeatureAnswer(offered=offered, reason="; ".join(filter(None, [told, said])))
    if has is None:
        return FeatureAnswer(offered=None, reason=f"the host-model does not list it, and what {model} has is not known")
    offered = bool(has.known & x86.bits.get(name, 0))
    if offered:
        return FeatureAnswer(offered=True, reason=f"it is part of the host-model's model {model}")
    return FeatureAnswer(offered=False, reason=told or f"neither {model} nor the host-model's list has it")


def _told(name: str, facts: QemuFacts | None, x86: X86Map) -> str:
    """What the emulator said of a feature of the host's CPU."""
    problem = None if facts is None else facts.cpu.decoded.problem
    if problem is None or name not in x86.bits:
        return ""
    has = problem.cpu.features & problem.x86.bits.get(name, 0)
    return f"the CPU that QEMU tells of {'has' if has else 'does not have'} it"
