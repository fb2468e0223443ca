"""What a baseline costs, and whose fault it is: `cpu baseline --explain`, which virsh does not have.

Pure code, x86. A feature is lost when some input has it and the baseline has not, whatever the lists happen to show.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domcaps.cpu.algebra import features_of
from domcaps.cpu.arch import Family, family_of
from domcaps.cpu.baseline import BaselineOptions, baseline, x86_baseline
from domcaps.cpu.model import GuestCpu, Hypervisor, InputCpu
from domcaps.errors import RequestError, UnsupportedError


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that the baseline does not have although an input has."""

    feature: str
    lacking: tuple[str, ...]
    """Labels of the inputs without it. None: the emulator does not know it or blocks it, or it cannot be migrated."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one input costs: the baseline of the others has more."""

    label: str
    features: tuple[str, ...]
    """Features that would come back without this input, in map order."""
    without: GuestCpu | None
    """The baseline of the others; `None` where they have none."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A baseline, what it lost (in map order), and what each input costs (the dearest first)."""

    cpu: GuestCpu
    losses: tuple[Loss, ...]
    costs: tuple[Cost, ...]


def explain_baseline(
    inputs: Sequence[tuple[str, InputCpu]], hypervisor: Hypervisor, options: BaselineOptions
) -> Explanation:
    """The baseline of labelled inputs, explained.

    Raises:
        RequestError: as `domcaps.cpu.baseline.baseline`.
        UnsupportedError: the emulator is not of x86.
    """
    if family_of(hypervisor.arch) is not Family.X86:
        raise UnsupportedError(f"a baseline of {hypervisor.arch} is QEMU's own, and cannot be explained")
    x86 = hypervisor.cpu_map.x86
    cpus = [cpu for _, cpu in inputs]
    result = baseline(cpus, hypervisor, options)
    kept = features_of(x86, result.model, result.features)
    sets = [(label, features_of(x86, cpu.model, cpu.features)) for label, cpu in inputs]
    union = 0
    for _, features in sets:
        union |= features
    losses = tuple(
        Loss(feature=name, lacking=tuple(label for label, features in sets if not features & x86.bits[name]))
        for name in x86.names(union & ~kept)
    )
    costs = [_cost(i, inputs, hypervisor, options, kept) for i in range(len(inputs))] if len(inputs) > 1 else []
    return Explanation(cpu=result, losses=losses, costs=tuple(sorted(costs, key=lambda cost: -len(cost.features))))


def _cost(
    index: int, inputs: Sequence[tuple[str, InputCpu]], hypervisor: Hypervisor, options: BaselineOptions, kept: int
) -> Cost:
    label = inputs[index][0]
    others = [cpu for i, (_, cpu) in enumerate(inputs) if i != index]
    x86 = hypervisor.cpu_map.x86
    try:
        without = x86_baseline(others, hypervisor, options)
    except RequestError:
        return Cost(label=label, features=(), without=None)
    gained = features_of(x86, without.model, without.features) & ~kept
    return Cost(label=label, features=tuple(x86.names(gained)), without=without)
