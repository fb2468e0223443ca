"""QEMU's names of x86 features that libvirt calls differently.

Rows only, and the look-up. A name that is not here is the same for both.
"""

from __future__ import annotations

from collections.abc import Mapping

from domcaps.cpu import since
from domcaps.release import Release

_ALWAYS = {
    "cmp-legacy": "cmp_legacy",
    "ds-cpl": "ds_cpl",
    "fxsr-opt": "fxsr_opt",
    "kvm-pv-eoi": "kvm_pv_eoi",
    "kvm-pv-unhalt": "kvm_pv_unhalt",
    "lahf-lm": "lahf_lm",
    "nodeid-msr": "nodeid_msr",
    "pclmulqdq": "pclmuldq",
    "perfctr-core": "perfctr_core",
    "perfctr-nb": "perfctr_nb",
    "tsc-adjust": "tsc_adjust",
}

_SINCE_VMX_NAMES = {
    **_ALWAYS,
    "vmx-invept-single-context-noglobals": "vmx-invvpid-single-context-noglobals",
    "hv-vendor-id": "hv-vendor_id",
    "hv-emsr-bitmap": "hv-emsr_bitmap",
    "hv-xmm-input": "hv-xmm_input",
}


def translations(release: Release) -> Mapping[str, str]:
    """QEMU's name to libvirt's, for the x86 features that the release translates."""
    return _SINCE_VMX_NAMES if release >= since.VMX_NAMES else _ALWAYS
