"""The drivers other than QEMU's: which table answers a question, and from which facts. Pure code."""

from __future__ import annotations

from typing import Any, Protocol

from domcaps.drivers.bhyve import choose as bhyve
from domcaps.drivers.bhyve.facts import BhyveHost
from domcaps.drivers.bhyve.rules import BHYVE
from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.predicates import Facts
from domcaps.drivers.question import Question
from domcaps.drivers.table import Table
from domcaps.drivers.test import facts as test
from domcaps.drivers.test.rules import NOTHING
from domcaps.drivers.xen import choose as xen
from domcaps.drivers.xen.facts import XenHost
from domcaps.drivers.xen.rules import XEN


class Hosts(Protocol):
    """Where these drivers' facts come from."""

    @property
    def driver(self) -> Driver:
        """The driver that is asked."""

    @property
    def arch(self) -> str:
        """libvirt's name of the host's architecture."""

    @property
    def xen(self) -> XenHost:
        """What the Xen driver knows."""

    @property
    def bhyve(self) -> BhyveHost:
        """What the bhyve driver knows."""


def ruled_otherwise(source: Hosts, asked: Question) -> tuple[Table[Any], Facts]:
    """The table of a driver that is not QEMU's, and all that the document follows from.

    Raises:
        RequestError: what libvirt refuses.
        ProbeError: the host does not run that hypervisor, or it does not answer.
    """
    if source.driver is Driver.XEN:
        return XEN, xen.facts_for(source.xen, source.arch, asked)
    if source.driver is Driver.BHYVE:
        return BHYVE, bhyve.facts_for(source.bhyve, source.arch, asked)
    return NOTHING, test.facts_for(asked)
