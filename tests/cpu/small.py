"""A CPU map small enough to reckon with by hand.

Features a to f are bits 0 to 5 of CPUID leaf 1 EDX, `hle` and `rtm` of leaf 7 EBX, `gone` left model Old, `invtsc`
cannot be migrated, `arch-capabilities` announces the MSR of `no-x` and `no-y`.
"""

from __future__ import annotations

from collections.abc import Iterable

from domcaps.cpu.model import (
    CpuDefinition,
    CpuidBit,
    CpuMap,
    Expansion,
    Feature,
    FeaturePolicy,
    Model,
    MsrBit,
    Policy,
    Ppc64Map,
    Ppc64Model,
    Pvr,
    Register,
    Signature,
    Vendor,
    X86Map,
)
from domcaps.release import NEWEST, Release

R9, R11, R12 = Release((9, 0, 0)), Release((11, 3, 0)), Release((12, 8, 0))

PLACES: dict[str, CpuidBit | MsrBit] = {
    **{name: CpuidBit(leaf=1, register=Register.EDX, bit=bit) for bit, name in enumerate("abcdef")},
    "hle": CpuidBit(leaf=7, register=Register.EBX, bit=4),
    "rtm": CpuidBit(leaf=7, register=Register.EBX, bit=11),
    "gone": CpuidBit(leaf=7, register=Register.EDX, bit=3),
    "arch-capabilities": CpuidBit(leaf=7, register=Register.EDX, bit=29),
    "invtsc": CpuidBit(leaf=0x80000007, register=Register.EDX, bit=8),
    "no-x": MsrBit(index=0x10A, bit=0),
    "no-y": MsrBit(index=0x10A, bit=33),
}
FEATURES = tuple(Feature(name=name, places=(place,), migratable=name != "invtsc") for name, place in PLACES.items())
VENDORS = (Vendor(name="Intel", string="GenuineIntel"), Vendor(name="AMD", string="AuthenticAMD"))


def feature_set(names: Iterable[str]) -> int:
    """The set of features by name (`"ab"` is two of them)."""
    order = list(PLACES)
    return sum(1 << order.index(name) for name in names)


def model(
    name: str, features: Iterable[str], vendor: str | None = None, *, guest: bool = True, removed: Iterable[str] = ()
) -> Model:
    """A model of these features."""
    return Model(name=name, features=feature_set(features), vendor=vendor, guest=guest, removed=tuple(removed))


def x86_map(*models: Model) -> X86Map:
    """The features and vendors of here, with these models in map order."""
    return X86Map(vendors=VENDORS, features=FEATURES, models=models)


def policies(text: str) -> tuple[FeaturePolicy, ...]:
    """`+a -b` as required and disabled features, with `!` forced, `?` optional, `^` forbidden."""
    words = {
        "+": Policy.REQUIRE,
        "-": Policy.DISABLE,
        "!": Policy.FORCE,
        "?": Policy.OPTIONAL,
        "^": Policy.FORBID,
    }
    return tuple(FeaturePolicy(words[word[0]], word[1:]) for word in text.split())


def spelled(features: Iterable[FeaturePolicy]) -> str:
    """The inverse of `policies`, for required and disabled features."""
    return " ".join(("+" if feature.policy is Policy.REQUIRE else "-") + feature.name for feature in features)


def definitions(**blockers: Iterable[str] | None) -> tuple[CpuDefinition, ...]:
    """The hypervisor's models and what blocks each."""
    return tuple(
        CpuDefinition(name=name, unavailable_features=None if names is None else tuple(names))
        for name, names in blockers.items()
    )


def expansion(features: Iterable[str], **props: bool | int | str) -> Expansion:
    """An expansion in which these features are on."""
    return Expansion(model="base", props=dict.fromkeys(features, True) | props)


SMALL = CpuMap(
    release=NEWEST,
    x86=x86_map(
        model("Tiny", "a"),
        model("Old", "abc", "Intel", removed=("gone",)),
        Model(name="Old-v1", ancestor="Old", own=False, features=feature_set("abc"), vendor="Intel", guest=False),
        Model(
            name="New",
            features=feature_set("abcdef"),
            vendor="Intel",
            signatures=(Signature(family=6, model=85, steppings=0b11),),
            compat_check=True,
        ),
        model("Other", "abcd", "AMD"),
    ),
    ppc64=Ppc64Map(
        vendors=("IBM",),
        models=(
            Ppc64Model(name="POWER8", vendor="IBM", pvrs=(Pvr(value=0x004D0000, mask=0xFFFF0000),)),
            Ppc64Model(name="POWER9"),
        ),
    ),
)
