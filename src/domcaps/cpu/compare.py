"""Whether a host can give a guest a certain CPU: `virsh hypervisor-cpu-compare`.

Pure code. Two ways: by features (the definition against the host-model, both as whole sets) and, in newer releases for
newer models, by what blocks the model here. On s390x QEMU compares. Refusals are libvirt's, in its words and order.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from domcaps.cpu import since
from domcaps.cpu.algebra import features_of, listed, model_named
from domcaps.cpu.arch import Family, family_of
from domcaps.cpu.ask import Asker, ask_comparison, qemu_cpu
from domcaps.cpu.flags import expand
from domcaps.cpu.model import CpuDefinition, GuestCpu, Hypervisor, InputCpu, InputKind, Policy
from domcaps.errors import ProbeError, RequestError
from domcaps.release import Release

_INVALID = "invalid argument"
_NOT_SUPPORTED = "Operation not supported"
_S390_MODEL_OF_MODE = {"host-passthrough": "host", "maximum": "max"}


class Verdict(StrEnum):
    """What the host's CPU is to the one that was asked for."""

    IDENTICAL = "identical"
    SUPERSET = "superset"
    INCOMPATIBLE = "incompatible"


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict and, when it is incompatible, libvirt's reason (QEMU gives none for s390x)."""

    verdict: Verdict
    reason: str | None = None
    features: tuple[str, ...] = ()
    """The features that the reason names."""


_SENTENCES = {
    Verdict.IDENTICAL: "CPU described in {} is identical to the CPU provided by hypervisor on the host",
    Verdict.SUPERSET: "The CPU provided by hypervisor on the host is a superset of CPU described in {}",
    Verdict.INCOMPATIBLE: "CPU described in {} is incompatible with the CPU provided by hypervisor on the host",
}


def sentence(verdict: Verdict, source: str) -> str:
    """The verdict on a file, as virsh says it."""
    return _SENTENCES[verdict].format(source)


def complaint(comparison: Comparison, release: Release) -> str:
    """What `--error` makes of an incompatible CPU."""
    if comparison.reason is not None:
        return f"the CPU is incompatible with host CPU: {comparison.reason}"
    if release >= since.CAUSELESS_INCOMPATIBLE:
        return "the CPU is incompatible with host CPU"
    return "An error occurred, but the cause is unknown"


def compare(cpu: InputCpu, hypervisor: Hypervisor, ask: Asker | None = None) -> Comparison:
    """The verdict on a definition; `ask` is needed for s390x.

    Raises:
        RequestError: libvirt refuses the question.
        ProbeError: s390x, and there is nobody to ask.
    """
    host = check_request(hypervisor)
    family = family_of(hypervisor.arch)
    if family is Family.X86:
        return _x86(cpu, host, hypervisor)
    if family is Family.S390:
        if ask is None:
            raise ProbeError("only the emulator can compare s390x CPUs", subject=hypervisor.emulator)
        return _s390(cpu, host, ask)
    raise RequestError(
        f"comparing with the hypervisor CPU is not supported for arch {hypervisor.arch}", kind=_NOT_SUPPORTED
    )


def check_request(hypervisor: Hypervisor) -> GuestCpu:
    """The host-model to compare with; libvirt refuses before it reads the definition when QEMU did not tell it."""
    host = hypervisor.host_model
    if host is None or host.fallback != "forbid":
        raise RequestError(
            f"QEMU '{hypervisor.emulator}' does not support reporting CPU model for virttype '{hypervisor.virt_type}'",
            kind=_NOT_SUPPORTED,
        )
    return host


def _x86(cpu: InputCpu, host: GuestCpu, hypervisor: Hypervisor) -> Comparison:
    definition = next((d for d in hypervisor.definitions or () if d.name == cpu.model), None)
    if hypervisor.release < since.BLOCKERS_COMPARE or cpu.model is None or definition is None:
        return _by_features(cpu, host, hypervisor)
    disabled_only = cpu.kind is InputKind.GUEST and all(f.policy is Policy.DISABLE for f in cpu.features)
    if definition.unavailable_features == () and (not cpu.features or disabled_only):
        return Comparison(verdict=Verdict.SUPERSET)
    model = hypervisor.cpu_map.x86.by_name.get(cpu.model)
    if model is None:
        raise RequestError(f"unknown CPU model {cpu.model}", kind=_INVALID)
    if model.compat_check:
        return _by_features(cpu, host, hypervisor)
    return _by_blockers(cpu, definition, host, hypervisor)


def _by_features(cpu: InputCpu, host: GuestCpu, hypervisor: Hypervisor) -> Comparison:
    """The old way: what the definition wants and forbids, against all that the host-model has."""
    x86 = hypervisor.cpu_map.x86
    if cpu.kind is InputKind.HOST and family_of(cpu.arch or "") is not Family.X86:
        return _incompatible(f"CPU arch {cpu.arch} does not match host arch")
    if cpu.vendor is not None and cpu.vendor != host.vendor:
        return _incompatible(f"host CPU vendor does not match required CPU vendor {cpu.vendor}")
    wanted = model_named(x86, cpu.model).features if cpu.model is not None else 0
    lists = {policy: listed(x86, cpu, policy) for policy in Policy}
    has = features_of(x86, host.model, host.features)
    forbidden = lists[Policy.FORBID] & has
    if forbidden:
        return _incompatible("Host CPU provides forbidden features", *x86.names(forbidden))
    unasked = lists[Policy.FORCE] | lists[Policy.OPTIONAL] | lists[Policy.DISABLE]
    wanted = (wanted | lists[Policy.REQUIRE]) & ~unasked
    if wanted & ~has:
        return _incompatible("Host CPU does not provide required features", *x86.names(wanted & ~has))
    extra = has & ~wanted & ~unasked
    if not extra:
        return Comparison(verdict=Verdict.IDENTICAL)
    if cpu.kind is InputKind.GUEST and cpu.match == "strict":
        return _incompatible("Host CPU does not strictly match guest CPU: Extra features", *x86.names(extra))
    return Comparison(verdict=Verdict.SUPERSET)


def _by_blockers(cpu: InputCpu, definition: CpuDefinition, host: GuestCpu, hypervisor: Hypervisor) -> Comparison:
    """The new way: what keeps the model from running here and is not disabled, and what is required on top."""
    policies = {f.name: f.policy for f in cpu.features}
    missing = [b for b in definition.unavailable_features or () if policies.get(b) is not Policy.DISABLE]
    if cpu.kind is InputKind.GUEST:
        full = {f.name: f.policy for f in expand(host, hypervisor.cpu_map.x86).features}
        required = (f.name for f in cpu.features if f.policy is Policy.REQUIRE)
        missing += (name for name in required if full.get(name) is not Policy.REQUIRE)
    if missing:
        return _incompatible("Host CPU does not provide required features", *missing)
    return Comparison(verdict=Verdict.SUPERSET)


def _incompatible(reason: str, *features: str) -> Comparison:
    text = f"{reason}: {', '.join(features)}" if features else reason
    return Comparison(verdict=Verdict.INCOMPATIBLE, reason=text, features=features)


def _s390(cpu: InputCpu, host: GuestCpu, ask: Asker) -> Comparison:
    model = cpu.model or _S390_MODEL_OF_MODE.get(cpu.mode)
    if model is None:
        raise RequestError("cpu parameter is missing a model name", kind=_INVALID)
    result = ask_comparison(ask, qemu_cpu(host.model, host.features), qemu_cpu(model, cpu.features))
    known = result in {Verdict.IDENTICAL, Verdict.SUPERSET}
    return Comparison(verdict=Verdict(result) if known else Verdict.INCOMPATIBLE)
