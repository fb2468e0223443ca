"""What is started before a command line is parsed: only what the parser would ask about, and nothing of it stays."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

from domcaps.cli import ahead, main, options, show
from domcaps.cli.parsing import Parser
from domcaps.drivers.qemu.questions import TIMEOUT
from domcaps.early import Early
from domcaps.errors import InputError


def parser() -> Parser:
    made = Parser(prog="domcaps show", allow_abbrev=False)
    show.configure(made)
    return made


def test_the_tables_have_the_parsers_options_as_the_parser_has_them() -> None:
    takes_a_value = {name: action.nargs != 0 for action in parser()._actions for name in action.option_strings}  # noqa: SLF001 - argparse has no other list
    assert {name: takes_a_value[name] for name in [*ahead.WHICH, *ahead.WITH_A_VALUE, *ahead.FLAGS]} == {
        **dict.fromkeys([*ahead.WHICH, *ahead.WITH_A_VALUE], True),
        **dict.fromkeys(ahead.FLAGS, False),
    }


def test_the_time_to_wait_is_the_parsers() -> None:
    assert parser().parse_args([]).timeout == TIMEOUT


@pytest.mark.parametrize(
    ("line", "which"),
    [
        ("show", (None, None)),
        ("show --no-cache --machine q35", (None, None)),
        ("show --arch aarch64 -f json", (None, "aarch64")),
        ("show --arch=aarch64 --emulator=/x --emulatorbin /y", ("/y", "aarch64")),
        ("show --libvirt=9.0.0 --virttype kvm", (None, None)),
    ],
)
def test_what_is_plain_is_told_as_the_parser_tells_it(line: str, which: tuple[str | None, str | None]) -> None:
    words = line.split()
    args = parser().parse_args(words[1:])
    assert ahead.asked(words) == (args.emulatorbin, args.arch) == which


@pytest.mark.parametrize(
    "line",
    [
        "show --from x",
        "show -",
        "show --help",
        "show -v",
        "show --timeout 3",
        "show --xpath /",
        "show --connect xen:///system",
        "show --arch",
        "show --arch --no-cache",
        "show --emulatorbin=",
        "show -fxml",
        "show --no-cash",
        "show --no-cache=1",
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(line: str) -> None:
    assert ahead.asked(line.split()) is None


def emulator(folder: Path) -> str:
    """A program that says that it lives, and waits."""
    file = folder / "qemu-system-x86_64"
    file.write_text(f"#!/bin/sh\necho $$ >{folder}/pid\nexec sleep 60\n")
    file.chmod(0o755)
    return str(file)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_what_was_started_is_ended_when_the_parser_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[Early] = []
    monkeypatch.setattr(main, "_parse_and_run", _refusing(begun))
    path = emulator(tmp_path)
    assert main.main(["show", "--no-cache", "--emulatorbin", path, "--format", "xml"]) == 2
    assert "no such format" in capsys.readouterr().err
    assert [(early.path, early.processes) for early in begun] == [(path, None)]
    pid = tmp_path / "pid"
    number = pid.read_text().strip() if pid.exists() else ""  # empty: it was killed before it could write
    assert not number or not Path(f"/proc/{number}").exists()


def _refusing(begun: list[Early]) -> object:
    def refuse(_: str, __: list[str], early: Early | None) -> int:
        assert early is not None
        assert early.processes is not None
        begun.append(early)
        raise InputError("no such format")

    return refuse


def test_an_emulator_that_the_parser_does_not_ask_about_is_not_used(tmp_path: Path) -> None:
    other = Early("/nowhere", ("/nowhere",), ("/nowhere", None))
    args = argparse.Namespace(**vars(parser().parse_args(["--no-cache", "--emulatorbin", emulator(tmp_path)])))
    args.early = other
    with options.open_live(args) as source:
        assert source.early is not other
        assert source.early.path == args.emulatorbin
