"""A live bhyve host under a root of files, with a `bhyve` that complains as FreeBSD's does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from domcaps.drivers.bhyve.conf import FIRMWARE_FOLDER, firmware_folder
from domcaps.drivers.bhyve.facts import BhyveHost
from domcaps.drivers.bhyve.probe import probe_bhyve
from domcaps.errors import ProbeError
from domcaps.host.view import HostView

NO_BOOT_ROM = "bhyve: invalid lpc device configuration 'bootrom'"
NO_DEVICE = 'bhyve: pci slot 0:0: unknown device "{}"'
ANY_OTHER = "Usage: bhyve [-aCDeHhPSuWwxY] …"

Bhyve = Callable[..., None]


@pytest.fixture
def view(tmp_path: Path) -> HostView:
    return HostView(root=str(tmp_path), env={"PATH": "/usr/sbin"}, euid=0, machine="amd64", kernel="14.1-RELEASE")


@pytest.fixture
def bhyve(tmp_path: Path) -> Bhyve:
    """A bhyve that lacks these devices."""

    def make(*lacking: str) -> None:
        lines = ["#!/bin/sh", 'case "$1 $2" in']
        for name in lacking:
            question, words = (
                ("-l bootrom", NO_BOOT_ROM) if name == "bootrom" else (f"-s 0,{name}", NO_DEVICE.format(name))
            )
            lines.append(f"""'{question}') echo "{words.replace('"', chr(92) + '"')}" >&2; exit 4;;""")
        program = tmp_path / "usr/sbin/bhyve"
        program.parent.mkdir(parents=True)
        program.write_text("\n".join([*lines, f"*) echo '{ANY_OTHER}' >&2; exit 1;;", "esac", ""]), encoding="utf-8")
        program.chmod(0o755)

    return make


@pytest.mark.parametrize(
    ("lacking", "has"),
    [
        ((), {"boot_rom", "framebuffer", "virtio_rnd"}),
        (("bootrom", "fbuf", "xhci", "virtio-rnd"), set()),
        (("fbuf", "xhci"), {"boot_rom", "virtio_rnd"}),
        (("fbuf",), {"boot_rom", "framebuffer", "virtio_rnd"}),
        (("bootrom", "virtio-rnd"), {"framebuffer"}),
    ],
    ids=[
        "a bhyve that has all",
        "one that has none",
        "no framebuffer",
        "an xHCI controller alone counts as a framebuffer, as libvirt has it",
        "a framebuffer alone",
    ],
)
def test_what_bhyve_does_not_complain_about_it_has(
    bhyve: Bhyve, view: HostView, lacking: tuple[str, ...], has: set[str]
) -> None:
    bhyve(*lacking)
    found = probe_bhyve(view)
    assert {fact for fact in ("boot_rom", "framebuffer", "virtio_rnd") if getattr(found, fact)} == has


def test_firmware_is_whatever_lies_in_the_folder_in_its_order(bhyve: Bhyve, view: HostView, tmp_path: Path) -> None:
    bhyve()
    folder = tmp_path / FIRMWARE_FOLDER.lstrip("/")
    folder.mkdir(parents=True)
    for name in ("BHYVE_UEFI.fd", "README", "BHYVE_UEFI_CSM.fd"):
        (folder / name).touch()
    assert probe_bhyve(view).firmware == tuple(f"{FIRMWARE_FOLDER}/{name}" for name in os.listdir(folder))  # noqa: PTH208 - the folder's own order


def test_the_folder_is_libvirts_setting(bhyve: Bhyve, view: HostView, tmp_path: Path) -> None:
    bhyve()
    (tmp_path / "opt/fw").mkdir(parents=True)
    (tmp_path / "opt/fw/x.fd").touch()
    conf = tmp_path / "usr/local/etc/libvirt/bhyve.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text('# firmware_dir = "/no"\nfirmware_dir = "/opt/fw"\n', encoding="utf-8")
    assert probe_bhyve(view).firmware == ("/opt/fw/x.fd",)


@pytest.mark.parametrize("text", ["", "#firmware_dir = '/x'\n", 'firmware_dir = ""\n', "firmware_dir = /x\n"])
def test_without_a_setting_it_is_libvirts_default(text: str) -> None:
    assert firmware_folder(text) == FIRMWARE_FOLDER


def test_another_system_without_bhyve_is_no_bhyve_host(view: HostView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(ProbeError, match="no bhyve host"):
        probe_bhyve(view)


def test_freebsd_without_bhyve_has_no_feature(view: HostView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "freebsd14")
    assert probe_bhyve(view) == BhyveHost(boot_rom=False, framebuffer=False, virtio_rnd=False)
