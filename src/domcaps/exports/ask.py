"""What each project asks of a host, and the subject of an export that follows: the same questions as its own code.

Pure code over a `Source` of facts. A question that the user has narrowed (a machine, a virt type, an emulator) is asked
as narrowed.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from domcaps.cpu.model import CpuMap
from domcaps.cpu.shipped import load
from domcaps.derive import Request, Source, derive
from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.qemu.choose import target_of
from domcaps.drivers.qemu.machines import Machine
from domcaps.errors import DomcapsError
from domcaps.exports.subject import Subject, guest_features
from domcaps.exports.tables import kubevirt, openstack
from domcaps.release import release
from domcaps.schema.document import DomainCapabilities

EXPANDS = release("12.2")
"""Since when virsh has --expand-cpu-features."""
ADDS_SUPPORTED = release("12.5")
"""Since when virsh has --supported-cpu-features."""


def map_of(request: Request) -> CpuMap:
    """The CPU map that a request's documents are written with."""
    return request.cpu_map or load(request.libvirt)


def ask(source: Source, request: Request, target: str) -> Subject:
    """The subject of an export to `target`, from facts.

    Raises:
        RequestError, ProbeError: as `derive`.
    """
    if target == "kubevirt":
        return _for_kubevirt(source, request)
    document = derive(source, request)
    machines = _machines(source, request, document)
    others = _others(source, request, document, machines) if target == "openstack" else ()
    return Subject(
        documents=(document, *others),
        features=guest_features(document, map_of(request)),
        machines=_names(machines),
        host_arch=source.arch,
    )


def of_documents(documents: tuple[DomainCapabilities, ...], cpu_map: CpuMap) -> Subject:
    """The subject that documents alone tell: the first one's CPU, all devices and architectures.

    Args:
        documents: at least one, of one host.
        cpu_map: the models of the libvirt release that wrote them.
    """
    return Subject(documents=documents, features=guest_features(documents[0], cpu_map))


def _for_kubevirt(source: Source, request: Request) -> Subject:
    """As KubeVirt's script asks: q35 or its like, features expanded, and with what the host supports for features."""
    arch = kubevirt.ARCHES.get(request.arch or source.arch)
    machine = request.machine or (arch.machine if arch else None)
    asked = msgspec.structs.replace(request, machine=machine)
    document = derive(source, _with_flags(asked, expand=asked.libvirt >= EXPANDS))
    whole = document
    if asked.libvirt >= ADDS_SUPPORTED:
        whole = derive(source, _with_flags(asked, expand=True, supported=True))
    return Subject(
        documents=(document,),
        features=guest_features(whole, map_of(request)),
        machines=_names(_machines(source, request, document)),
        host_arch=source.arch,
    )


def _with_flags(request: Request, *, expand: bool, supported: bool = False) -> Request:
    flags = msgspec.structs.replace(
        request.flags, expand=request.flags.expand or expand, supported=request.flags.supported or supported
    )
    return msgspec.structs.replace(request, flags=flags)


def _machines(source: Source, request: Request, document: DomainCapabilities) -> tuple[Machine, ...]:
    if source.driver is not Driver.QEMU or document.path is None or document.domain is None:
        return ()
    emulator = source.emulator(document.path)
    return emulator.machines_listed(document.domain, target_of(emulator, request.libvirt), request.libvirt)


def _names(machines: tuple[Machine, ...]) -> tuple[str, ...]:
    return tuple(name for machine in machines for name in (machine.alias, machine.name) if name)


def _others(
    source: Source, request: Request, first: DomainCapabilities, machines: tuple[Machine, ...]
) -> Iterator[DomainCapabilities]:
    """The documents of Nova's other machines: its default for the architecture, and every alias."""
    if request.machine is not None:
        return
    wanted = dict.fromkeys(machine.name for machine in machines if machine.alias)
    default = openstack.MACHINES.get(first.arch or "")
    names = [*wanted, *(m.name for m in machines if default in {m.name, m.alias})]
    for name in dict.fromkeys(names):
        if name == first.machine:
            continue
        try:
            yield derive(source, msgspec.structs.replace(request, machine=name))
        except DomcapsError:
            # Nova leaves out machines that libvirt refuses.
            continue
