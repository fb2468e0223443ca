"""One firmware descriptor: its text understood as a given libvirt release understands it.

The format is QEMU's docs/interop/firmware.json; libvirt reads less of it than QEMU defines, and is stricter in what it
reads. Rules: `read_descriptor` gives a `Descriptor` or a `Fault`, never raises for a text; a fault has libvirt 9.0's
words where 9.0 knew it. What changed between releases stands in the constants below, with its source; where only a
range is known the first release of it is taken.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from domcaps.firmware.strict_json import NotJsonError, decode_json
from domcaps.host.arch import ARCHES, FROM_QEMU
from domcaps.release import Release, release

BROKEN_IS_SKIPPED = release("10.0")
"""Since then a broken descriptor is passed over; before it fails the request. The source of 9.10 fails, that of 10.4
skips."""

KERNEL_IS_UNKNOWN = release("12.0")
"""Since then the mapping device `kernel` spoils a descriptor. Seen: 11.3 knows it, 12.8 does not; libvirt's NEWS puts
the rework of firmware selection into 12.0."""

UNKNOWN_FEATURE_IS_SKIPPED = release("7.4")
"""Since then a feature that libvirt does not know is passed over; before, it spoils the descriptor (change 61d95a)."""

BRACKETS_ARE_LITERAL = release("6.0")
"""Since then a glob has no brackets and no escapes (libvirt's change f7df98: GLib's patterns, no more fnmatch(3))."""

FLASH_MODE = release("8.1")
"""Since then a flash mapping may have a `mode`; before it every one is split (libvirt's change of February 2022)."""

UEFI_VARS = release("12.1")
"""Since then a memory mapping may carry `uefi-vars` (libvirt's NEWS)."""

PATHLESS_MEMORY_IS_BROKEN = release("10.0")
"""Since then a memory or kernel mapping needs a file name: the source of 9.10 takes it without, that of 10.4 not."""


class Interface(StrEnum):
    """`interface-types`: what the firmware offers to a guest."""

    BIOS = "bios"
    OPENFIRMWARE = "openfirmware"
    UBOOT = "uboot"
    UEFI = "uefi"


class Device(StrEnum):
    """`mapping.device`: how QEMU is given the image."""

    FLASH = "flash"
    MEMORY = "memory"
    KERNEL = "kernel"


class FlashMode(StrEnum):
    """`mapping.mode` of flash: where the variables are."""

    SPLIT = "split"
    COMBINED = "combined"
    STATELESS = "stateless"


class Feature(StrEnum):
    """`features` that libvirt reads; others are passed over."""

    ACPI_S3 = "acpi-s3"
    ACPI_S4 = "acpi-s4"
    AMD_SEV = "amd-sev"
    AMD_SEV_ES = "amd-sev-es"
    AMD_SEV_SNP = "amd-sev-snp"
    ENROLLED_KEYS = "enrolled-keys"
    HOST_UEFI_VARS = "host-uefi-vars"
    INTEL_TDX = "intel-tdx"
    REQUIRES_SMM = "requires-smm"
    SECURE_BOOT = "secure-boot"
    VERBOSE_DYNAMIC = "verbose-dynamic"
    VERBOSE_STATIC = "verbose-static"


FEATURE_SINCE: dict[Feature, Release] = {
    Feature.AMD_SEV_ES: release("7.5"),
    Feature.AMD_SEV_SNP: release("10.5"),
    Feature.INTEL_TDX: release("11.10"),
    Feature.HOST_UEFI_VARS: release("12.1"),
}
"""The features that 5.2 did not know (SEV-ES: libvirt's history; SEV-SNP, TDX, uefi-vars: its NEWS)."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One architecture and the machines of it that the firmware is for."""

    arch: str
    """libvirt's name."""
    machines: tuple[str, ...]
    """Globs over canonical machine names: `*`, `?`, all else literal."""
    brackets: bool = False
    """The globs may have brackets, as fnmatch(3) reads them (libvirt 5.x)."""

    def serves(self, arch: str, machine: str) -> bool:
        """Whether it is that architecture's (libvirt's name) and a glob matches the machine (canonical name)."""
        if self.arch != arch:
            return False
        if self.brackets:
            from fnmatch import fnmatchcase  # noqa: PLC0415 - start-up: only releases before 6.0 match so

            return any(fnmatchcase(machine, glob) for glob in self.machines)
        return any(_matches(glob, machine) for glob in self.machines)


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the firmware, and its image format."""

    path: str
    format: str


class Descriptor(msgspec.Struct, frozen=True, kw_only=True):
    """A firmware, as its descriptor tells."""

    path: str
    """Where the descriptor lies."""
    interfaces: tuple[Interface, ...]
    device: Device
    code: str | None
    """The image; `None` for a kernel, and for a memory mapping without a path (9.0 only)."""
    code_format: str | None = None
    """Flash only."""
    mode: FlashMode | None = None
    """Flash only."""
    template: Image | None = None
    """Split flash only: what a guest's variables begin as."""
    uefi_vars: str | None = None
    """Memory only: the template of the variables that QEMU's uefi-vars device keeps."""
    targets: tuple[Target, ...]
    features: frozenset[Feature]

    def serves(self, arch: str, machine: str) -> bool:
        """Whether it is for that architecture (libvirt's name) and machine (canonical name)."""
        return any(target.serves(arch, machine) for target in self.targets)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a descriptor does not count."""

    path: str
    message: str
    """One sentence, libvirt 9.0's where it has one, without its class."""


class _BrokenError(Exception):
    """A rule of the format is broken: carries the message, ends the reading."""


def read_descriptor(path: str, text: str, asked: Release) -> Descriptor | Fault:
    """Understand the text of the descriptor at `path` as libvirt of that release does."""
    try:
        tree = decode_json(text, asked)
    except NotJsonError:
        return Fault(path=path, message=f"unable to parse json file '{path}'")
    try:
        return _descriptor(path, tree, asked)
    except _BrokenError as broken:
        return Fault(path=path, message=str(broken))


def _descriptor(path: str, tree: object, asked: Release) -> Descriptor:
    # The order of the four parts is libvirt's: of several faults it names the first.
    root = tree if isinstance(tree, dict) else {}
    interfaces = _interfaces(path, root)
    mapping = _object(root, "mapping", f"missing mapping in '{path}'")
    device = _device(path, mapping, asked)
    readers = {Device.FLASH: _flash, Device.MEMORY: _memory, Device.KERNEL: _kernel}
    parts = readers[device](path, mapping, asked)
    return Descriptor(
        path=path,
        interfaces=interfaces,
        device=device,
        code=parts.code,
        code_format=parts.code_format,
        mode=parts.mode,
        template=parts.template,
        uefi_vars=parts.uefi_vars,
        targets=_targets(path, root, asked),
        features=_features(path, root, asked),
    )


class _Mapping(msgspec.Struct, frozen=True, kw_only=True):
    code: str | None
    code_format: str | None = None
    mode: FlashMode | None = None
    template: Image | None = None
    uefi_vars: str | None = None


def _interfaces(path: str, root: dict[str, object]) -> tuple[Interface, ...]:
    found = []
    for item in _list(root, "interface-types", f"failed to get interface-types from '{path}'"):
        if item not in list(Interface):
            raise _BrokenError(f"unknown interface type: '{item}'")
        found.append(Interface(str(item)))
    return tuple(found)


def _device(path: str, mapping: dict[str, object], asked: Release) -> Device:
    name = _string(mapping, "device", f"missing device type in '{path}'")
    known = [Device.FLASH, Device.MEMORY] + ([Device.KERNEL] if asked < KERNEL_IS_UNKNOWN else [])
    if name not in known:
        raise _BrokenError(f"unknown device type in '{path}'")
    return Device(name)


def _flash(path: str, mapping: dict[str, object], asked: Release) -> _Mapping:
    mode = mapping.get("mode", FlashMode.SPLIT) if asked >= FLASH_MODE else FlashMode.SPLIT
    if not isinstance(mode, str):
        raise _BrokenError("Firmware flash mode value was malformed")
    if mode not in list(FlashMode):
        raise _BrokenError(f"Firmware flash mode value '{mode}' unexpected")
    code = _image(path, mapping, "executable")
    template = _image(path, mapping, "nvram-template") if mode == FlashMode.SPLIT else None
    return _Mapping(code=code.path, code_format=code.format, mode=FlashMode(mode), template=template)


def _memory(path: str, mapping: dict[str, object], asked: Release) -> _Mapping:
    code = _file_name(path, mapping, asked)
    if asked < UEFI_VARS or "uefi-vars" not in mapping:
        return _Mapping(code=code)
    store = _object(mapping, "uefi-vars", f"missing 'uefi-vars' in '{path}'")
    return _Mapping(code=code, uefi_vars=_string(store, "template", f"missing 'template' in '{path}'"))


def _kernel(path: str, mapping: dict[str, object], asked: Release) -> _Mapping:
    _file_name(path, mapping, asked)
    return _Mapping(code=None)


def _file_name(path: str, mapping: dict[str, object], asked: Release) -> str | None:
    name = mapping.get("filename")
    if isinstance(name, str):
        return name
    if asked >= PATHLESS_MEMORY_IS_BROKEN:
        raise _BrokenError(f"missing 'filename' in '{path}'")
    return None


def _image(path: str, mapping: dict[str, object], key: str) -> Image:
    image = _object(mapping, key, f"missing '{key}' in '{path}'")
    return Image(
        path=_string(image, "filename", f"missing 'filename' in '{path}'"),
        format=_string(image, "format", f"missing 'format' in '{path}'"),
    )


def _targets(path: str, root: dict[str, object], asked: Release) -> tuple[Target, ...]:
    found = []
    for item in _list(root, "targets", f"failed to get targets from '{path}'"):
        target = item if isinstance(item, dict) else {}
        name = _string(target, "architecture", f"missing 'architecture' in '{path}'")
        arch = FROM_QEMU.get(name, name)
        since = ARCHES.get(arch)
        if arch not in ARCHES or (since is not None and asked < since):
            raise _BrokenError(f"unknown architecture '{name}'")
        machines = _list(target, "machines", f"missing 'machines' in '{path}'")
        globs = tuple(glob for glob in machines if isinstance(glob, str))
        found.append(Target(arch=arch, machines=globs, brackets=asked < BRACKETS_ARE_LITERAL))
    return tuple(found)


def _features(path: str, root: dict[str, object], asked: Release) -> frozenset[Feature]:
    names = _list(root, "features", f"failed to get features from '{path}'")
    known = {feature for feature in Feature if feature not in FEATURE_SINCE or asked >= FEATURE_SINCE[feature]}
    strange = [name for name in names if not isinstance(name, str) or name not in known]
    if strange and asked < UNKNOWN_FEATURE_IS_SKIPPED:
        raise _BrokenError(f"unknown feature {strange[0]}")
    return frozenset(feature for feature in known if feature in names)


def _list(holder: dict[str, object], key: str, complaint: str) -> list[object]:
    value = holder.get(key)
    if not isinstance(value, list):
        raise _BrokenError(complaint)
    return value


def _object(holder: dict[str, object], key: str, complaint: str) -> dict[str, object]:
    value = holder.get(key)
    if not isinstance(value, dict):
        raise _BrokenError(complaint)
    return value


def _string(holder: dict[str, object], key: str, complaint: str) -> str:
    value = holder.get(key)
    if not isinstance(value, str):
        raise _BrokenError(complaint)
    return value


def _matches(glob: str, name: str) -> bool:
    """Whether a glob matches a whole name. `*` is any run, `?` any one character, brackets are literal."""
    at = star = 0
    here, retry = 0, -1
    while here < len(name):
        if at < len(glob) and glob[at] == "*":
            star, retry = at, here
            at += 1
        elif at < len(glob) and glob[at] in ("?", name[here]):
            at += 1
            here += 1
        elif retry >= 0:
            retry += 1
            at, here = star + 1, retry
        else:
            return False
    return not glob[at:].strip("*")
