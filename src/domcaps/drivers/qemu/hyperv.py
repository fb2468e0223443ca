"""Hyper-V enlightenments, as the expansion of the host's CPU with `hv-passthrough` shows them.

A property `hv-NAME` counts when it is true, a number above 0, or any string, even an empty one; NAME may spell `-` for
libvirt's `_`. (QEMU's docs/system/i386/hyperv.rst has the properties.)
"""

from __future__ import annotations

from collections.abc import Mapping

from domcaps.drivers.predicates import Predicate, Verdict
from domcaps.drivers.qemu.facts import QemuFacts
from domcaps.schema.declare import Word
from domcaps.schema.features import HypervDefaults
from domcaps.schema.words import HypervFeature

SPINLOCKS_NEVER_NOTIFY = 0xFFFFFFFF
"""The number of spinlock retries that means: never tell the hypervisor."""


class HasEnlightenment(Predicate[QemuFacts], frozen=True):
    """QEMU can give a guest an enlightenment on this host."""

    name: str

    def judge(self, facts: QemuFacts) -> Verdict:
        """Look it up."""
        properties = facts.hyperv_properties
        if properties is None:
            return Verdict(None, "QEMU was not asked for, or did not tell, what hv-passthrough turns on")
        if _property(properties, self.name):
            return Verdict(True, f"QEMU's hv-passthrough turns on {self.name}")
        return Verdict(False, f"QEMU's hv-passthrough does not turn on {self.name}", "KVM with that enlightenment")


def _property(properties: Mapping[str, bool | int | str], name: str) -> bool:
    for spelling in (name, name.replace("_", "-")):
        value = properties.get(f"hv-{spelling}")
        if value is not None:
            return isinstance(value, str) or value > 0
    return False


HYPERV_FEATURES: Mapping[Word, Predicate[QemuFacts]] = {word: HasEnlightenment(word.value) for word in HypervFeature}


def hyperv_defaults(facts: QemuFacts) -> HypervDefaults | None:
    """What mode host-model turns on beyond the list; `None` when that is nothing."""
    properties = facts.hyperv_properties or {}
    spinlocks = properties.get("hv-spinlocks")
    number = spinlocks if isinstance(spinlocks, int) and not isinstance(spinlocks, bool) else 0
    vendor = properties.get("hv-vendor-id", properties.get("hv-vendor_id"))
    defaults = HypervDefaults(
        spinlocks=number if 0 < number != SPINLOCKS_NEVER_NOTIFY else None,
        stimer_direct=_switch(properties, "stimer", "hv-stimer-direct"),
        tlbflush_direct=_switch(properties, "tlbflush", "hv-tlbflush-direct"),
        tlbflush_extended=_switch(properties, "tlbflush", "hv-tlbflush-ext"),
        vendor_id=vendor if isinstance(vendor, str) and vendor else None,
    )
    return defaults if defaults != HypervDefaults() else None


def _switch(properties: Mapping[str, bool | int | str], feature: str, name: str) -> bool | None:
    value = properties.get(name)
    return bool(value) if value is not None and _property(properties, feature) else None
