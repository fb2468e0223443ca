"""What people and their scripts do wrong to the command: one sentence, status 2, no traceback, nothing left behind."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from domcaps.cli import installed, talk, warm
from domcaps.cli.main import main
from domcaps.cli.parsing import Parser
from domcaps.errors import InputError
from domcaps.snapshot import write_snapshot
from tests.drivers.qemu.made import source
from tests.test_derive import ARM, X86

NOT_UTF_8 = os.fsdecode(b"n\xff.xml")


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> str:
    file = tmp_path / "host.json"
    file.write_bytes(write_snapshot(source(X86, ARM).snapshot, compress=False))
    return str(file)


@pytest.fixture(name="document")
def _document(snapshot: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["show", "--from", snapshot]) == 0
    file = tmp_path / "host.xml"
    file.write_text(capsys.readouterr().out)
    return file


def shell(line: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `domcaps` is the program."""
    script = f'domcaps() {{ "{sys.executable}" -m domcaps "$@"; }}\n{line}'
    return subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        errors="surrogateescape",
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "--arch"], "argument --arch: expected one argument; see domcaps show --help"),
        (["show", "--arch", ""], "argument --arch: Option argument is empty; see domcaps show --help"),
        (["show", "--libvirt", ""], "argument --libvirt: Option argument is empty; see domcaps show --help"),
        (["show", "--from", ""], "argument --from: Option argument is empty; see domcaps show --help"),
        (["show", "--cpu-map", ""], "argument --cpu-map: Option argument is empty; see domcaps show --help"),
        (["show", "--xpath", ""], "argument --xpath: Option argument is empty; see domcaps show --help"),
        (["show", "--xqzj"], "there is no option --xqzj; see domcaps show --help"),
        (["show", "--machin", "q35"], "there is no option --machin (did you mean --machine?); see domcaps show --help"),
        (["cpu", "models", "--al"], "there is no option --al (did you mean --all?); see domcaps cpu models --help"),
        (["show", "extra"], "there is no use for 'extra' here; see domcaps show --help"),
        (["diff", "a", "b", "c"], "there is no use for 'c' here; see domcaps diff --help"),
        (["diff"], "A is missing; see domcaps diff --help"),
        (["capture"], "-o/--output is missing; see domcaps capture --help"),
        (["-v", "show"], "the verb comes first, then its options such as -v; see domcaps --help"),
        (["capture", "-o", "/nowhere/x.json"], "/nowhere/x.json: cannot be written: there is no such folder"),
        (["capture", "-o", "/"], "/: cannot be written: it is a folder"),
        (["emulators", "-c", "xen:///system"], "xen:///system: only QEMU has emulators to list"),
    ],
)
def test_a_wrong_word_is_one_sentence(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr() == ("", f"domcaps: {message}\n")


@pytest.mark.parametrize("text", ["x", "-1", "0", "nan", "inf", "1e400", "86401"])
def test_a_time_to_wait_is_a_number_of_seconds(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--timeout", text]) == 2
    assert f"'{text}' is not a number of seconds between 0 and 86400" in capsys.readouterr().err


def test_what_is_not_utf_8_is_no_name_that_a_document_could_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--emulatorbin", f"/usr/bin/{NOT_UTF_8}"]) == 2
    assert capsys.readouterr().err == "domcaps: argument --emulatorbin/--emulator: not UTF-8; see domcaps show --help\n"


def test_operands_may_stand_before_and_after_options() -> None:
    parser = Parser(prog="x", allow_abbrev=False)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--explain", action="store_true")
    assert parser.parse_args(["a", "--explain", "b"]).files == ["a", "b"]
    with pytest.raises(InputError, match="no option --explai "):
        parser.parse_args(["a", "--explai", "b"])


CLOSED = [
    ("domcaps show --from host.json >&-", 2, "domcaps: standard output: Bad file descriptor\n"),
    ("domcaps show --help >&-", 2, "domcaps: standard output: Bad file descriptor\n"),
    ("domcaps show --from - <&-", 2, "domcaps: standard input: Bad file descriptor\n"),
    ("domcaps validate - <&-", 2, "domcaps: standard input: Bad file descriptor\n"),
    ("domcaps show --from /nowhere 2>&-", 2, ""),
    ("domcaps show --from host.json >/dev/null 2>&- <&-", 0, ""),
    ("domcaps show --from /nowhere <&- >&- 2>&-", 2, ""),
]
FULL = [
    ("domcaps show --from host.json >/dev/full", 2, "domcaps: standard output: No space left on device\n"),
    ("domcaps --help >/dev/full", 2, "domcaps: standard output: No space left on device\n"),
    ("domcaps show --help >/dev/full", 2, "domcaps: standard output: No space left on device\n"),
    ("domcaps show --from /nowhere 2>/dev/full", 2, ""),
    ("domcaps emulators --from host.json >/dev/full 2>&1", 2, ""),
]


@pytest.mark.parametrize(("line", "status", "said"), [*CLOSED, *(FULL if Path("/dev/full").exists() else [])])
def test_a_stream_that_is_closed_or_full_is_no_traceback(line: str, status: int, said: str, snapshot: str) -> None:
    done = shell(line, Path(snapshot).parent)
    assert (done.returncode, done.stderr, done.stdout) == (status, said, "")


def test_output_is_utf_8_whatever_the_locale(document: Path) -> None:
    (document.parent / "other.xml").write_text(document.read_text().replace("<vcpu max='255'/>", "<vcpu max='99'/>"))
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell("domcaps diff host.xml other.xml", document.parent, **plain)
    assert done.returncode == 1
    assert done.stderr == ""
    assert "255 → 99" in done.stdout.encode("utf-8", "surrogateescape").decode()


@pytest.mark.parametrize(
    "line",
    ["validate -f json {}", "diff -f json {} host.json", "common --explain -f json {} host.json", "validate {}"],
)
def test_a_name_that_is_not_utf_8_is_spelled_out(line: str, document: Path) -> None:
    (document.parent / NOT_UTF_8).write_bytes(document.read_bytes())
    done = shell("domcaps " + line.format("$'n\\xff.xml'"), document.parent, LC_ALL="C.UTF-8")
    assert done.stderr == ""
    assert "\\xff.xml" in done.stdout
    if "json {}" in line:
        json.loads(done.stdout)
    assert talk.printable(NOT_UTF_8) == "n\\xff.xml"


def test_a_release_newer_than_known_is_said_once_and_written_as_the_newest(
    snapshot: str, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--from", snapshot, "--libvirt", "99.0.0"]) == 0
    out, err = capsys.readouterr()
    assert out == document.read_text()
    assert err == "domcaps: libvirt 99.0.0 is newer than what is known: this is as 12.9.0 writes it\n"
    assert main(["common", snapshot, snapshot, str(document), "--libvirt", "99.0.0"]) == 0
    assert capsys.readouterr().err == err


def test_xpath_ends_with_one_line_break(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--from", str(document), "--xpath", "//arch/text()"]) == 0
    assert capsys.readouterr().out == "x86_64\n"


def test_models_of_a_document_are_those_that_it_lists(
    snapshot: str, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {}
    for name in (snapshot, str(document)):
        assert main(["cpu", "models", "--all", "-f", "json", "--from", name]) == 0
        given[name] = capsys.readouterr().out
    assert given[snapshot] == given[str(document)]
    assert main(["cpu", "models", "--all", "-f", "table", "--from", str(document)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "MODEL   VENDOR   USABLE   BLOCKED BY",
        "qemu64  unknown  blocked  svm",
    ]


def test_a_snapshot_keeps_its_place_whole_when_it_cannot_be_written(tmp_path: Path) -> None:
    target = tmp_path / "host.json"
    target.write_text("what was there before")
    emulator = tmp_path / "emulator"
    emulator.write_text("#!/bin/sh\nexit 1\n")
    emulator.chmod(0o755)
    assert main(["capture", "-o", str(target), "--emulatorbin", str(emulator)]) == 2
    assert target.read_text() == "what was there before"
    assert sorted(os.listdir(tmp_path)) == ["emulator", "host.json"]  # noqa: PTH208 - names are wanted


def test_without_an_emulator_no_snapshot_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    target = tmp_path / "host.json"
    assert main(["capture", "-o", str(target)]) == 2
    assert "no snapshot was written: there is no qemu-system-* in PATH (/nowhere)" in capsys.readouterr().err
    assert not target.exists()
    assert main(["show", "--no-cache"]) == 2
    assert "in PATH (/nowhere)\ndomcaps: unable to find any emulator" in capsys.readouterr().err


def test_without_an_emulator_a_baseline_is_asked_of_a_snapshot(
    snapshot: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    main(["cpu", "baseline", snapshot, "--no-cache"])
    assert f"domcaps: this host has no emulator: its part is taken by {snapshot}\n" in capsys.readouterr().err


def test_an_emulator_is_a_regular_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o755)
    assert main(["show", "--emulatorbin", str(pipe)]) == 2
    assert f"QEMU binary {pipe} is not executable: not a regular file" in capsys.readouterr().err


def test_a_cpu_map_is_another_one_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        asked.append([warm._question(["show", *words]) for words in (["--cpu-map", "m"], ["--cpu-map=m"], [])])  # noqa: SLF001 - what an answer is kept under
    assert [one == other for one, other in zip(*asked, strict=True)] == [False, False, True]


def test_the_cache_says_that_it_is_not_to_be_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "cache"
    place.mkdir()
    place.chmod(0o777)
    monkeypatch.setenv("DOMCAPS_CACHE_DIR", str(place))
    for action in ("info", "clear"):
        assert main(["cache", action]) == 2
        said = capsys.readouterr().err
        assert said == f"domcaps: {place}: not used: it is not a folder that this user alone can write to\n"
    assert stat.S_IMODE(place.stat().st_mode) == 0o777


@pytest.mark.parametrize(
    ("library", "release"),
    [
        ("libvirt.so.0.9000.0", (9, 0, 0)),
        ("libvirt.so.0.12008.0", (12, 8, 0)),
        ("libvirt.so.0.8000.1", (8, 0, 1)),
        ("libvirt.so.0", None),
        ("elsewhere.so", None),
    ],
)
def test_the_installed_release_is_told_by_its_librarys_name(
    library: str, release: tuple[int, int, int] | None, tmp_path: Path
) -> None:
    link = Path(f"{tmp_path}{installed.libraries()[0]}")
    link.parent.mkdir(parents=True)
    (link.parent / library).touch()
    if link.name != library:
        link.symlink_to(library)
    assert installed.installed_release(str(tmp_path)) == release


def test_colours_are_for_terminals_that_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert talk.in_colour(Terminal())
    monkeypatch.setenv("NO_COLOR", "")
    assert talk.in_colour(Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not talk.in_colour(Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not talk.in_colour(Terminal())
