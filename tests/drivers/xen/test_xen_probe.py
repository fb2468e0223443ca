"""A live Xen host under a root of files, with an `xl` that says what Xen's says."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from domcaps.drivers.connection_uri import Driver
from domcaps.drivers.usual import usual_driver
from domcaps.drivers.xen.probe import probe_xen
from domcaps.drivers.xen.xl_info import read_xl_info
from domcaps.errors import ProbeError
from domcaps.host.view import HostView

XL_INFO = """\
host                   : dom0.example
release                : 6.1.0-28-amd64
version                : #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)
machine                : x86_64
nr_cpus                : 8
hw_caps                : bfebfbff:77faf3ff:2c100800:00000121
virt_caps              : pv hvm hvm_directio pv_directio hap shadow
xen_major              : 4
xen_minor              : 17
xen_extra              : .5
xen_version            : 4.17.5
xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64
xen_commandline        : placeholder dom0_mem=4G
"""
"""Lines of xl(1)'s `info`, in the order of xl 4.17."""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(path: str, text: str = "", *, mode: int = 0o644) -> Path:
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    return put


@pytest.fixture
def view(tmp_path: Path) -> HostView:
    return HostView(root=str(tmp_path), env={"PATH": "/usr/sbin"}, euid=0, machine="x86_64", kernel="6.1")


def xl(write: Write, script: str) -> None:
    write("/usr/sbin/xl", f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n", mode=0o755)


def test_the_toolstack_tells_version_and_kinds_of_guests(write: Write, view: HostView) -> None:
    xl(write, f'[ "$*" = info ] || exit 3\ncat <<"END"\n{XL_INFO}END')
    host = probe_xen(view)
    assert host.version == "4.17.5"
    assert host.capabilities == ("xen-3.0-x86_64", "hvm-3.0-x86_32", "hvm-3.0-x86_32p", "hvm-3.0-x86_64")


def test_nothing_else_is_taken_from_it(write: Write, view: HostView) -> None:
    xl(write, f'cat <<"END"\n{XL_INFO}END')
    assert "dom0.example" not in repr(probe_xen(view))


@pytest.mark.parametrize(
    ("there", "folder"),
    [
        ([], "/usr/lib/xen/boot"),
        (["/usr/lib/xen/boot/hvmloader", "/usr/lib/xen-4.17/boot/hvmloader"], "/usr/lib/xen/boot"),
        (["/usr/libexec/xen/boot/hvmloader"], "/usr/libexec/xen/boot"),
        (["/usr/lib/xen-4.9/boot/hvmloader", "/usr/lib/xen-4.17/boot/hvmloader"], "/usr/lib/xen-4.17/boot"),
    ],
    ids=["none is there", "the usual one", "another distribution's", "Debian's, the newest version"],
)
def test_firmware_is_named_in_xens_boot_folder(write: Write, view: HostView, there: list[str], folder: str) -> None:
    xl(write, f'cat <<"END"\n{XL_INFO}END')
    for path in there:
        write(path)
    assert probe_xen(view).firmware == (f"{folder}/ovmf.bin", f"{folder}/hvmloader")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "echo 'xencall: error: Could not obtain handle' >&2; exit 1",
            "status 1: xencall: error: Could not obtain handle",
        ),
        ("exit 0", "tells no version"),
        ("kill -9 $$", "status -9"),
    ],
    ids=["no hypervisor below", "silence", "a death"],
)
def test_a_toolstack_that_does_not_answer_is_an_error(write: Write, view: HostView, script: str, message: str) -> None:
    xl(write, script)
    with pytest.raises(ProbeError, match=message):
        probe_xen(view)


def test_without_a_toolstack_it_is_no_xen_host(view: HostView) -> None:
    with pytest.raises(ProbeError, match="no Xen host"):
        probe_xen(view)


def test_a_toolstack_that_hangs_is_left_in_time(write: Write, view: HostView) -> None:
    xl(write, "sleep 60 & sleep 60")
    began = time.monotonic()
    with pytest.raises(ProbeError, match=r"did not end within 0\.2 seconds"):
        probe_xen(view, timeout=0.2)
    assert time.monotonic() - began < 10


def test_older_toolstacks_tell_the_version_in_parts() -> None:
    text = "xen_major : 4\nxen_minor : 4\nxen_extra : .1\n"
    assert read_xl_info(text, firmware=()).version == "4.4.1"
    assert read_xl_info(text, firmware=()).capabilities is None


@pytest.mark.parametrize(
    ("said", "driver"),
    [("control_d\n", Driver.XEN), ("", Driver.QEMU), (None, Driver.QEMU)],
    ids=["dom0", "domU", "no Xen"],
)
def test_the_domain_that_rules_others_is_asked_as_xen(
    write: Write, view: HostView, said: str | None, driver: Driver
) -> None:
    if said is not None:
        write("/proc/xen/capabilities", said)
    assert usual_driver(view) is driver
