"""The firmware of a host that consists of files."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from domcaps.errors import ProbeError
from domcaps.firmware.facts import KNOWN_IMAGES, FirmwareFacts
from domcaps.firmware.search import descriptor_folders, find_firmware
from domcaps.host.view import HostView
from tests.firmware.made import flash, text_of

SHARE, ETC = "/usr/share/qemu/firmware", "/etc/qemu/firmware"


@pytest.fixture
def view(tmp_path: Path) -> HostView:
    return HostView(root=str(tmp_path), env={"HOME": "/home/user"}, euid=0, machine="x86_64", kernel="6.1 #1")


def put(view: HostView, path: str, text: str | bytes = "") -> Path:
    file = Path(view.path(path))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_a_host_without_any_folder_has_no_firmware(view: HostView) -> None:
    assert find_firmware(view) == FirmwareFacts(descriptors={}, images=())


@pytest.mark.parametrize(
    ("euid", "env", "own"),
    [
        (0, {"HOME": "/root", "XDG_CONFIG_HOME": "/conf"}, None),
        (7, {"HOME": "/home/user"}, "/home/user/.config/qemu/firmware"),
        (7, {"HOME": "/home/user", "XDG_CONFIG_HOME": "/conf"}, "/conf/qemu/firmware"),
        (7, {"HOME": "/home/user", "XDG_CONFIG_HOME": ""}, "/qemu/firmware"),
        (7, {}, None),
    ],
    ids=[
        "root never looks in its home",
        "a user's is in ~/.config",
        "or in XDG_CONFIG_HOME",
        "which counts when it is empty, too",
        "no home, no folder",
    ],
)
def test_folders(view: HostView, euid: int, env: dict[str, str], own: str | None) -> None:
    folders = descriptor_folders(msgspec.structs.replace(view, euid=euid, env=env))
    assert folders == ((SHARE, ETC, own) if own else (SHARE, ETC))


def test_every_file_counts_whatever_its_suffix_but_hidden_ones_and_folders(view: HostView) -> None:
    names = ["50.json", "README", "60.conf", "70.json~"]
    for name in [*names, ".hidden.json"]:
        put(view, f"{SHARE}/{name}", text_of())
    put(view, f"{SHARE}/folder/50.json", text_of())
    assert sorted(find_firmware(view).descriptors) == sorted(f"{SHARE}/{name}" for name in names)


def test_empty_masked_and_broken_files_are_kept(view: HostView) -> None:
    put(view, f"{SHARE}/50.json", text_of())
    put(view, f"{ETC}/50.json", "")
    put(view, f"{ETC}/60.json", "{broken")
    found = find_firmware(view).descriptors
    assert found == {f"{SHARE}/50.json": text_of(), f"{ETC}/50.json": "", f"{ETC}/60.json": "{broken"}


def test_a_link_counts_as_what_it_leads_to(view: HostView) -> None:
    real = put(view, "/elsewhere/fw", text_of())
    Path(view.path(SHARE)).mkdir(parents=True)
    Path(view.path(f"{SHARE}/50.json")).symlink_to(real)
    Path(view.path(f"{SHARE}/60.json")).symlink_to(real.parent)
    assert find_firmware(view).descriptors == {f"{SHARE}/50.json": text_of()}


def test_a_link_to_nowhere_fails_as_libvirt_does(view: HostView) -> None:
    Path(view.path(ETC)).mkdir(parents=True)
    Path(view.path(f"{ETC}/50.json")).symlink_to("nowhere")
    with pytest.raises(ProbeError, match=f"^Unable to access {ETC}/50.json: No such file or directory$") as caught:
        find_firmware(view)
    assert caught.value.subject == f"{ETC}/50.json"


def test_a_folder_that_is_none_fails(view: HostView) -> None:
    put(view, ETC, "a file")
    with pytest.raises(ProbeError, match=f"cannot read the folder '{ETC}': Not a directory"):
        find_firmware(view)


def test_what_cannot_be_read_as_text_is_kept_apart_with_libvirts_complaint(view: HostView) -> None:
    text = text_of()
    put(view, f"{ETC}/1", text + " " * ((1 << 20) - len(text)))
    put(view, f"{ETC}/2", text + " " * ((1 << 20) + 1 - len(text)))
    put(view, f"{ETC}/3", b'{"description": "\xff"}')
    found = find_firmware(view)
    assert list(found.descriptors) == [f"{ETC}/1"]
    assert found.unreadable == {
        f"{ETC}/2": f"Failed to read file '{ETC}/2': Value too large for defined data type",
        f"{ETC}/3": f"unable to parse json file '{ETC}/3'",
    }


def test_a_file_that_may_not_be_read_is_kept_apart(view: HostView, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = str(put(view, f"{ETC}/50.json", text_of()))
    really_open = os.open

    def refuse(path: str, flags: int, mode: int = 0o777) -> int:
        if path == secret:
            raise PermissionError(13, "Permission denied")
        return really_open(path, flags, mode)

    monkeypatch.setattr("domcaps.firmware.search.os.open", refuse)
    complaint = f"Failed to open file '{ETC}/50.json': Permission denied"
    assert find_firmware(view).unreadable == {f"{ETC}/50.json": complaint}


def test_a_name_that_is_no_text_survives_as_json(view: HostView) -> None:
    folder = Path(view.path(ETC))
    folder.mkdir(parents=True)
    (folder / os.fsdecode(b"50-\xff.json")).write_text(text_of())
    found = find_firmware(view)
    assert list(msgspec.json.decode(msgspec.json.encode(found))["descriptors"]) == [f"{ETC}/50-\ufffd.json"]


def test_images_are_those_that_exist_of_the_named_the_masked_and_the_known(view: HostView) -> None:
    put(view, f"{SHARE}/50.json", text_of(mapping=flash("/masked.fd")))
    put(view, f"{ETC}/50.json", text_of(mapping=flash("/missing.fd")))
    put(view, f"{ETC}/60.json", text_of(mapping={"device": "memory", "filename": "relative/rom.fd"}))
    put(view, f"{ETC}/70.json", text_of(mapping=flash("/folder")))
    for image in ("/masked.fd", "/relative/rom.fd", "/folder/inside", KNOWN_IMAGES[2], "/unnamed.fd"):
        put(view, image)
    assert find_firmware(view).images == ("/masked.fd", "relative/rom.fd", "/folder", KNOWN_IMAGES[2])


def test_links_of_images_and_templates_are_told(view: HostView) -> None:
    put(view, f"{SHARE}/50.json", text_of())
    for path in ("/code.fd", "/code.fd.vars"):
        put(view, f"/real{path}")
        Path(view.path(path)).symlink_to(f"real{path}")
    assert find_firmware(view).links == {"/code.fd": "/real/code.fd", "/code.fd.vars": "/real/code.fd.vars"}


def test_the_configured_images_are_told_and_looked_for(view: HostView) -> None:
    put(view, "/etc/libvirt/qemu.conf", 'nvram = ["/own.fd:/own.vars", "/gone.fd:/gone.vars"]\n')
    put(view, "/own.fd")
    found = find_firmware(view)
    assert (found.nvram, found.images) == (("/own.fd", "/gone.fd"), ("/own.fd",))


def test_nothing_is_kept_between_two_looks(view: HostView) -> None:
    file = put(view, f"{SHARE}/50.json", text_of())
    assert len(find_firmware(view).descriptors) == 1
    file.unlink()
    assert find_firmware(view).descriptors == {}
