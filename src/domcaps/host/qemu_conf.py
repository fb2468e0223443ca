"""The two settings of libvirt's qemu.conf that change a domain capabilities document.

Rules: a file that is missing, may not be read or does not say it in libvirt's way says nothing (a daemon with such a
file would not start). Only assignments at the beginning of a line count; `#` begins a comment outside of a string.
"""

from __future__ import annotations

import re

import msgspec

from domcaps.host.view import HostView

_STRING = r'"[^"\n]*"|\'[^\'\n]*\''
_BLANK = r"(?:\s|#[^\n]*)*"
_NVRAM = rf"(?m)^[ \t]*nvram\s*=\s*\[({_BLANK}(?:(?:{_STRING}){_BLANK},?{_BLANK})*)\]"
_QEMU_RDP = rf"(?m)^[ \t]*qemu_rdp\s*=\s*({_STRING})"


class QemuConf(msgspec.Struct, frozen=True, kw_only=True):
    """The settings; what is not set is libvirt's default."""

    nvram: tuple[str, ...] | None = None
    """The firmware images of `nvram = ["image:variables", …]`, which replace libvirt's own list of known images."""
    qemu_rdp: str = "qemu-rdp"
    """The name of the helper that serves RDP."""


def find_qemu_conf(view: HostView) -> QemuConf:
    """Read the daemon's qemu.conf: root's in /etc, anybody else's in the user's configuration folder."""
    folder = "/etc" if view.euid == 0 else user_configuration(view)
    text = view.read(f"{folder}/libvirt/qemu.conf", 1 << 20) if folder is not None else None
    return read_qemu_conf(text) if text else QemuConf()


def user_configuration(view: HostView) -> str | None:
    """`$XDG_CONFIG_HOME`, even an empty one, or `$HOME/.config`; `None` without either."""
    folder = view.env.get("XDG_CONFIG_HOME")
    home = view.env.get("HOME")
    return folder if folder is not None else f"{home}/.config" if home else None


def read_qemu_conf(text: str) -> QemuConf:
    """Understand the text of a qemu.conf, as far as it matters here."""
    helper = re.search(_QEMU_RDP, text)
    return QemuConf(
        nvram=_images(text),
        qemu_rdp=helper[1][1:-1] if helper else QemuConf().qemu_rdp,
    )


def _images(text: str) -> tuple[str, ...] | None:
    found = re.search(_NVRAM, text)
    if not found:
        return None
    pairs = [entry[1:-1].split(":") for entry in re.findall(rf"#[^\n]*|({_STRING})", found[1]) if entry]
    return tuple(pair[0] for pair in pairs) if all(len(pair) == 2 and all(pair) for pair in pairs) else None
