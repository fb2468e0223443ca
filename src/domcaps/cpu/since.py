"""The libvirt releases at which the CPU answers changed: each boundary once, with where it comes from.

Rows only. A *recorded* boundary is in libvirt's release notes or, up to 8.5, in its history. A *chosen* one is known
only as "this release does not, that one does" (sources of 9.0, 9.8, 9.10, 10.5, 10.7, 11.3, answers of 12.8), and the
row says what made us choose.
"""

from __future__ import annotations

from domcaps.release import Release

PPC64_SPELLINGS = Release((5, 9, 0))
"""QEMU's names of POWER models, in lower case since QEMU 2.11, are taken for libvirt's: recorded (history, suite)."""

BLOCKER_NAMES = Release((8, 9, 0))
"""QEMU's names of what blocks a model are taken for libvirt's: recorded (release notes; 8.5's source does not)."""

FALLBACK_FORBID = Release((3, 1, 0))
"""An s390x host-model, QEMU's own word, has `fallback='forbid'`: recorded (history); 3.0 had it without."""

USABLE = Release((2, 5, 0))
"""What QEMU says of what blocks a model is read: recorded (history); before, every model is of unknown use."""

BLOCKERS_DISABLED = Release((3, 9, 0))
"""What blocks a model is disabled when that model is chosen: recorded (history)."""

DISABLED_COST_MORE = Release((8, 4, 0))
"""A model that needs features disabled is a worse choice the more of them there are: recorded (libvirt's history; the
documents of its test suite change with it)."""

PHYS_BITS = Release((9, 3, 0))
"""`maxphysaddr` with a `limit` in host-model: recorded (documentation of the domain XML; 9.8.0 prints it)."""

BASELINE_PHYS_BITS = Release((9, 5, 0))
"""The same in a baseline: recorded."""

BLOCKERS = Release((10, 9, 0))
"""`<blockers>` of custom models: recorded."""

CANONICAL = Release((10, 10, 0))
"""`canonical` of custom models, with the versioned models: recorded."""

SORTED_CUSTOM = Release((10, 10, 0))
"""Custom models by name: chosen, the release of the versioned models (10.7.0's source does not sort, 11.3.0's does)."""

S390_VENDOR = Release((9, 8, 0))
"""Vendor IBM of s390x models: chosen (9.0.0 does not say it, 9.8.0's source does)."""

RISCV64_CUSTOM = Release((9, 8, 0))
"""Custom models for riscv64: chosen (9.0.0 has no such CPU driver, 9.8.0's source has)."""

VMX_NAMES = Release((11, 0, 0))
"""The QEMU name of a `vmx-*` feature and of three of Hyper-V translated: chosen (10.7.0's source does not, 11.3.0's
does)."""

ALL_MSRS = Release((11, 0, 0))
"""Every MSR of the map is read from the host: chosen (10.7.0's source reads one, though the map has those of VMX since
9.10; 11.3.0's reads all)."""

BLOCKERS_COMPARE = Release((10, 10, 0))
"""Compare by blockers, for models without `<check partial='compat'/>`: chosen. The element is on every model that
came before the versioned ones of 10.10 and on none that came with them."""

SORTED_HOST_MODEL = Release((12, 5, 0))
"""host-model features by name: recorded."""

CAUSELESS_INCOMPATIBLE = Release((12, 0, 0))
"""An s390x CPU found incompatible without a reason is said so instead of as an unknown error: chosen (11.3.0 does
not, 12.8.0 does)."""

HOST_CPU_ERROR = Release((11, 0, 0))
"""virsh remarks on host CPU definitions as input, as an error: chosen (9.0.0 does not, 11.3.0 does)."""

HOST_CPU_WARNING = Release((12, 0, 0))
"""It is called a warning: chosen (11.3.0 says error, 12.8.0 warning)."""
