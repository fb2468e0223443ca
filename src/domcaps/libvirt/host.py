"""What a connection tells of the whole host: the capabilities document and the hypervisor's version."""

from __future__ import annotations

import os
import re

from domcaps.cpu.model import GuestCpu
from domcaps.derive import Request, Source, facts_for
from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.qemu.choose import find_emulator
from domcaps.drivers.qemu.facts import HARDWARE
from domcaps.drivers.test.facts import ARCH
from domcaps.errors import ProbeError, RequestError
from domcaps.libvirt.capabilities import GuestKind, Host, to_capabilities
from domcaps.libvirt.guests import bhyve_guests, guests_of_test_driver, qemu_guests, xen_guests

TEST_VERSION = 2
"""The version of libvirt's test driver."""


def capabilities_of(source: Source, request: Request) -> str:
    """The capabilities document of the driver that is asked; `request` tells release and CPU map.

    Raises:
        ProbeError: the host does not run the hypervisor.
    """
    guests: tuple[GuestKind, ...]
    if source.driver is Driver.TEST:
        return to_capabilities(Host(arch=ARCH), guests_of_test_driver())
    if source.driver is Driver.XEN:
        guests = xen_guests(source.xen)
    elif source.driver is Driver.BHYVE:
        guests = bhyve_guests()
    else:
        guests = qemu_guests(source, request.libvirt)
    cpu = _host_cpu(source, request) if source.driver is Driver.QEMU else None
    return to_capabilities(Host(arch=source.arch, cpu=cpu), guests)


def _host_cpu(source: Source, request: Request) -> GuestCpu | None:
    """The host-model under hardware virtualization; without that the emulator tells of a CPU that is not the host's."""
    try:
        facts = facts_for(source, request)
    except (ProbeError, RequestError):
        return None
    return facts.cpu.host_model if facts.virt_type in HARDWARE.values() else None


def version_of(source: Source) -> int:
    """The hypervisor's version as a number; 0 where it is not known.

    Raises:
        RequestError: there is no emulator for the host's own architecture.
        ProbeError: the hypervisor does not answer.
    """
    if source.driver is Driver.TEST:
        return TEST_VERSION
    if source.driver is Driver.XEN:
        return _number(source.xen.version or "", parts=2)
    if source.driver is Driver.BHYVE:
        return _number(os.uname().release, parts=2)
    version = source.emulator(find_emulator(source.arch, source.arch, source.find)).version
    return _number(".".join(map(str, version or ())), parts=3)


def _number(text: str, *, parts: int) -> int:
    numbers = [int(number) for number in re.findall(r"\d+", text)[:parts]]
    major, minor, micro = (*numbers, 0, 0, 0)[:3]
    return major * 1000000 + minor * 1000 + micro
