"""libvirt's qemu.conf, as far as it changes a document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from domcaps.host.qemu_conf import QemuConf, find_qemu_conf, read_qemu_conf
from domcaps.host.view import HostView

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("text", "nvram"),
    [
        ('nvram = ["/a.fd:/v.fd"]', ("/a.fd",)),
        ('nvram = [\n  "/a.fd:/v.fd", # the first\n  # "/x.fd:/y.fd",\n  \'/b.fd:/w.fd\',\n]\n', ("/a.fd", "/b.fd")),
        ("nvram = []", ()),
        ('#nvram = ["/a.fd:/v.fd"]', None),
        ('my_nvram = ["/a.fd:/v.fd"]', None),
        ('nvram = ["/a.fd"]', None),
        ('nvram = ["/a.fd:/v.fd:/z"]', None),
        ('nvram = [":/v.fd"]', None),
        ('nvram = "/a.fd:/v.fd"', None),
        ("", None),
    ],
    ids=[
        "one",
        "several, over lines, with comments",
        "an empty list",
        "in a comment",
        "another setting",
        "no variables: such a daemon does not start",
        "too many parts",
        "an empty part",
        "no list",
        "nothing",
    ],
)
def test_nvram(text: str, nvram: tuple[str, ...] | None) -> None:
    assert read_qemu_conf(text).nvram == nvram


def test_the_rdp_helper_has_another_name_when_the_file_says_so() -> None:
    assert read_qemu_conf('#qemu_rdp = "x"\n').qemu_rdp == "qemu-rdp"
    assert read_qemu_conf('a = 1\nqemu_rdp = "my-rdp"\n').qemu_rdp == "my-rdp"


@pytest.mark.parametrize(
    ("euid", "env", "read"),
    [
        (0, {"HOME": "/root"}, "etc"),
        (7, {"HOME": "/home/user"}, "home"),
        (7, {"HOME": "/home/user", "XDG_CONFIG_HOME": "/conf"}, "xdg"),
        (7, {}, None),
    ],
    ids=["root's is in /etc", "a user's in ~/.config", "or in XDG_CONFIG_HOME", "no home, no file"],
)
def test_whose_file_it_is(view: HostView, write: Write, euid: int, env: dict[str, str], read: str | None) -> None:
    for folder, name in (("/etc", "etc"), ("/home/user/.config", "home"), ("/conf", "xdg"), ("/root/.config", "no")):
        write(f"{folder}/libvirt/qemu.conf", f'qemu_rdp = "{name}"')
    found = find_qemu_conf(msgspec.structs.replace(view, euid=euid, env=env))
    assert found == (QemuConf(qemu_rdp=read) if read else QemuConf())
