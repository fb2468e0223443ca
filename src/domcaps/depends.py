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

_TRIPLETS = {"i686": "i386-linux-gnu", "ppc64le": "powerpc64le-linux-gnu", "armv7l": "arm-linux-gnueabihf"}
"""Debian's folder of libraries, where it is not called after the machine (uname -m)."""

_TOLD = ("QEMU_MODULE_DIR", "LD_LIBRARY_PATH")
"""What an emulator is told of our environment, but PATH: where modules and libraries lie."""

_QUESTIONS = ("questions.py", "queries.py", "launch.py", "conversation.py")
"""Of ours, in drivers/qemu: what is asked, which may change without our version (in a checkout)."""

_LIBRARIES = "/etc/ld.so.cache"
"""Written anew whenever a library is installed: an emulator is more than its own file."""

_X86 = {"kvm_intel": ("nested", "tdx", "sgx"), "kvm_amd": ("nested", "sev", "sev_es", "sev_snp")}
_MODULES: dict[str, dict[str, tuple[str, ...]]] = {
    "x86_64": _X86,
    "i686": _X86,
    "ppc64le": {"kvm_hv": ("nested",)},
    "ppc64": {"kvm_hv": ("nested",)},
    "s390x": {"kvm": ("nested",)},
}
"""By the machine (uname -m): KVM's kernel modules, and those of their parameters that decide what a guest can have."""

_NODES = ("/dev/mshv", "/dev/sev", "/dev/sgx_vepc")
"""What else an emulator may open while it is asked; of /dev/kvm it counts whether it can be opened."""

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
    """Witnesses of all that an emulator's answers depend on.

    This boot is one of them: with the next, the firmware's settings and the kernel's command line may be others.
    """
    lines = [of_boot(), *_of_both(path), *_of_kernel(), *of_modules(path)]
    lines += [witness("link", path), witness("cpu", "/proc/cpuinfo")]
    ours = os.path.join(os.path.dirname(__file__), "drivers", "qemu")  # noqa: PTH118, PTH120 - start-up: no pathlib
    lines += [witness("file", f"{ours}/{name}") for name in _QUESTIONS]
    return lines + [
        witness("text", f"/sys/module/{module}/parameters/{name}")
        for module, names in _MODULES.get(os.uname().machine, {}).items()
        for name in names
    ]


def of_running(path: str) -> list[str]:
    """Witnesses of the program that an emulator's process runs, where that is another: the emulator is a script.

    One that was removed since, or replaced, holds never.
    """
    if not os.access(path, os.F_OK):
        return [f"gone\t{path}\t"]
    return [witness("file", path), *(witness("file", folder) for folder in module_folders(path)), *of_modules(path)]


def of_modules(path: str) -> list[str]:
    """Witnesses of the modules that an emulator may load: one that is written over leaves its folder as it was."""
    return [line for folder in module_folders(path) for line in of_folder(folder)[1:]]


def module_folders(path: str) -> list[str]:
    """Where an emulator looks for its modules: where it is told to, and beside the folder that it lies in itself.

    QEMU's own file counts for that, not a link to it (util/module.c); RHEL calls its folder as it calls the program.
    """
    real, machine = os.path.realpath(path), os.uname().machine
    place, _, name = real.rpartition("/")
    prefix = place.rpartition("/")[0]
    told = os.environ.get(_TOLD[0], "")
    usual = [f"{prefix}/lib/{_TRIPLETS.get(machine, f'{machine}-linux-gnu')}/qemu", f"{prefix}/lib64/qemu"]
    usual.append(f"{prefix}/lib64/qemu-kvm" if name == "qemu-kvm" else f"{prefix}/lib/qemu")
    return [told, *usual] if told else usual


def _of_both(path: str) -> list[str]:
    lines = [witness("kernel", ""), witness("user", ""), witness("kvm", "/dev/kvm"), witness("file", path)]
    lines += [witness("file", node) for node in (*_NODES, _LIBRARIES)]
    lines += [witness("environment", name) for name in _TOLD]
    # A package manager replaces a module by renaming, which its folder's times tell.
    return lines + [witness("file", folder) for folder in module_folders(path)]


def _of_kernel() -> list[str]:
    return [witness("inode", f"/sys/module/{module}") for module in _MODULES.get(os.uname().machine, ())]


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
        lines += [*_of_both(emulator), *_of_kernel(), witness("text", _MICROCODE)]
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
