"""Looking at a host from a root, an environment and a user of one's choice."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from domcaps.host.view import HostView, here

Write = Callable[..., Path]


def test_a_program_is_the_first_of_its_name_in_path(view: HostView, write: Write) -> None:
    write("/usr/bin/tool", mode=0o755)
    write("/sbin/tool", mode=0o755)
    assert view.which("tool") == "/usr/bin/tool"


@pytest.mark.parametrize(
    "path",
    ["relative", "", "/folder", "/text", "/absent"],
    ids=[
        "a relative entry of PATH could be anybody's",
        "an empty entry of PATH would be the current folder",
        "a folder of that name is no program",
        "a text without the right to execute is no program",
        "the folder does not exist",
    ],
)
def test_it_is_not_found_where_it_must_not_be(
    view: HostView, write: Write, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    write("/relative/tool", mode=0o755)
    write("/tool", mode=0o755)
    write("/folder/tool/inside", mode=0o755)
    write("/text/tool", mode=0o644)
    monkeypatch.chdir(view.root)
    assert msgspec.structs.replace(view, env={"PATH": path}).which("tool") is None


def test_without_path_the_daemons_usual_folders_are_searched(view: HostView, write: Write) -> None:
    write("/usr/sbin/tool", mode=0o755)
    assert msgspec.structs.replace(view, env={}).which("tool") == "/usr/sbin/tool"


def test_a_missing_file_reads_as_none_and_an_empty_one_as_empty(view: HostView, write: Write) -> None:
    write("/empty")
    assert view.read("/missing") is None
    assert view.read("/empty") == ""


def test_no_more_is_read_than_was_asked_for(view: HostView, write: Write) -> None:
    write("/long", "x" * 100)
    assert view.read("/long", 10) == "x" * 10


def test_a_folder_in_place_of_a_file_reads_as_none(view: HostView, write: Write) -> None:
    write("/folder/inside")
    assert view.read("/folder") is None


def test_a_pipe_that_nobody_writes_to_does_not_hang(view: HostView) -> None:
    os.mkfifo(view.path("/pipe"))
    assert view.read("/pipe") == ""


def test_bytes_that_are_no_text_are_replaced(view: HostView, tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"a\xffb")
    assert view.read("/odd") == "a\ufffdb"


def test_the_view_of_this_process_takes_what_it_is_not_given_from_the_process(tmp_path: Path) -> None:
    given = here(tmp_path, env={"PATH": "/x"}, euid=7, machine="s390x")
    assert (given.root, given.env, given.euid, given.machine) == (str(tmp_path), {"PATH": "/x"}, 7, "s390x")
    own = here()
    assert (own.path("/dev/kvm"), own.euid, own.machine) == ("/dev/kvm", os.geteuid(), os.uname().machine)
