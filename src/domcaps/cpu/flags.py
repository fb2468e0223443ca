"""What the flags of `domcapabilities` do to the list of features of a host-model, and the full list of any CPU.

Pure code. The model, its vendor and everything else of the definition stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from domcaps.cpu.cpuid import ARCH_CAPABILITIES
from domcaps.cpu.model import FeaturePolicy, GuestCpu, MsrBit, Policy, X86Map

_AMD = "AMD"
_ANNOUNCING = "arch-capabilities"


class CpuFlags(msgspec.Struct, frozen=True, kw_only=True):
    """Flags of `virsh domcapabilities` that change the host-model."""

    disable_deprecated: bool = False
    """`--disable-deprecated-features` (since 11.0)."""
    supported: bool = False
    """`--supported-cpu-features` (since 12.5)."""
    expand: bool = False
    """`--expand-cpu-features` (since 12.2)."""


def by_name(cpu: GuestCpu) -> GuestCpu:
    """The same CPU with its features in the order of their names' bytes."""
    return msgspec.structs.replace(cpu, features=tuple(sorted(cpu.features, key=lambda f: f.name.encode())))


def disable(cpu: GuestCpu, names: Iterable[str]) -> GuestCpu:
    """The CPU with these features disabled: where they stand, or else at the end."""
    return _with(cpu, dict.fromkeys(names, Policy.DISABLE))


def add_supported(cpu: GuestCpu, x86: X86Map, msrs: Mapping[int, int] | None) -> GuestCpu:
    """An AMD CPU with the features that the host's KVM reports in IA32_ARCH_CAPABILITIES required.

    QEMU 10.1 and later do not turn them on for AMD by themselves. Without the MSR's value nothing is added.
    """
    value = (msrs or {}).get(ARCH_CAPABILITIES)
    announced = FeaturePolicy(Policy.REQUIRE, _ANNOUNCING)
    if cpu.vendor != _AMD or value is None or announced in cpu.features or _ANNOUNCING not in x86.bits:
        return cpu
    told = [
        feature.name
        for feature in x86.features
        if all(isinstance(p, MsrBit) and p.index == ARCH_CAPABILITIES and value >> p.bit & 1 for p in feature.places)
    ]
    return _with(cpu, dict.fromkeys([_ANNOUNCING, *told], Policy.REQUIRE))


def expand(cpu: GuestCpu, x86: X86Map) -> GuestCpu:
    """The CPU with every feature of its model listed too, in the order of names; its own entries hold.

    A model that the map does not know adds nothing.
    """
    model = x86.by_name.get(cpu.model)
    policies: dict[str, Policy | None] = {}
    if model is not None:
        policies = dict.fromkeys(x86.names(model.features), Policy.REQUIRE)
    policies |= {f.name: f.policy for f in cpu.features}
    for name in model.removed if model is not None else ():
        policies.setdefault(name, Policy.DISABLE)
    return by_name(_with(cpu, policies))


def _with(cpu: GuestCpu, policies: Mapping[str, Policy | None]) -> GuestCpu:
    listed = {f.name: f.policy for f in cpu.features} | dict(policies)
    features = tuple(FeaturePolicy(policy, name) for name, policy in listed.items())
    return msgspec.structs.replace(cpu, features=features)
