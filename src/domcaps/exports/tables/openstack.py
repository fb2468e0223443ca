"""OpenStack: placement traits (os-traits 3.9.0), as Nova 34.0.0's libvirt driver reports them. Rows only.

Read: nova 34.0.0 (`nova/virt/libvirt/driver.py`: `_get_cpu_traits`, `_get_storage_bus_traits`,
`_get_video_model_traits`, `_get_tpm_traits`; `host.py`, `utils.py`: `CPU_TRAITS_MAPPING`) and os-traits 3.9.0, both
from PyPI. Where Nova decides otherwise than by the document, the row's source says by what; traits that follow from no
document stand in NOT_TOLD.
"""

from __future__ import annotations

from domcaps.exports.rows import Names, Row, Source

_NOVA = "34.0.0"
_DRIVER = Source("nova", "nova/virt/libvirt/driver.py", _NOVA)
_HOST = Source("nova", "nova/virt/libvirt/host.py", _NOVA)
_BY_VERSION = Source("nova", "nova/virt/libvirt/host.py: decides by the versions of libvirt and QEMU", _NOVA)
_PASSTHROUGH = Source("nova", "nova/virt/libvirt/host.py: only where cpu_mode is host-passthrough", _NOVA)
_OS_TRAITS = Source("os-traits", "os_traits/compute/firmware.py: Nova 34.0.0 does not report it", "3.9.0")
CPU_SOURCE = Source("nova", "nova/virt/libvirt/utils.py: CPU_TRAITS_MAPPING", _NOVA)
ARCH_SOURCE = Source("os-traits", "os_traits/hw/arch.py, os_traits/compute/arch.py", "3.9.0")

CPU_FEATURES: Names = {
    "3dnow": ("HW_CPU_X86_3DNOW",),
    "abm": ("HW_CPU_X86_ABM",),
    "aes": ("HW_CPU_X86_AESNI",),
    "amx-bf16": ("HW_CPU_X86_AMXBF16",),
    "amx-int8": ("HW_CPU_X86_AMXINT8",),
    "amx-tile": ("HW_CPU_X86_AMXTILE",),
    "avx": ("HW_CPU_X86_AVX",),
    "avx2": ("HW_CPU_X86_AVX2",),
    "avx512bw": ("HW_CPU_X86_AVX512BW",),
    "avx512cd": ("HW_CPU_X86_AVX512CD",),
    "avx512dq": ("HW_CPU_X86_AVX512DQ",),
    "avx512er": ("HW_CPU_X86_AVX512ER",),
    "avx512f": ("HW_CPU_X86_AVX512F",),
    "avx512pf": ("HW_CPU_X86_AVX512PF",),
    "avx512vl": ("HW_CPU_X86_AVX512VL",),
    "avx512vnni": ("HW_CPU_X86_AVX512VNNI",),
    "avx512vbmi": ("HW_CPU_X86_AVX512VBMI",),
    "avx512ifma": ("HW_CPU_X86_AVX512IFMA",),
    "avx512vbmi2": ("HW_CPU_X86_AVX512VBMI2",),
    "avx512bitalg": ("HW_CPU_X86_AVX512BITALG",),
    "vaes": ("HW_CPU_X86_AVX512VAES",),
    "gfni": ("HW_CPU_X86_AVX512GFNI",),
    "vpclmulqdq": ("HW_CPU_X86_AVX512VPCLMULQDQ",),
    "avx512-vpopcntdq": ("HW_CPU_X86_AVX512VPOPCNTDQ",),
    "bmi1": ("HW_CPU_X86_BMI",),
    "bmi2": ("HW_CPU_X86_BMI2",),
    "pclmuldq": ("HW_CPU_X86_CLMUL",),
    "f16c": ("HW_CPU_X86_F16C",),
    "fma": ("HW_CPU_X86_FMA3",),
    "fma4": ("HW_CPU_X86_FMA4",),
    "mmx": ("HW_CPU_X86_MMX",),
    "mpx": ("HW_CPU_X86_MPX",),
    "sha-ni": ("HW_CPU_X86_SHA",),
    "sse": ("HW_CPU_X86_SSE",),
    "sse2": ("HW_CPU_X86_SSE2",),
    "sse3": ("HW_CPU_X86_SSE3",),
    "sse4.1": ("HW_CPU_X86_SSE41",),
    "sse4.2": ("HW_CPU_X86_SSE42",),
    "sse4a": ("HW_CPU_X86_SSE4A",),
    "ssse3": ("HW_CPU_X86_SSSE3",),
    "svm": ("HW_CPU_X86_SVM", "HW_CPU_X86_AMD_SVM"),
    "tbm": ("HW_CPU_X86_TBM",),
    "vmx": ("HW_CPU_X86_VMX", "HW_CPU_X86_INTEL_VMX"),
    "xop": ("HW_CPU_X86_XOP",),
}
"""`sse3` is Nova's spelling: libvirt calls that feature `pni`, so Nova never reports the trait, and neither do we."""

_BUS = "devices/disk/bus"
_MODEL = "devices/video/modelType"
_SWTPM = (("devices/tpm/backendModel", "emulator"),)

TRAITS = (
    Row(name="COMPUTE_STORAGE_BUS_FDC", path=_BUS, value="fdc", source=_DRIVER),
    Row(name="COMPUTE_STORAGE_BUS_IDE", path=_BUS, value="ide", source=_DRIVER),
    Row(name="COMPUTE_STORAGE_BUS_SATA", path=_BUS, value="sata", source=_DRIVER),
    Row(name="COMPUTE_STORAGE_BUS_SCSI", path=_BUS, value="scsi", source=_DRIVER),
    Row(name="COMPUTE_STORAGE_BUS_UML", path=_BUS, value="uml", source=_DRIVER),
    Row(name="COMPUTE_STORAGE_BUS_USB", path=_BUS, value="usb", source=_DRIVER),
    # Nova's XPath finds every enum called bus, not only the disk's, so a bus of redirected devices counts as well.
    Row(name="COMPUTE_STORAGE_BUS_USB", path="devices/redirdev/bus", value="usb", source=_DRIVER),
    Row(name="COMPUTE_STORAGE_BUS_VIRTIO", path=_BUS, value="virtio", source=_DRIVER),
    Row(name="COMPUTE_STORAGE_BUS_XEN", path=_BUS, value="xen", source=_DRIVER),
    Row(name="COMPUTE_GRAPHICS_MODEL_BOCHS", path=_MODEL, value="bochs", source=_DRIVER),
    Row(name="COMPUTE_GRAPHICS_MODEL_CIRRUS", path=_MODEL, value="cirrus", source=_DRIVER),
    Row(name="COMPUTE_GRAPHICS_MODEL_GOP", path=_MODEL, value="gop", source=_DRIVER),
    Row(name="COMPUTE_GRAPHICS_MODEL_NONE", path=_MODEL, value="none", source=_DRIVER),
    Row(name="COMPUTE_GRAPHICS_MODEL_QXL", path=_MODEL, value="qxl", source=_DRIVER),
    Row(name="COMPUTE_GRAPHICS_MODEL_VGA", path=_MODEL, value="vga", source=_DRIVER),
    Row(name="COMPUTE_GRAPHICS_MODEL_VIRTIO", path=_MODEL, value="virtio", source=_DRIVER),
    Row(name="COMPUTE_GRAPHICS_MODEL_VMVGA", path=_MODEL, value="vmvga", source=_DRIVER),
    Row(name="COMPUTE_GRAPHICS_MODEL_XEN", path=_MODEL, value="xen", source=_DRIVER),
    Row(name="COMPUTE_SECURITY_TPM_TIS", path="devices/tpm/model", value="tpm-tis", needs=_SWTPM, source=_DRIVER),
    Row(name="COMPUTE_SECURITY_TPM_CRB", path="devices/tpm/model", value="tpm-crb", needs=_SWTPM, source=_DRIVER),
    Row(
        name="COMPUTE_SECURITY_TPM_1_2",
        path="devices/tpm/backendVersion",
        value="1.2",
        needs=_SWTPM,
        unstated=True,
        source=_DRIVER,
    ),
    Row(
        name="COMPUTE_SECURITY_TPM_2_0",
        path="devices/tpm/backendVersion",
        value="2.0",
        needs=_SWTPM,
        unstated=True,
        source=_DRIVER,
    ),
    Row(name="COMPUTE_SECURITY_UEFI_SECURE_BOOT", path="os/loader/secure", value="yes", source=_HOST),
    Row(name="COMPUTE_FIRMWARE_BIOS", path="os/firmware", value="bios", source=_OS_TRAITS),
    Row(name="COMPUTE_FIRMWARE_UEFI", path="os/firmware", value="efi", source=_OS_TRAITS),
    Row(name="COMPUTE_STORAGE_VIRTIO_FS", path="devices/filesystem/driverType", value="virtiofs", source=_BY_VERSION),
    Row(name="HW_CPU_X86_AMD_SEV", path="features/sev", source=_HOST),
    Row(name="HW_CPU_X86_AMD_SEV_ES", path="features/sev/maxESGuests", above=0, source=_HOST),
    Row(name="HW_CPU_X86_INTEL_TDX", path="features/tdx", source=_PASSTHROUGH),
)
"""Nova reports those of protected guests on resource providers of their own, below the host's."""

COMPUTE_ARCHES = {
    "aarch64": "COMPUTE_ARCH_AARCH64",
    "mipsel": "COMPUTE_ARCH_MIPSEL",
    "ppc64le": "COMPUTE_ARCH_PPC64LE",
    "riscv64": "COMPUTE_ARCH_RISCV64",
    "s390x": "COMPUTE_ARCH_S390X",
    "x86_64": "COMPUTE_ARCH_X86_64",
}
"""Architecture of guests that can run, natively or not."""

HOST_ARCHES = frozenset(
    {
        "alpha", "armv6", "armv7", "armv7b", "aarch64", "cris", "i686", "ia64", "lm32", "m68k", "microblaze",
        "microblazeel", "mips", "mipsel", "mips64", "mips64el", "openrisc", "parisc", "parisc64", "ppc", "ppcle",
        "ppc64", "ppc64le",
        "ppcemb", "s390", "s390x", "sh4", "sh4eb", "sparc", "sparc64", "unicore32", "x86_64", "xtensa",
        "xtensaeb",
    }
)  # fmt: skip
"""Architectures of hosts that have a trait HW_ARCH_…."""

MACHINES = {
    "aarch64": "virt",
    "armv7l": "virt",
    "i686": "pc",
    "ppc64le": "pseries",
    "s390": "s390-ccw-virtio",
    "s390x": "s390-ccw-virtio",
    "x86_64": "pc",
}
"""The machine that Nova asks about beside the aliases (`get_default_machine_type`)."""

MACHINES_SOURCE = Source("nova", "nova/virt/libvirt/utils.py: get_default_machine_type", _NOVA)

NOT_TOLD = {
    "COMPUTE_NET_VIF_MODEL_*": "the same for every host of a virt type",
    "COMPUTE_NET_VIRTIO_PACKED": "always reported",
    "COMPUTE_SOUND_MODEL_*": "decided by the versions of libvirt and QEMU",
    "COMPUTE_VIOMMU_MODEL_*": "decided by the version of libvirt",
    "COMPUTE_ADDRESS_SPACE_*": "decided by the version of libvirt",
    "COMPUTE_SECURITY_STATELESS_FIRMWARE": "decided by the version of libvirt",
    "COMPUTE_MEM_BACKING_FILE": "Nova's configuration decides",
    "HW_CPU_HYPERTHREADING": "the host's topology tells it",
    "HW_CPU_X86_AMD_SEV_SNP": "the document lists what QEMU knows; only the kernel's parameter sev_snp tells the host",
}
"""Traits of Nova's that do not follow from domain capabilities, and why."""
