"""What answers depend on: the witnesses of an emulator's answers and of a live host's document.

An emulator's answers change with the program, its modules, the kernel, the CPU and its microcode, and with what of KVM
this user can use. A document changes with all of that and with whatever is looked at on every call: firmware, swtpm,
VFIO, the programs in PATH.
"""

from __future__ import annotations

import os
import sys

from domcaps.witness import is_program, search_folders, see, witness

TYPE_CHECKING = False  # start-up: importing typing for it costs as much as a bare interpreter

if TYPE_CHECKING:
    from collections.abc import Iterable

_MODULE_FOLDERS = ("/usr/lib64/qemu", "/usr/lib/qemu", "/usr/libexec/qemu")

_X86 = {"kvm_intel": ("nested", "tdx", "sgx"), "kvm_amd": ("nested", "sev", "sev_es", "sev_snp")}
_MODULES: dict[str, dict[str, tuple[str, ...]]] = {
    "x86_64": _X86,
    "i686": _X86,
    "ppc64le": {"kvm_hv": ("nested",)},
    "ppc64": {"kvm_hv": ("nested",)},
    "s390x": {"kvm": ("nested",)},
}
"""By the machine (uname -m): KVM's kernel modules, and those of their parameters that decide what a guest can have."""

_NODES = ("/dev/mshv", "/dev/sev", "/dev/sgx_vepc", "/dev/sgx_provision")
"""What else an emulator may open; of /dev/kvm it counts whether it can be opened."""

_MICROCODE = "/sys/devices/system/cpu/cpu0/microcode/version"

_BOOT = ("text", "/proc/sys/kernel/random/boot_id")

_HOST: tuple[tuple[str, str], ...] = (
    ("file", "/dev/vfio/vfio"),
    ("filled", "/sys/kernel/iommu_groups"),
    ("file", "/dev/iommu"),
    ("file", "/sys/firmware/uv"),
    ("file", "/etc/libvirt/qemu.conf"),
    ("environment", "HOME"),
    ("environment", "XDG_CONFIG_HOME"),
)

_PROGRAMS = ("swtpm", "swtpm_setup", "swtpm_ioctl", "qemu-rdp")


def emulator_question(version: str, path: str) -> str:
    """What an emulator's answers are kept under: a host without KVM has answers of its own."""
    return f"domcaps {version} emulator {path} kvm {see('kvm', '/dev/kvm')}"


def document_question(version: str, words: Iterable[str]) -> str:
    """What a document is kept under: the words of the command line."""
    return f"domcaps {version} " + "\x1f".join(words)


def of_emulator(path: str) -> list[str]:
    """Witnesses of all that an emulator's answers depend on, from one boot to the next."""
    lines = [*_of_both(path), witness("link", path), witness("cpu", "/proc/cpuinfo")]
    return lines + [
        witness("text", f"/sys/module/{module}/parameters/{name}")
        for module, names in _MODULES.get(os.uname().machine, {}).items()
        for name in names
    ]


def _of_both(path: str) -> list[str]:
    lines = [witness("kernel", ""), witness("user", ""), witness("kvm", "/dev/kvm"), witness("file", path)]
    lines += [witness("file", node) for node in _NODES]
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
    lines += of_programs([*_PROGRAMS, *(name for name in names if "/" not in name)])
    return lines + [line for folder in folders for line in of_folder(folder)]


def of_programs(names: Iterable[str]) -> list[str]:
    """Witnesses of what is found in PATH under some names.

    That is its folders, for no name comes to one or goes without its being seen, and each file that has such a name.
    """
    searched = search_folders()
    lines = [witness("environment", "PATH"), *(witness("file", folder or "/") for folder in searched)]
    for name in names:
        for folder in searched:
            path = f"{folder}/{name}"
            if os.path.lexists(path):
                lines.append(witness("file", path))
                if is_program(path):
                    break
    return lines


def of_folder(path: str) -> list[str]:
    """Witnesses of a folder and of every file in it."""
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208 - start-up: no pathlib here
    except OSError:
        names = []
    return [witness("file", path), *(witness("file", f"{path}/{name}") for name in names)]


def of_live(names: Iterable[str], folders: Iterable[str], emulator: str | None) -> list[str]:
    """Witnesses of all that can change while a live host's document is made, and for as long as this boot lasts.

    Within a boot a CPU changes by its microcode alone, and a module's parameters when it is loaded again: to look at
    that takes a fifth of the time.
    """
    lines = of_host(names, folders)
    if emulator:
        lines += [*_of_both(emulator), witness("text", _MICROCODE)]
        lines += [witness("inode", f"/sys/module/{module}") for module in _MODULES.get(os.uname().machine, ())]
    return lines


def of_boot() -> str:
    """The witness of this boot, for answers that outlive a process."""
    return witness(*_BOOT)


def of_images(paths: Iterable[str]) -> list[str]:
    """Witnesses of firmware images: that they are there, or are not."""
    return [witness("there", path) for path in dict.fromkeys(paths)]


def of_program() -> list[str]:
    """Witnesses of domcaps itself: the modules and the data that an answer was made with."""
    files = {getattr(module, "__file__", None) for name, module in sys.modules.items() if name.startswith("domcaps")}
    data = os.path.join(os.path.dirname(__file__), "cpu", "data")  # noqa: PTH118, PTH120 - start-up: no pathlib here
    return [*(witness("file", file) for file in sorted(filter(None, files))), *of_folder(data)]
