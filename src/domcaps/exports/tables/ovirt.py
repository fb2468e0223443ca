"""oVirt: the names in a host's `cpuFlags`. Rows only.

Read: vdsm, `lib/vdsm/machinetype.py` at commit 228041f292c54c19ce4e6302cddb5b4b77c616e5 and `lib/vdsm/host/caps.py` at
commit 00a7be2419be231082eb78b2bea482e1c5971d0d. The engine's list of cluster CPU types, which these flags are compared
with, was not read.
"""

from __future__ import annotations

from domcaps.exports.rows import Source

SOURCE = Source("vdsm", "lib/vdsm/machinetype.py: compatible_cpu_models, cpu_features", "228041f292c5")
FLAGS_SOURCE = Source("vdsm", "lib/vdsm/host/caps.py: _getFlagsAndFeatures", "00a7be2419be")

MODEL = "model_"
"""What a CPU model's name is prefixed with."""

HOST_MODEL_ARCHES = frozenset({"ppc64", "ppc64le"})
"""Where the one model is the host-model's instead of the named ones."""

ALSO = {"POWER9": "POWER8"}
"""A model that a guest can have wherever it can have another, and QEMU does not say so."""
