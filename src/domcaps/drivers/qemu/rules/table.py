"""QEMU's whole table."""

from __future__ import annotations

from domcaps.drivers.qemu.facts import QemuFacts
from domcaps.drivers.qemu.rules.cpu import CPU
from domcaps.drivers.qemu.rules.devices import DEVICES
from domcaps.drivers.qemu.rules.document import DOCUMENT
from domcaps.drivers.qemu.rules.features import FEATURES
from domcaps.drivers.table import Table, merged

QEMU: Table[QemuFacts] = merged(DOCUMENT, CPU, DEVICES, FEATURES)
