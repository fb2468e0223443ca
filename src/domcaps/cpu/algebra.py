"""CPU definitions as sets of x86 features, and libvirt's refusals of names that the map does not have.

Pure code: `baseline` and `compare` work on these sets, never on the lists that a definition happens to show.
"""

from __future__ import annotations

from collections.abc import Iterable

from domcaps.cpu.model import FeaturePolicy, InputCpu, Model, Policy, X86Map
from domcaps.errors import RequestError

_ADDING = frozenset({Policy.REQUIRE, Policy.FORCE, None})
_REMOVING = frozenset({Policy.DISABLE, Policy.FORBID})


def model_named(x86: X86Map, name: str) -> Model:
    """The model of that name.

    Raises:
        RequestError: the map has none.
    """
    model = x86.by_name.get(name)
    if model is None:
        raise RequestError(f"Unknown CPU model {name}", kind="internal error")
    return model


def features_of(x86: X86Map, model: str | None, features: Iterable[FeaturePolicy]) -> int:
    """The set that a definition amounts to: its model's features, then each entry in turn.

    Raises:
        RequestError: the map does not have the model or a feature.
    """
    total = model_named(x86, model).features if model is not None else 0
    for feature in features:
        bit = _bit(x86, feature.name)
        if feature.policy in _ADDING:
            total |= bit
        elif feature.policy in _REMOVING:
            total &= ~bit
    return total


def listed(x86: X86Map, cpu: InputCpu, policy: Policy) -> int:
    """The set of features that a definition lists with a policy; those of a host's definition are required.

    Raises:
        RequestError: the map does not have one of them.
    """
    total = 0
    for feature in cpu.features:
        if (feature.policy or Policy.REQUIRE) is policy:
            total |= _bit(x86, feature.name)
    return total


def _bit(x86: X86Map, name: str) -> int:
    bit = x86.bits.get(name)
    if bit is None:
        raise RequestError(f"Unknown CPU feature {name}", kind="internal error")
    return bit
