"""Prometheus: the metrics, their help, and the numbers of the document that have one of their own. Rows only.

Names keep Prometheus' rules ("Metric and label naming"): a prefix of the program, base units, no type in the name. The
metrics are ours: no other project has any of domain capabilities.
"""

from __future__ import annotations

import msgspec

from domcaps.exports.rows import Source

SOURCE = Source("prometheus", "docs/practices/naming and docs/instrumenting/exposition_formats", "text format 0.0.4")

INFO = "domcaps_info"
SUPPORTED = "domcaps_supported"
VALUE = "domcaps_value_listed"
MODEL_USABLE = "domcaps_cpu_model_usable"
MODEL_DEPRECATED = "domcaps_cpu_model_deprecated"
HOST_MODEL = "domcaps_host_model_info"
FEATURE = "domcaps_host_model_feature"

HELP = {
    INFO: "A document that was exported; always 1.",
    SUPPORTED: "Whether the element of the document says yes.",
    VALUE: "Whether the document lists the value, of those that are known for the enum.",
    MODEL_USABLE: "Whether the host can run the named CPU model with all its features.",
    MODEL_DEPRECATED: "Whether the hypervisor advises against the named CPU model.",
    HOST_MODEL: "The named CPU model that is nearest to the host; always 1.",
    FEATURE: "A feature that a guest with the host's model has; always 1.",
}
"""Metric → its help, in the order in which metrics are written."""


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the document that is a metric."""

    metric: str
    help: str
    factor: int = 1
    """From the document's unit to the base unit."""


NUMBERS = {
    "vcpu/max": Number(metric="domcaps_vcpus_max", help="How many virtual CPUs a guest can have."),
    "cpu/host-model/maxphysaddr/limit": Number(
        metric="domcaps_physical_address_width", help="The size of the host's physical addresses, in bits."
    ),
    "features/sev/cbitpos": Number(
        metric="domcaps_sev_c_bit_position", help="The address bit that marks a page as encrypted."
    ),
    "features/sev/reducedPhysBits": Number(
        metric="domcaps_sev_physical_address_reduction", help="How many physical address bits encryption takes."
    ),
    "features/sev/maxGuests": Number(metric="domcaps_sev_guests_max", help="How many SEV guests can run at once."),
    "features/sev/maxESGuests": Number(
        metric="domcaps_sev_es_guests_max", help="How many SEV-ES guests can run at once."
    ),
    "features/sgx/section_size/size": Number(
        metric="domcaps_sgx_enclave_page_cache_bytes", help="The size of the enclave page cache in all.", factor=1024
    ),
    "features/hyperv/defaults/spinlocks": Number(
        metric="domcaps_hyperv_spinlock_retries", help="Spinlock retries before the hypervisor is told."
    ),
}
"""Path → the metric of the number that stands there."""

NOT_EXPORTED = {
    "features/sgx/sections/section/node": "the sum is exported",
    "features/sgx/sections/section/size": "the sum is exported",
}
"""Numbers without a metric, and why."""
