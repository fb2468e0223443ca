"""What answers depend on: the witnesses of an emulator's answers and of a live host's document.

An emulator's answers change with the program, its modules, the kernel, the CPU and its microcode, and with what of KVM
this user can use. A document changes with all of that and with whatever is looked at on every call: firmware, swtpm,
VFIO, the programs in PATH.
"""

from __future__ import annotations

import os
import sys

from domcaps.witness import see, witness

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

if TYPE_CHECKING:
    from collections.abc import Iterable

_MODULE_FOLDERS = ("/usr/lib64/qemu", "/usr/lib/qemu", "/usr/libexec/qemu")

_PARAMETERS = (
    "kvm_intel/parameters/nested",
    "kvm_amd/parameters/nested",
    "kvm_hv/parameters/nested",
    "kvm/parameters/nested",
    "kvm_amd/parameters/sev",
    "kvm_amd/parameters/sev_es",
    "kvm_amd/parameters/sev_snp",
    "kvm_intel/parameters/tdx",
    "kvm_intel/parameters/sgx",
)

_EMULATORS_NODES = ("/dev/kvm", "/dev/mshv", "/dev/sev", "/dev/sgx_vepc", "/dev/sgx_provision")

_HOST: tuple[tuple[str, str], ...] = (
    ("text", "/proc/sys/kernel/random/boot_id"),
    ("file", "/dev/vfio/vfio"),
    ("filled", "/sys/kernel/iommu_groups"),
    ("file", "/dev/iommu"),
    ("file", "/sys/firmware/uv"),
    ("which", "swtpm"),
    ("which", "swtpm_setup"),
    ("which", "swtpm_ioctl"),
    ("which", "qemu-rdp"),
    ("file", "/etc/libvirt/qemu.conf"),
    ("environment", "PATH"),
    ("environment", "HOME"),
    ("environment", "XDG_CONFIG_HOME"),
)


def emulator_question(version: str, path: str) -> str:
    """What an emulator's answers are kept under: a host without KVM has answers of its own."""
    return f"domcaps {version} emulator {path} kvm {see('kvm', '/dev/kvm')}"


def document_question(version: str, words: Iterable[str]) -> str:
    """What a document is kept under: the words of the command line."""
    return f"domcaps {version} " + "\x1f".join(words)


def of_emulator(path: str) -> list[str]:
    """Witnesses of all that an emulator's answers depend on."""
    lines = [witness("kernel", ""), witness("user", ""), witness("program", path), witness("cpu", "/proc/cpuinfo")]
    lines += [witness("kvm", "/dev/kvm"), *(witness("file", node) for node in _EMULATORS_NODES)]
    lines += [witness("text", f"/sys/module/{name}") for name in _PARAMETERS]
    # A package manager replaces a module by renaming, which its folder's times tell.
    folders = (f"/usr/lib/{os.uname().machine}-linux-gnu/qemu", *_MODULE_FOLDERS)
    return lines + [witness("file", folder) for folder in folders]


def of_host(names: Iterable[str], folders: Iterable[str]) -> list[str]:
    """Witnesses of what else a live host's document depends on.

    Args:
        names: the emulators that were looked for in PATH.
        folders: of firmware descriptors, and of a CPU map if one was named.
    """
    lines = [witness(kind, subject) for kind, subject in _HOST]
    lines += [witness("which", name) for name in names if "/" not in name]
    return lines + [witness("files", folder) for folder in folders]


def of_live(names: Iterable[str], folders: Iterable[str], emulator: str | None) -> list[str]:
    """Witnesses of all that can change while a live host's document is made."""
    return of_host(names, folders) + (of_emulator(emulator) if emulator else [])


def of_images(paths: Iterable[str]) -> list[str]:
    """Witnesses of firmware images: that they are there, or are not."""
    return [witness("file", path) for path in dict.fromkeys(paths)]


def of_program() -> list[str]:
    """Witnesses of domcaps itself: the modules and the data that an answer was made with."""
    files = {getattr(module, "__file__", None) for name, module in sys.modules.items() if name.startswith("domcaps")}
    data = os.path.join(os.path.dirname(__file__), "cpu", "data")  # noqa: PTH118, PTH120 - start-up: no pathlib here
    return [*(witness("file", file) for file in sorted(filter(None, files))), witness("files", data)]
