"""Laws over the tables of the drivers other than QEMU: complete, and able to say why."""

from __future__ import annotations

from typing import Any

import pytest

from domcaps.drivers.alike import alike
from domcaps.drivers.bhyve.rules import BHYVE
from domcaps.drivers.predicates import unstated
from domcaps.drivers.table import Table, unruled
from domcaps.drivers.test.rules import NOTHING
from domcaps.drivers.xen.rules import XEN
from domcaps.schema.devices import Devices
from domcaps.schema.document import DomainCapabilities

TABLES: dict[str, Table[Any]] = {"Xen": XEN, "bhyve": BHYVE, "the test driver": NOTHING}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_every_member_of_the_schema_has_its_row(table: Table[Any]) -> None:
    assert unruled(DomainCapabilities, table) == []


def test_alike_covers_a_block_and_all_below_it() -> None:
    rows = alike(Devices, unstated("nobody says"))
    assert Devices.disk in rows
    assert len(rows) == len(Devices.declarations) + sum(
        len([d for d in declaration.block.declarations.values() if d.name != "supported"])
        for declaration in Devices.declarations.values()
        if declaration.block is not None
    )
