"""The host-model: the CPU definition that libvirt makes of what QEMU (or, failing it, the host) says of its CPU.

Pure code. x86 is decoded to the nearest model of the map, s390x takes QEMU's words, ppc64 the host's model; every
other architecture has no host-model. The order of the list and the flags of `domcapabilities` come last.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from domcaps.cpu import since
from domcaps.cpu.arch import Family, family_of
from domcaps.cpu.choose import CpuData, Fit, Problem, blockers_of, without_broken_tsx
from domcaps.cpu.cpuid import Registers, decode_registers, guest_features
from domcaps.cpu.flags import CpuFlags, add_supported, by_name, disable, expand
from domcaps.cpu.model import CpuDefinition, CpuMap, Expansion, Fallback, FeaturePolicy, GuestCpu, Policy, X86Map
from domcaps.cpu.signature import pack, unpack
from domcaps.release import Release

_VENDOR_LENGTH = 12


class HostCpu(msgspec.Struct, frozen=True, kw_only=True):
    """The host's CPU, as far as QEMU does not tell; `None` where nobody looked."""

    model: str | None = None
    """The map's model that the registers tell: ppc64's processor version register; on x86 rarely known by name."""
    vendor: str | None = None
    """The vendor of that model."""
    max_phys_bits: int | None = None
    """Physical address bits; 0 as `None`: the kernel does not tell them (s390x)."""
    msrs: Mapping[int, int] | None = None
    """KVM's feature MSRs (KVM_GET_MSRS on /dev/kvm), index to value."""
    registers: Registers | None = None
    """x86: CPUID and MSRs, for an emulator that does not answer about the host's CPU."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a host-model is made of."""

    arch: str
    """Architecture of the emulator's binary."""
    native: bool
    """The host's CPU can be that of such a guest (`domcaps.cpu.arch.is_native`)."""
    cpu_map: CpuMap
    """The models and features to choose among."""
    release: Release
    """The libvirt release that is imitated."""
    definitions: tuple[CpuDefinition, ...] | None = None
    """What the process of the virt type says of its models; `None`: it did not answer."""
    expansion: Expansion | None = None
    """What that process says of the host's (or its maximum) CPU; `None`: it did not answer."""
    canonical_names: bool = True
    """The binary has the canonical names of features (`max-x86_64-cpu` has the property `unavailable-features`); false
    for qemu-system-i386, of whose host-model the features of MSRs are left out."""
    host: HostCpu = HostCpu()
    accelerated: bool = True
    """The virt type is not plain emulation."""
    flags: CpuFlags = CpuFlags()


class Decoded(msgspec.Struct, frozen=True, kw_only=True):
    """A host-model and how it came about."""

    cpu: GuestCpu | None
    """`None`: host-model is not supported."""
    reason: str
    """Why there is none, or whose word the model is."""
    problem: Problem | None = None
    """x86: what was chosen among; `problem.ranking()` and `problem.passed()` tell of the others."""
    chosen: Fit | None = None
    """x86: the model that was chosen, with its score."""


def host_model(question: Question) -> Decoded:
    """The host-model of a document."""
    if not question.native:
        return Decoded(cpu=None, reason="the host's CPU is of another architecture")
    family = family_of(question.arch)
    if family is Family.X86:
        decoded = _x86(question)
    elif family is Family.S390:
        decoded = _s390(question.expansion, question.release)
    elif family is Family.PPC64:
        decoded = _ppc64(question.host, question.definitions)
    else:
        decoded = Decoded(cpu=None, reason=f"libvirt knows no host CPU models of {question.arch}")
    if decoded.cpu is None:
        return decoded
    return msgspec.structs.replace(decoded, cpu=_listed(decoded.cpu, question))


def cpu_of(expansion: Expansion, x86: X86Map) -> CpuData | None:
    """The CPU that an expansion's properties tell; `None` when its vendor is not the 12 characters of a vendor."""
    props = expansion.props
    features = x86.mask(name for name, value in props.items() if value is True)
    string = props.get("vendor")
    if isinstance(string, str) and len(string.encode()) != _VENDOR_LENGTH:
        return None
    vendor = x86.vendor_of(string) if isinstance(string, str) else None
    eax = pack(family=_number(props, "family"), model=_number(props, "model"), stepping=_number(props, "stepping"))
    return without_broken_tsx(CpuData(features=features, vendor=vendor, signature=unpack(eax)), x86)


def _number(props: Mapping[str, bool | int | str], name: str) -> int:
    value = props.get(name, 0)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _x86(question: Question) -> Decoded:
    x86, registers = question.cpu_map.x86, question.host.registers
    fallback: Fallback = "forbid"
    keep = -1 if question.canonical_names else ~x86.msr_features
    if question.expansion is not None:
        cpu, source = cpu_of(question.expansion, x86), "the emulator's answer"
    elif registers is not None:
        cpu, source = decode_registers(x86, registers), "the host's own registers"
        fallback, keep = "allow", keep & guest_features(x86, question.release)
    else:
        return _x86_by_name(question)
    if cpu is None:
        return Decoded(cpu=None, reason="the emulator tells a vendor that is none")
    problem = problem_of(x86, cpu, question.definitions, question.release)
    return nearest(problem, source, keep=keep, fallback=fallback)


def problem_of(x86: X86Map, cpu: CpuData, definitions: tuple[CpuDefinition, ...] | None, release: Release) -> Problem:
    """The choice of a model for a CPU, by the rules of a release; `definitions`: what the hypervisor said of models."""
    blockers = blockers_of(definitions)
    if blockers is not None and release < since.BLOCKERS_DISABLED:
        blockers = dict.fromkeys(blockers, ())
    return Problem(x86=x86, cpu=cpu, blockers=blockers, weighed=release >= since.DISABLED_COST_MORE)


def nearest(problem: Problem, source: str, *, keep: int = -1, fallback: Fallback = "forbid") -> Decoded:
    """The model that libvirt chooses, and of its list what is in the set `keep`; `source`: whose word the CPU is."""
    x86, chosen = problem.x86, problem.choose()
    if chosen is None:
        return Decoded(cpu=None, reason="none of the hypervisor's models fits", problem=problem)
    guest = GuestCpu(
        model=chosen.model.name,
        fallback=fallback,
        vendor=problem.cpu.vendor,
        features=tuple(f for f in chosen.features(x86) if x86.bits[f.name] & keep),
    )
    return Decoded(cpu=guest, reason=f"the nearest model to {source}", problem=problem, chosen=chosen)


def _x86_by_name(question: Question) -> Decoded:
    """The host's own model, where its name is all that is known of its registers; else the nearest to it."""
    model = question.cpu_map.x86.by_name.get(question.host.model or "")
    if model is None:
        return Decoded(cpu=None, reason="neither the emulator nor the host's registers tell the CPU")
    vendor = question.host.vendor or model.vendor
    if not question.definitions or any(definition.name == model.name for definition in question.definitions):
        cpu = GuestCpu(model=model.name, fallback="allow", vendor=vendor)
        return Decoded(cpu=cpu, reason="the host's model")
    cpu_data = CpuData(features=model.features, vendor=vendor)
    problem = problem_of(question.cpu_map.x86, cpu_data, question.definitions, question.release)
    return nearest(problem, f"the host's model {model.name}, which the hypervisor does not have", fallback="allow")


def _s390(expansion: Expansion | None, release: Release) -> Decoded:
    if expansion is None:
        return Decoded(cpu=None, reason="the emulator does not tell the host's CPU")
    features = tuple(
        FeaturePolicy(Policy.REQUIRE if value else Policy.DISABLE, name)
        for name, value in expansion.props.items()
        if isinstance(value, bool)
    )
    fallback: Fallback = "forbid" if release >= since.FALLBACK_FORBID else "allow"
    cpu = GuestCpu(model=expansion.model, fallback=fallback, features=features)
    return Decoded(cpu=cpu, reason="the emulator's own words")


def _ppc64(host: HostCpu, definitions: tuple[CpuDefinition, ...] | None) -> Decoded:
    if host.model is None:
        return Decoded(cpu=None, reason="the host's CPU model is not known")
    if definitions is not None and all(definition.name != host.model for definition in definitions):
        return Decoded(cpu=None, reason=f"the hypervisor does not have the host's model {host.model}")
    return Decoded(cpu=GuestCpu(model=host.model, fallback="allow", vendor=host.vendor), reason="the host's model")


def _listed(cpu: GuestCpu, question: Question) -> GuestCpu:
    """The CPU with the host's address bits, after the flags in libvirt's order, listed in the order of the release."""
    flags, x86 = question.flags, question.cpu_map.x86
    if question.accelerated and question.release >= since.PHYS_BITS:
        cpu = msgspec.structs.replace(cpu, max_phys_bits=question.host.max_phys_bits or None)
    if flags.disable_deprecated and question.expansion is not None:
        cpu = disable(cpu, question.expansion.deprecated)
    if family_of(question.arch) is Family.X86:
        if flags.supported:
            cpu = add_supported(cpu, x86, question.host.msrs)
        if flags.expand:
            cpu = expand(cpu, x86)
    return by_name(cpu) if question.release >= since.SORTED_HOST_MODEL else cpu
