"""Which CPU model of the map describes a set of x86 features best, and what the others would have cost.

Pure code. The map's models are walked backwards and the best so far is kept:

1. a model that the hypervisor does not have, of another vendor, or not meant for guests is passed over;
2. one that has the CPU's signature beats one that has not, whatever their lists;
3. else the smaller score wins, of equal scores the smaller penalty. With n required and d disabled features,
   c = ceil(d / 2), the penalty is c (c + 3) / 2 and the score n + floor(d / 2) + penalty: disabling is dearer the more
   there is of it, and only half of it is counted, as libvirt does. Older releases (`since.DISABLED_COST_MORE`) only
   count: the score is n + d.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from domcaps.cpu.model import CpuDefinition, CpuSignature, FeaturePolicy, Model, Policy, X86Map

_TSX_BROKEN = frozenset({60, 69, 70})
_TSX_REPAIRED_LATER = 63
_TSX_REPAIRED_STEPPING = 4
_INTEL = "Intel"


class CpuData(msgspec.Struct, frozen=True, kw_only=True):
    """An x86 CPU as the map can express it."""

    features: int
    """Feature set."""
    vendor: str | None = None
    signature: CpuSignature | None = None


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest CPU of this model would list to be the CPU in question."""

    model: Model
    require: int
    disable: int
    removed: tuple[str, ...]
    """Features that left the model and are in neither set, in the order of its file: disabled too."""
    signature: bool
    """The model has the CPU's signature."""
    penalty: int
    score: int

    def better_than(self, best: Fit, preferred: frozenset[str]) -> bool:
        """Whether this model is taken instead of the best one so far."""
        if self.signature != best.signature:
            return self.signature
        if self.score < best.score or (self.score == best.score and self.penalty < best.penalty):
            return True
        return self.model.name in preferred and self.penalty < best.penalty

    def features(self, x86: X86Map) -> list[FeaturePolicy]:
        """The list: required, then disabled ones, each in map order, then those that left the model."""
        return [
            *(FeaturePolicy(Policy.REQUIRE, name) for name in x86.names(self.require)),
            *(FeaturePolicy(Policy.DISABLE, name) for name in x86.names(self.disable)),
            *(FeaturePolicy(Policy.DISABLE, name) for name in self.removed),
        ]


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was not considered, and why."""

    model: Model
    reason: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A CPU to describe, and among which models."""

    x86: X86Map
    cpu: CpuData
    blockers: Mapping[str, tuple[str, ...]] | None = None
    """Model the hypervisor has to the features that block it; `None`: it does not say, and every model will do."""
    preferred: frozenset[str] = frozenset()
    """Models that a baseline was asked of: a single one is taken when it can be, of several the smaller penalty."""
    weighed: bool = True
    """Disabled features cost more than required ones; else both are counted, and there are no penalties."""

    def choose(self) -> Fit | None:
        """The model that libvirt chooses, `None` when there is none."""
        best: Fit | None = None
        only = self.preferred if len(self.preferred) == 1 else frozenset[str]()
        for model in self._walk():
            if self._passed_over(model):
                continue
            fit = self.fit(model)
            if model.name in only:
                return fit
            if best is None or fit.better_than(best, self.preferred):
                best = fit
        return best

    def ranking(self) -> list[Fit]:
        """Every model that was considered, the nearest first; the first is not always the one that `choose` takes."""
        fits = [self.fit(model) for model in self._walk() if not self._passed_over(model)]
        return sorted(fits, key=lambda fit: (not fit.signature, fit.score, fit.penalty))

    def passed(self) -> list[Passed]:
        """Every model that was not considered, in the order of the walk."""
        reasons = ((model, self._passed_over(model)) for model in self._walk())
        return [Passed(model=model, reason=reason) for model, reason in reasons if reason]

    def fit(self, model: Model) -> Fit:
        """What this model would list."""
        cpu, own = self.cpu.features, model.features
        require = cpu & ~own
        disable = own & ~cpu
        if self.blockers is not None:
            disable |= self.x86.mask(self.blockers.get(model.name, ())) & ~require
        removed = model.removed
        if removed:
            bits, listed = self.x86.bits, require | disable
            removed = tuple(name for name in removed if not bits.get(name, 0) & listed)
        count = disable.bit_count() + len(removed)
        half = (count + 1) // 2 if self.weighed else 0
        penalty = half * (half + 3) // 2
        return Fit(
            model=model,
            require=require,
            disable=disable,
            removed=removed,
            signature=self.cpu.signature is not None and self.cpu.signature.matches(model.signatures),
            penalty=penalty,
            score=require.bit_count() + (count // 2 + penalty if self.weighed else count),
        )

    def _walk(self) -> Iterator[Model]:
        return reversed(self.x86.models)

    def _passed_over(self, model: Model) -> str:
        """Why a model is not considered; empty when it is."""
        if self.blockers is not None and model.name not in self.blockers:
            return "the hypervisor does not have it"
        if self.cpu.vendor is not None and model.vendor is not None and model.vendor != self.cpu.vendor:
            return f"its vendor is {model.vendor}"
        if not model.guest:
            return "it is not meant for guests"
        return ""


def blockers_of(definitions: tuple[CpuDefinition, ...] | None) -> dict[str, tuple[str, ...]] | None:
    """The hypervisor's models and what blocks each, as `Problem` wants them."""
    if definitions is None:
        return None
    return {definition.name: definition.unavailable_features or () for definition in definitions}


def without_broken_tsx(cpu: CpuData, x86: X86Map) -> CpuData:
    """The CPU less `hle` and `rtm` where its TSX is broken (Intel errata HSD136, HSW136)."""
    signature = cpu.signature
    if cpu.vendor != _INTEL or signature is None or signature.family != 6:
        return cpu
    late = signature.model == _TSX_REPAIRED_LATER and signature.stepping < _TSX_REPAIRED_STEPPING
    if not late and signature.model not in _TSX_BROKEN:
        return cpu
    return msgspec.structs.replace(cpu, features=cpu.features & ~x86.mask(("hle", "rtm")))
