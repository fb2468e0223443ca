"""Numbers that a document limits: vCPUs, physical address bits, and the enclave page cache."""

from __future__ import annotations

from collections.abc import Iterator

from domcaps.analysis.findings import Finding, Stage
from domcaps.analysis.guests import edits
from domcaps.analysis.guests.case import Case
from domcaps.host.arch import X86
from domcaps.schema.features import Sgx

_KIB = {
    "b": 1 / 1024,
    "bytes": 1 / 1024,
    "kb": 1000 / 1024,
    "k": 1,
    "kib": 1,
    "mb": 1000**2 / 1024,
    "m": 1024,
    "mib": 1024,
    "gb": 1000**3 / 1024,
    "g": 1024**2,
    "gib": 1024**2,
    "tb": 1000**4 / 1024,
    "t": 1024**3,
    "tib": 1024**3,
}


def findings(case: Case) -> Iterator[Finding]:
    """All that is beyond a limit."""
    yield from _vcpus(case)
    yield from _address_bits(case)
    yield from _enclave(case)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def _vcpus(case: Case) -> Iterator[Finding]:
    node = case.guest.first("vcpu")
    limit = case.ground.number("vcpu/max")
    asked = _number(node.text) if node is not None else None
    if node is None or asked is None or limit is None or asked <= limit:
        return
    facts = case.ground.facts
    kvm = case.ground.virt_type == "kvm"
    machine = facts.max_vcpus if facts else 0 if kvm else limit
    by_machine = bool(machine) and asked > machine
    said = (
        f"Maximum CPUs greater than specified machine type limit {machine}"
        if by_machine
        else f"Number of SMP cpus requested ({asked}) exceeds the maximum cpus supported by KVM ({limit})"
    )
    changes = [edits.set_text(case.guest, node, str(limit))]
    if (_number(node.get("current")) or 0) > limit:
        changes.append(edits.set_attribute(case.guest, node, "current", str(limit)))
    yield case.unsupported(
        "vcpu-max-exceeded",
        f"{asked} vCPUs are more than the {limit} that there can be",
        node,
        text=True,
        stage=Stage.DEFINE if by_machine else Stage.START,
        path="vcpu/max",
        asks=str(asked),
        offered=(str(limit),),
        reason=f"{case.ground.machine} takes no more" if by_machine or not kvm else "KVM takes no more on this host",
        since="1.2.7",
        alternative=f"{limit} in <vcpu>",
        libvirt=said,
        edits=tuple(changes),
    )


def _address_bits(case: Case) -> Iterator[Finding]:
    node = case.guest.first("cpu/maxphysaddr")
    if node is None:
        return
    arch = case.ground.arch
    if arch not in X86:
        yield case.unsupported(
            "cpu-maxphysaddr-unsupported",
            f"physical address bits cannot be said for {arch}",
            node,
            path="cpu/host-model/maxphysaddr",
            reason="only x86 has them as a property of the CPU",
            alternative="leave <maxphysaddr> out",
            libvirt=f"CPU maximum physical address bits specification is not supported for '{arch}' architecture",
            edits=(edits.remove(case.guest, node),),
        )
        return
    limit = case.ground.number("cpu/host-model/maxphysaddr/limit")
    facts = case.ground.facts
    if limit is None and facts is not None and facts.native:
        limit = facts.host.cpu.physical_address_bits
    bits = _number(node.get("bits"))
    if node.get("mode") == "emulate" and bits is not None and limit is not None and bits > limit:
        yield case.unsupported(
            "cpu-maxphysaddr-exceeded",
            f"{bits} physical address bits are more than the host's {limit}",
            node,
            "bits",
            path="cpu/host-model/maxphysaddr/limit",
            asks=str(bits),
            offered=(str(limit),),
            reason=f"the host's CPU has {limit}",
            since="9.3.0",
            alternative=f"bits='{limit}' in <maxphysaddr>",
            libvirt="The number of virtual CPU address bits cannot exceed the number supported by the host CPU",
            edits=(edits.set_attribute(case.guest, node, "bits", str(limit)),),
        )


def _enclave(case: Case) -> Iterator[Finding]:
    """SGX memory by the host's NUMA node."""
    sgx = case.ground.document.get("features/sgx")
    if not isinstance(sgx, Sgx) or not sgx.supported:
        return
    sections = sgx.sections.section if sgx.sections is not None else ()
    sizes = {section.node: section.size or 0 for section in sections}
    whole = (sgx.section_size.size or 0) if sgx.section_size is not None else sum(sizes.values())
    for memory in case.guest.all("devices/memory"):
        target = memory.child("target")
        size = target.child("size") if target is not None else None
        asked = _number(size.text) if size is not None else None
        if memory.get("model") != "sgx-epc" or size is None or asked is None:
            continue
        source = memory.child("source")
        nodemask = source.child("nodemask") if source is not None else None
        node = _number(nodemask.text) if nodemask is not None else None
        limit = sizes.get(node, 0) if node is not None and sizes else whole
        wanted = asked * _KIB.get((size.get("unit") or "KiB").lower(), 1)
        if wanted > limit:
            where = f"on host node {node} " if node is not None else ""
            yield case.unsupported(
                "sgx-size-exceeded",
                f"{wanted:.0f} KiB of enclave page cache are more than the {limit} KiB {where}that there are",
                size,
                text=True,
                path="features/sgx/sections",
                asks=str(asked),
                offered=(str(limit),),
                reason="the host's processor reserves no more",
                since="8.10.0",
                libvirt=f"sgx epc size {wanted:.0f} on host node {node or 0} is less than requested size",
            )
