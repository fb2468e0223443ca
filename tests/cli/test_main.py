"""The command line as a person meets it: verbs, statuses, one sentence for what is wrong."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from domcaps.cli.main import VERBS, main, usage
from domcaps.firmware.facts import FirmwareFacts
from domcaps.snapshot import write_snapshot
from tests.drivers.qemu.made import source
from tests.test_derive import ARM, X86


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> str:
    file = tmp_path / "host.json.gz"
    file.write_bytes(write_snapshot(source(X86, ARM).snapshot, compress=True))
    return str(file)


def test_the_help_fits_one_screen() -> None:
    lines = usage().splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_is_data(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: domcaps VERB")
    assert err == ""


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_tells_its_options(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: domcaps {verb}")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sow"], "'sow' is not a verb of domcaps (did you mean show?); see domcaps --help"),
        (["xyzzy"], "'xyzzy' is not a verb of domcaps; see domcaps --help"),
        (["show", "--libvirt", "nine"], "'nine' is not a libvirt release such as 12.9.0"),
        (["show", "--libvirt", "1.2.6"], "libvirt 1.2.6 has no domain capabilities: they came with 1.2.7"),
        (["show", "--from", "/nowhere"], "/nowhere: No such file or directory"),
        (["show", "--from", "/"], "/: Is a directory"),
        (["show", "--wrap"], "--wrap goes with --xpath"),
        (["show", "--host", "/x"], "--host goes with --from, for a .replies recording"),
        (
            ["show", "--emulatorbin", "/nowhere/qemu"],
            "Cannot check QEMU binary /nowhere/qemu: No such file or directory",
        ),
        (["show", "--emulatorbin", "/etc/passwd"], "QEMU binary /etc/passwd is not executable: Permission denied"),
        (["cpu", "baseline"], "name a file, or a --model"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_status_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == f"domcaps: {message}"


@pytest.mark.parametrize("cut", [1, 100, 600])
def test_a_snapshot_cut_off_is_one_sentence(
    snapshot: str, cut: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    half = tmp_path / "half.json.gz"
    half.write_bytes(Path(snapshot).read_bytes()[:-cut])
    assert main(["show", "--from", str(half)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_snapshot_is_shown_compressed_plain_and_from_standard_input(
    snapshot: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--from", snapshot]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("<domainCapabilities>\n  <path>/usr/bin/qemu-system-x86_64</path>\n")
    plain = tmp_path / "host.json"
    plain.write_bytes(gzip.decompress(Path(snapshot).read_bytes()))
    assert main(["show", "--from", str(plain)]) == 0
    assert capsys.readouterr().out == shown
    piped = subprocess.run(
        [sys.executable, "-m", "domcaps", "show", "--from", "-"],
        input=plain.read_bytes(),
        capture_output=True,
        check=True,
    )
    assert piped.stdout.decode() == shown


def test_a_broken_descriptor_of_a_snapshot_is_told_of_and_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = FirmwareFacts(descriptors={"/etc/qemu/firmware/50-x.json": "{"})
    file = tmp_path / "host.json"
    snapshot = msgspec.structs.replace(source(X86).snapshot, firmware=broken)
    file.write_bytes(write_snapshot(snapshot, compress=False))
    assert main(["show", "--from", str(file)]) == 0
    err = capsys.readouterr().err
    assert err.startswith("domcaps: a broken firmware descriptor is passed over: ")
    assert "/etc/qemu/firmware/50-x.json" in err
    assert err.count("\n") == 1


def test_a_document_is_shown_again_and_answers_only_for_itself(
    snapshot: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["show", "--from", snapshot])
    shown = capsys.readouterr().out
    document = tmp_path / "host.xml"
    document.write_text(shown)
    assert main(["show", "--from", str(document)]) == 0
    assert capsys.readouterr().out == shown
    assert main(["show", "--from", str(document), "--arch", "aarch64"]) == 2
    assert "the document is about arch 'x86_64', not 'aarch64'" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_fault(snapshot: str) -> None:
    command = f"{sys.executable} -m domcaps show --from {snapshot} | head -1"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "<domainCapabilities>\n"
    assert done.stderr == ""


def test_emulators_of_a_snapshot_as_a_table_and_for_programs(snapshot: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emulators", "--from", snapshot]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["EMULATOR", "VERSION", "ARCHES", "VIRT", "TYPES", "DEFAULT", "MACHINE"]
    assert table[1].split()[:4] == ["/usr/bin/qemu-system-x86_64", "9.9.0", "x86_64,i686", "kvm,qemu"]
    assert main(["emulators", "--from", snapshot, "-f", "json"]) == 0
    first = json.loads(capsys.readouterr().out)["emulators"][0]
    assert first["machines"]["kvm"][0] == {
        "name": "pc-i440fx-9.9",
        "alias": "pc",
        "default": True,
        "maxVcpus": 255,
    }


def test_models_as_names_and_for_programs(snapshot: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cpu", "models", "--all", "--from", snapshot]) == 0
    assert capsys.readouterr().out == "qemu64\n"
    assert main(["cpu", "models", "--all", "-f", "json", "--from", snapshot]) == 0
    model = msgspec.json.decode(capsys.readouterr().out.encode())[0]
    assert (model["name"], model["usable"], model["blockers"]) == ("qemu64", "no", ["svm"])


def test_the_cache_is_told_of_and_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOMCAPS_CACHE_DIR", str(tmp_path / "cache"))
    assert main(["cache", "info", "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["document"] == {"entries": 0, "bytes": 0}
    assert main(["cache", "clear"]) == 0
    assert not os.listdir(tmp_path)  # noqa: PTH208 - nothing was made
