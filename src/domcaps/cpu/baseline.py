"""The CPU that a guest can have on every one of some hosts: `virsh hypervisor-cpu-baseline`.

Pure code. On x86 the inputs' features are intersected, with what the emulator knows too, and the rest is described by
a model; on s390x QEMU does it all. Refusals are libvirt's, in its words and its order.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domcaps.cpu import since
from domcaps.cpu.algebra import features_of, model_named
from domcaps.cpu.arch import Family, family_of
from domcaps.cpu.ask import Asker, QemuCpu, ask_baseline, ask_expansion, qemu_cpu
from domcaps.cpu.choose import CpuData, Problem, blockers_of
from domcaps.cpu.flags import expand
from domcaps.cpu.model import FeaturePolicy, GuestCpu, Hypervisor, InputCpu, X86Map
from domcaps.errors import ProbeError, RequestError

_INVALID = "invalid argument"
_FAILED = "operation failed"
_NOT_SUPPORTED = "Operation not supported"


class BaselineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of `virsh hypervisor-cpu-baseline`."""

    features: bool = False
    """`--features`: list the features of the model too."""
    migratable: bool = False
    """`--migratable`: leave out what a guest could not take along."""
    ignore_host: bool = False
    """`--ignore-host` (since 11.6): of the inputs alone, whatever this host's emulator has."""


def baseline(
    inputs: Sequence[InputCpu], hypervisor: Hypervisor, options: BaselineOptions, ask: Asker | None = None
) -> GuestCpu:
    """The baseline of the inputs; `ask` is needed for s390x.

    Raises:
        RequestError: libvirt refuses the question, or the CPUs have no baseline.
        ProbeError: s390x, and there is nobody to ask.
    """
    check_request(len(inputs), hypervisor, options)
    family = family_of(hypervisor.arch)
    if family is Family.X86:
        return x86_baseline(inputs, hypervisor, options)
    if family is Family.S390:
        if ask is None:
            raise ProbeError("only the emulator can tell a baseline of s390x CPUs", subject=hypervisor.emulator)
        return _s390(inputs, hypervisor, options, ask)
    raise RequestError(
        f"computing baseline hypervisor CPU is not supported for arch {hypervisor.arch}", kind=_NOT_SUPPORTED
    )


def check_request(count: int, hypervisor: Hypervisor, options: BaselineOptions) -> None:
    """Refuse what libvirt refuses before it reads the first CPU definition."""
    if options.ignore_host and count < 2:
        raise RequestError(
            "ignoring host is only allowed when computing baseline from multiple CPUs",
            kind="Requested operation is not valid",
        )
    if not hypervisor.definitions:
        raise RequestError(
            f"QEMU '{hypervisor.emulator}' does not support any CPU models for virttype '{hypervisor.virt_type}'",
            kind=_NOT_SUPPORTED,
        )


def common_features(inputs: Sequence[InputCpu], hypervisor: Hypervisor, options: BaselineOptions) -> CpuData:
    """x86: what all the inputs and, unless it is to be ignored, the emulator have.

    Raises:
        RequestError: a model, feature or vendor is unknown or missing, or the vendors do not match.
    """
    x86 = hypervisor.cpu_map.x86
    models = _models(inputs)
    features, vendor = -1, None
    for i, (cpu, model) in enumerate(zip(inputs, models, strict=True)):
        features &= features_of(x86, model, cpu.features)
        vendor = _vendor(x86, vendor, _vendor_of(x86, cpu, model, first=i == 0))
    if not options.ignore_host:
        features &= known_features(hypervisor, migratable=options.migratable)
    return CpuData(features=features, vendor=vendor)


def known_features(hypervisor: Hypervisor, *, migratable: bool) -> int:
    """x86: the set of features that the emulator knows, have them or not; everything when it does not tell."""
    expansion = hypervisor.expansion
    if expansion is None:
        return -1
    left_out = expansion.not_migratable if migratable else frozenset()
    return hypervisor.cpu_map.x86.mask(name for name in expansion.props if name not in left_out)


def x86_baseline(inputs: Sequence[InputCpu], hypervisor: Hypervisor, options: BaselineOptions) -> GuestCpu:
    """The baseline of x86 inputs, however few they are.

    Raises:
        RequestError: they have none, or one of them cannot be used.
    """
    x86 = hypervisor.cpu_map.x86
    common = common_features(inputs, hypervisor, options)
    if not common.features:
        raise RequestError("CPUs are incompatible", kind=_FAILED)
    problem = Problem(
        x86=x86,
        cpu=common,
        blockers=None if options.ignore_host else blockers_of(hypervisor.definitions),
        preferred=frozenset(_models(inputs)),
        weighed=hypervisor.release >= since.DISABLED_COST_MORE,
    )
    chosen = problem.choose()
    if chosen is None:
        raise RequestError("Cannot find suitable CPU model for given data", kind="internal error")
    features = chosen.features(x86)
    if options.migratable and not _knows_migratability(hypervisor, options):
        features = [f for f in features if not x86.bits[f.name] & x86.not_migratable]
    cpu = GuestCpu(
        model=chosen.model.name,
        vendor=common.vendor if all(cpu.vendor is not None for cpu in inputs) else None,
        features=tuple(features),
        max_phys_bits=_max_phys_bits(inputs, hypervisor),
    )
    return expand(cpu, x86) if options.features else cpu


def _models(inputs: Sequence[InputCpu]) -> list[str]:
    models = []
    for i, cpu in enumerate(inputs):
        if cpu.model is None:
            raise RequestError(f"no CPU model specified at index {i}", kind=_INVALID)
        models.append(cpu.model)
    return models


def _vendor_of(x86: X86Map, cpu: InputCpu, model: str, *, first: bool) -> str | None:
    """The vendor that an input stands for: of the first one only what it says itself."""
    if first:
        return cpu.vendor
    own = model_named(x86, model).vendor
    if own is not None and cpu.vendor is not None and own != cpu.vendor:
        raise RequestError(f"CPU vendor {own} of model {model} differs from vendor {cpu.vendor}", kind=_FAILED)
    return cpu.vendor or own


def _vendor(x86: X86Map, so_far: str | None, vendor: str | None) -> str | None:
    if vendor is None:
        return so_far
    if so_far is None and all(known.name != vendor for known in x86.vendors):
        raise RequestError(f"Unknown CPU vendor {vendor}", kind=_FAILED)
    if so_far is not None and so_far != vendor:
        raise RequestError("CPU vendors do not match", kind=_FAILED)
    return vendor


def _knows_migratability(hypervisor: Hypervisor, options: BaselineOptions) -> bool:
    """Whether what cannot be taken along is already out, by the emulator's word."""
    expansion = hypervisor.expansion
    return not options.ignore_host and expansion is not None and expansion.migratability_known


def _max_phys_bits(inputs: Sequence[InputCpu], hypervisor: Hypervisor) -> int | None:
    """The smallest limit, where every input has one."""
    if hypervisor.release < since.BASELINE_PHYS_BITS:
        return None
    limits = [cpu.max_phys_bits for cpu in inputs if cpu.max_phys_bits is not None]
    return min(limits) if limits and len(limits) == len(inputs) else None


def _s390(inputs: Sequence[InputCpu], hypervisor: Hypervisor, options: BaselineOptions, ask: Asker) -> GuestCpu:
    models = _models(inputs)
    known = {definition.name for definition in hypervisor.definitions or ()}
    for model in models:
        if model not in known:
            raise RequestError(f"CPU model '{model}' not supported by hypervisor", kind=_INVALID)
    cpus = [qemu_cpu(model, cpu.features) for cpu, model in zip(inputs, models, strict=True)]
    result = cpus[0]
    for other in cpus[1:]:
        result = ask_baseline(ask, result, other)
    if len(cpus) == 1 or options.features:
        result = ask_expansion(ask, result, full=options.features)
    return _bare(result, by_name=options.features)


def _bare(cpu: QemuCpu, *, by_name: bool) -> GuestCpu:
    """QEMU's word as a definition without fallback and policies."""
    names = sorted(cpu.props, key=str.encode) if by_name else list(cpu.props)
    return GuestCpu(model=cpu.name, fallback=None, features=tuple(FeaturePolicy(None, name) for name in names))
