"""The guest's CPU: its mode, its model, and every feature that it requires or forbids.

Facts: libvirt compares a guest's CPU with the host's when the guest starts, and only where the definition's `check`
says so (under kvm by default, else not); so nothing about a CPU but mode maximum is refused at definition. A running
guest's CPU counts as all of its features, whatever the model that names most of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from domcaps.analysis import cpu_models
from domcaps.analysis.findings import Edit, Finding, Severity, Stage
from domcaps.analysis.guests import edits
from domcaps.analysis.guests.case import Case
from domcaps.analysis.guests.guest import Node
from domcaps.cpu.algebra import features_of
from domcaps.cpu.compare import Verdict, compare
from domcaps.cpu.model import FeaturePolicy, InputCpu, Policy
from domcaps.errors import DomcapsError
from domcaps.schema.cpu import Cpu

_POLICIES = {str(policy): policy for policy in Policy}
_CHECKED = frozenset({"partial", "full"})
_HARDWARE = frozenset({"kvm", "hvf", "hyperv"})
_PREFIX = "the CPU is incompatible with host CPU: "

_MODES = {
    "host-passthrough": (Cpu.host_passthrough, "host_passthrough", Stage.START),
    "host-model": (Cpu.host_model, "host_model", Stage.START),
    "maximum": (Cpu.maximum, "maximum", Stage.DEFINE),
    "custom": (Cpu.custom, "custom", Stage.START),
}
"""Mode to the schema's member, the field of the document, and the stage at which an unsupported one is refused."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A `<cpu>` element."""

    node: Node
    mode: str
    model_node: Node | None
    model: str
    match: str
    check: str
    vendor: str | None
    features: dict[str, Node]
    policies: tuple[FeaturePolicy, ...]

    @property
    def cpu(self) -> InputCpu:
        """As compare takes it."""
        return InputCpu(
            mode=self.mode,
            match=self.match if self.match in {"minimum", "exact", "strict"} else "exact",
            model=self.model or None,
            vendor=self.vendor,
            features=self.policies,
        )


def findings(case: Case) -> Iterator[Finding]:
    """All about the guest's CPU."""
    node = case.guest.first("cpu")
    if node is None or case.ground.document.cpu is None:
        return
    wanted = _read(case, node)
    mode = _mode(case, wanted)
    if mode is not None:
        yield mode
    if case.receive and mode is None and wanted.mode in {"host-passthrough", "maximum"}:
        yield _host_of_its_own(case, wanted)
    if wanted.mode == "custom" and wanted.model and mode is None:
        yield from _received(case, wanted) if case.receive and case.is_x86 else _custom(case, wanted)
    if case.is_x86:
        yield from _features(case, wanted)


def _read(case: Case, node: Node) -> Wanted:
    model = node.child("model")
    features = {name: feature for feature in node.all("feature") if (name := feature.get("name"))}
    mode = node.get("mode") or "custom"
    default = "partial" if mode == "custom" and case.ground.virt_type in _HARDWARE else "none"
    vendor = node.child("vendor")
    return Wanted(
        node=node,
        mode=mode,
        model_node=model,
        model=model.text if model is not None else "",
        match=node.get("match") or "exact",
        check=node.get("check") or default,
        vendor=vendor.text if vendor is not None and vendor.text else None,
        features=features,
        policies=tuple(
            FeaturePolicy(_POLICIES.get(feature.get("policy") or "require", Policy.REQUIRE), name)
            for name, feature in features.items()
        ),
    )


def _mode(case: Case, wanted: Wanted) -> Finding | None:
    """The mode itself; mode custom only with a model."""
    row = _MODES.get(wanted.mode)
    cpu = case.ground.document.cpu
    if row is None or cpu is None or (wanted.mode == "custom" and not wanted.model):
        return None
    member, field, stage = row
    block = getattr(cpu, field)
    attribute = "mode" if wanted.node.get("mode") else ""
    path = f"cpu/{wanted.mode}"
    if block is None or getattr(block, "supported", None) is None:
        return case.finding(
            Severity.UNKNOWN,
            f"cpu-{wanted.mode}-not-stated",
            f"the document does not say whether there is CPU mode '{wanted.mode}'",
            wanted.node,
            attribute,
            path=path,
            reason=f"documents say it from libvirt {Cpu.declarations[field].since} on",
        )
    if block.supported:
        return None
    verdict = case.ground.why(member)
    instead, changes = _other_mode(case, wanted, cpu)
    ground = case.ground
    return case.unsupported(
        f"cpu-{wanted.mode}-unsupported",
        f"CPU mode '{wanted.mode}' is not supported for {ground.arch} {ground.virt_type} guests",
        wanted.node,
        attribute,
        stage=stage,
        path=path,
        asks=wanted.mode,
        offered=tuple(name for name, (_, other, _) in _MODES.items() if getattr(cpu, other)),
        reason=verdict.reason if verdict else "the document says supported='no' of it",
        remedy=verdict.remedy if verdict else "",
        since=str(Cpu.declarations[field].since),
        alternative=instead,
        libvirt=_mode_refused(case, wanted.mode),
        edits=changes,
    )


def _host_of_its_own(case: Case, wanted: Wanted) -> Finding:
    return case.finding(
        Severity.UNKNOWN,
        f"cpu-{wanted.mode}-unknown",
        f"the guest uses a CPU of mode '{wanted.mode}', and its definition does not say what that has",
        wanted.node,
        "mode",
        path=f"cpu/{wanted.mode}",
        asks=wanted.mode,
        reason="it has whatever the host has that it runs on",
        remedy="a destination with the same CPU, microcode, kernel and QEMU",
    )


def _mode_refused(case: Case, mode: str) -> str:
    if mode == "maximum":
        return "maximum CPU is not supported by QEMU binary"
    ground = case.ground
    host = ground.host_arch or ground.arch
    return (
        f"CPU mode '{mode}' for {ground.arch} {ground.virt_type} domain on {host} host is not supported by hypervisor"
    )


def _other_mode(case: Case, wanted: Wanted, cpu: Cpu) -> tuple[str, tuple[Edit, ...]]:
    """The nearest mode: all that the emulator can, else its own default."""
    for mode in ("host-model", "maximum"):
        if mode != wanted.mode and getattr(cpu, _MODES[mode][1]):
            changes = [edits.set_attribute(case.guest, wanted.node, "mode", mode)]
            for name in ("match", "check", "migratable"):
                changes += edits.remove_attribute(case.guest, wanted.node, name)
            if wanted.model_node is not None:
                changes.append(edits.remove(case.guest, wanted.model_node))
            return f"mode='{mode}' in <cpu>", tuple(changes)
    return "leave <cpu> out: the guest gets QEMU's own default", (edits.remove(case.guest, wanted.node),)


def _custom(case: Case, wanted: Wanted) -> Iterator[Finding]:
    """A named model."""
    model = case.ground.models.get(wanted.model)
    if model is None:
        yield _unlisted(case, wanted)
        return
    if model.deprecated:
        yield _deprecated(case, wanted)
    checked = wanted.check in _CHECKED
    if case.is_x86 and checked:
        yield from _compared(case, wanted)
    elif model.usable == "no":
        yield _unusable(case, wanted, model.blockers, Stage.START if checked else None)


def _unlisted(case: Case, wanted: Wanted) -> Finding:
    """QEMU has no such model, or libvirt does not list it: an old one is translated where the guest allows it."""
    node = wanted.model_node or wanted.node
    known = not case.is_x86 or wanted.model in case.ground.cpu_map.x86.by_name
    fallback = node.get("fallback") or "allow"
    near = cpu_models.nearest(case.ground, wanted.model)
    change = (edits.set_text(case.guest, node, near),) if near and wanted.model_node is not None else ()
    instead = f"{near} in <cpu><model>" if near else ""
    stage = None if known and (fallback == "allow" or wanted.check == "none") else Stage.START
    words = (
        f"Unknown CPU model {wanted.model}"
        if not known
        else (f"CPU model {wanted.model} is not supported by hypervisor" if stage else "")
    )
    return case.finding(
        Severity.UNSUPPORTED if stage else Severity.NOTE,
        "cpu-model-unsupported" if stage else "cpu-model-unlisted",
        f"the CPU model '{wanted.model}' is not among those of {case.ground.emulator or 'the document'}",
        node,
        text=True,
        stage=stage,
        path="cpu/custom/model",
        asks=wanted.model,
        reason="QEMU has it not" if known else f"libvirt {case.ground.release} knows no such model",
        alternative=instead,
        libvirt=words,
        edits=change if stage else (),
    )


def _deprecated(case: Case, wanted: Wanted) -> Finding:
    near = cpu_models.nearest(case.ground, wanted.model, current=True)
    return case.finding(
        Severity.DEPRECATED,
        "cpu-model-deprecated",
        f"the CPU model '{wanted.model}' is deprecated",
        wanted.model_node or wanted.node,
        text=True,
        path="cpu/custom/model",
        asks=wanted.model,
        reason="QEMU advises against it",
        since="7.1.0",
        alternative=f"{near} in <cpu><model>" if near else "",
    )


def _compared(case: Case, wanted: Wanted) -> Iterator[Finding]:
    """The CPU against the host's, as libvirt compares them when the guest starts."""
    ground = case.ground
    model = ground.models[wanted.model]
    known = tuple(feature for feature in wanted.policies if feature.name in ground.cpu_map.x86.bits)
    cpu = msgspec.structs.replace(wanted.cpu, features=known)  # of those that are not known there are findings
    if ground.host_model is None:
        if model.usable == "no":
            yield _unusable(case, wanted, model.blockers, Stage.START)
        return
    try:
        result = compare(cpu, ground.hypervisor)
    except DomcapsError as error:
        yield case.unsupported(
            "cpu-incomparable",
            f"libvirt cannot compare this CPU with the host's: {error}",
            wanted.node,
            stage=Stage.START,
            path="cpu/custom/model",
            asks=wanted.model,
            libvirt=str(error),
        )
        return
    forgiven = {f.name for f in wanted.policies if f.policy in {Policy.DISABLE, Policy.OPTIONAL}}
    blockers = tuple(name for name in model.blockers or () if name not in forgiven)
    if result.verdict is Verdict.INCOMPATIBLE:
        lacking = tuple(name for name in result.features if name not in wanted.features) or blockers
        if lacking or not result.features:
            yield _unusable(case, wanted, lacking, Stage.START, result.reason)
    elif model.usable == "no" and blockers:
        yield _unusable(case, wanted, blockers, Stage.START if model.blockers is None else None)


def _unusable(
    case: Case, wanted: Wanted, blockers: tuple[str, ...] | None, stage: Stage | None, said: str | None = None
) -> Finding:
    """The host lacks features of the model: it does not start, or, unchecked, runs without them."""
    named = ", ".join(blockers or ())
    reason = f"the host's CPU, as this emulator shows it, lacks {named}" if named else "the host's CPU is another one"
    instead, changes = cpu_models.without(case, wanted.node, wanted.model_node, wanted.model, blockers)
    if stage is None:
        return case.finding(
            Severity.NOTE,
            "cpu-model-incomplete",
            f"the CPU model '{wanted.model}' runs here without some of its features",
            wanted.model_node or wanted.node,
            text=True,
            path="cpu/custom/model",
            asks=wanted.model,
            reason=f"{reason}; nobody checks that (check='none')",
        )
    return case.unsupported(
        "cpu-model-unusable",
        f"the CPU model '{wanted.model}' cannot be had completely on this host",
        wanted.model_node or wanted.node,
        text=True,
        stage=stage,
        path="cpu/custom/model",
        asks=wanted.model,
        reason=reason,
        alternative=instead,
        libvirt=_PREFIX + (said or f"Host CPU does not provide required features: {named}"),
        edits=changes,
    )


def _received(case: Case, wanted: Wanted) -> Iterator[Finding]:
    """A running guest's CPU: every feature that it has, whatever the model is called."""
    ground, x86 = case.ground, case.ground.cpu_map.x86
    if ground.host_features is None or wanted.model not in x86.by_name:
        yield from _custom(case, wanted)
        return
    known = tuple(feature for feature in wanted.policies if feature.name in x86.bits)
    has = x86.names(features_of(x86, wanted.model, known))
    optional = {feature.name for feature in known if feature.policy is Policy.OPTIONAL}
    lacking = tuple(name for name in has if name not in ground.host_features and name not in optional)
    of_model = tuple(name for name in lacking if name not in wanted.features)
    if of_model:
        yield case.unsupported(
            "cpu-features-missing",
            f"the guest's CPU has features that this host cannot give it: {', '.join(of_model)}",
            wanted.model_node or wanted.node,
            text=True,
            stage=Stage.START,
            path="cpu/host-model",
            asks=wanted.model,
            reason=f"they are not among those of {ground.host_model.model if ground.host_model else 'host-model'}",
            libvirt=f"{_PREFIX}Host CPU does not provide required features: {', '.join(lacking)}",
        )


def _features(case: Case, wanted: Wanted) -> Iterator[Finding]:
    """Each feature that the guest names: known at all, there when required, not there when forbidden."""
    ground = case.ground
    compared = ground.host_features if _is_compared(case, wanted) else None
    for feature in wanted.policies:
        node = wanted.features[feature.name]
        if feature.name not in ground.cpu_map.x86.bits:
            yield _feature(case, node, feature.name, "unknown", f"unknown CPU feature: {feature.name}")
        elif compared is None:
            continue
        elif feature.policy is Policy.REQUIRE and feature.name not in compared:
            said = f"{_PREFIX}Host CPU does not provide required features: {feature.name}"
            yield _feature(case, node, feature.name, "missing", said)
        elif feature.policy is Policy.FORBID and feature.name in compared:
            said = f"{_PREFIX}Host CPU provides forbidden features: {feature.name}"
            yield _feature(case, node, feature.name, "forbidden", said)


def _is_compared(case: Case, wanted: Wanted) -> bool:
    if wanted.mode == "host-model":
        return case.ground.host_model is not None
    return wanted.mode == "custom" and (wanted.check in _CHECKED or case.receive)


_FEATURE = {
    "unknown": ("the CPU feature '{}' is not known to libvirt", "no CPU that libvirt knows has it"),
    "missing": ("the host's CPU does not have the feature '{}'", "it is not among the features of host-model"),
    "forbidden": ("the host's CPU has the forbidden feature '{}'", "it is among the features of host-model"),
}


def _feature(case: Case, node: Node, name: str, fault: str, said: str) -> Finding:
    message, reason = _FEATURE[fault]
    model = case.ground.host_model
    policy = "disable" if fault == "forbidden" else "optional"
    changes = (
        (edits.remove(case.guest, node),)
        if fault == "unknown"
        else (edits.set_attribute(case.guest, node, "policy", policy),)
    )
    return case.unsupported(
        f"cpu-feature-{fault}",
        message.format(name),
        node,
        "name",
        stage=Stage.START,
        path="cpu/host-model",
        asks=name,
        reason=f"{reason} ({model.model})" if model and fault != "unknown" else reason,
        alternative=f"leave <feature name='{name}'/> out" if fault == "unknown" else f"policy='{policy}'",
        libvirt=said,
        edits=() if case.receive else changes,
    )
