"""The edge to this host's firmware: descriptors and images, read anew at every call.

Rules, all libvirt's: the folders are /usr/share/qemu/firmware, /etc/qemu/firmware and, for anybody but root, the
`qemu/firmware` of the user's configuration folder; a missing folder is fine. Every regular file counts whose name does
not begin with a dot, whatever its suffix; a symbolic link counts as what it leads to. A folder that cannot be read and
a link that leads nowhere are errors. A file that cannot be read, that is longer than 1 MiB or that is not UTF-8 is
kept in `FirmwareFacts.unreadable`: it masks a weaker one of its name, and counts as broken.
"""

# Start-up: pathlib costs 3 ms, a quarter of a bare python3, and every command looks at the firmware.
# ruff: noqa: PTH116, PTH208

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from domcaps.errors import ProbeError
from domcaps.firmware.facts import KNOWN_IMAGES, FirmwareFacts
from domcaps.firmware.folders import ETC, SHARE
from domcaps.firmware.strict_json import NotJsonError, decode_json
from domcaps.host.qemu_conf import find_qemu_conf, user_configuration
from domcaps.host.view import HostView, here, read_up_to
from domcaps.release import NEWEST

MOST_BYTES = 1 << 20
"""The longest descriptor that libvirt reads."""


def find_firmware(view: HostView | None = None) -> FirmwareFacts:
    """The firmware of this host, or of what that view shows.

    Raises:
        ProbeError: a folder of descriptors cannot be read, or an entry of it cannot be looked at (a link to nowhere);
            libvirt refuses every request then.
    """
    view = view or here()
    descriptors: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for folder in descriptor_folders(view):
        for path in _files(view, folder):
            text, complaint = _text(view, path)
            key = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            if complaint:
                unreadable[key] = complaint
            else:
                descriptors[key] = text
    nvram = find_qemu_conf(view).nvram
    images, templates = _named(descriptors.values())
    wanted = dict.fromkeys((*images, *(nvram or ()), *KNOWN_IMAGES))
    return FirmwareFacts(
        descriptors=descriptors,
        unreadable=unreadable,
        images=tuple(image for image in wanted if view.exists(image)),
        links=dict(_links(view, dict.fromkeys((*wanted, *templates)))),
        nvram=nvram,
    )


def descriptor_folders(view: HostView) -> tuple[str, ...]:
    """The folders that apply to this user, weakest first."""
    own = user_configuration(view) if view.euid != 0 else None
    return (SHARE, ETC) if own is None else (SHARE, ETC, f"{own}/qemu/firmware")


def _files(view: HostView, folder: str) -> Iterator[str]:
    try:
        names = os.listdir(view.path(folder))
    except FileNotFoundError:
        return
    except OSError as error:
        raise ProbeError(f"cannot read the folder '{folder}': {error.strerror}", subject=folder) from error
    for name in sorted(names):
        path = f"{folder}/{name}"
        if not name.startswith(".") and _is_file(view, path):
            yield path


def _is_file(view: HostView, path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(view.path(path)).st_mode)
    except OSError as error:
        raise ProbeError(f"Unable to access {path}: {error.strerror}", subject=path) from error


def _text(view: HostView, path: str) -> tuple[str, str]:
    """The text and no complaint, or a complaint in libvirt's words."""
    try:
        file = os.open(view.path(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        return "", f"Failed to open file '{path}': {error.strerror}"
    try:
        data = read_up_to(file, MOST_BYTES + 1)
    except OSError as error:
        return "", f"Failed to read file '{path}': {error.strerror}"
    finally:
        os.close(file)
    if len(data) > MOST_BYTES:
        return "", f"Failed to read file '{path}': Value too large for defined data type"
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return "", f"unable to parse json file '{path}'"


def _named(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """The images and the templates that descriptors name, as far as they can be understood at all."""
    images, templates = [], []
    for text in texts:
        try:
            tree = decode_json(text, NEWEST)
        except NotJsonError:
            continue
        mapping = _member(tree, "mapping")
        images += [_member(mapping, "filename"), _member(_member(mapping, "executable"), "filename")]
        templates += [_member(_member(mapping, "nvram-template"), "filename")]
    return [path for path in images if isinstance(path, str)], [path for path in templates if isinstance(path, str)]


def _member(tree: object, key: str) -> object:
    return tree.get(key) if isinstance(tree, dict) else None


def _links(view: HostView, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each path that a symbolic link leads elsewhere, and where."""
    root = os.path.realpath(view.root).rstrip("/")
    for path in paths:
        if "\0" in path:
            continue
        real = os.path.realpath(view.path(path)).removeprefix(root)
        if real != path and path.startswith("/") and view.exists(path):
            yield path, real
