"""`show` and `validate` as a person uses them: files, pipes, packed files, other people's transcripts."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from domcaps.cli.main import main
from domcaps.snapshot import write_snapshot
from tests.drivers.qemu.made import source
from tests.formats.sample import SAMPLE
from tests.test_derive import X86

WAYS = {
    "plain": SAMPLE.encode(),
    "packed": gzip.compress(SAMPLE.encode()),
    "UTF-16": SAMPLE.encode("utf-16"),
    "line breaks of DOS": SAMPLE.replace("\n", "\r\n").encode(),
    "encoded anew, with its old declaration": b'<?xml version="1.0" encoding="UTF-16"?>\n' + SAMPLE.encode(),
}


@pytest.mark.parametrize("data", WAYS.values(), ids=WAYS.keys())
def test_a_document_is_read_from_a_file_and_from_standard_input(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "caps"
    file.write_bytes(data)
    assert main(["show", "--from", str(file)]) == 0
    assert capsys.readouterr() == (SAMPLE, "")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["show", "--from", "-"]) == 0
    assert capsys.readouterr() == (SAMPLE, "")
    assert main(["validate", str(file)]) == 0
    assert capsys.readouterr().out.startswith(f"{file}:{2 if b'<?xml' in data else 1}: libvirt 11.9.0 or newer")


def test_a_transcript_cannot_command_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "transcript"
    prompt = "\x1b[1mvirsh # \x1b]0;title\x07domcapabilities\n"
    file.write_text(prompt + SAMPLE.replace(">lun<", ">l\x9bun<"), encoding="utf-8")
    assert main(["show", "--from", str(file)]) == 0
    assert main(["validate", str(file)]) == 0
    told = capsys.readouterr()
    assert "skipped what is no document: ?[1mvirsh # ?]0;title?domcapabilities" in told.err
    assert "the value 'l?un' of devices/disk/diskDevice is not known" in told.out
    assert "\x1b" not in told.err + told.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--xpath", "//vcpu", "-f", "json"], "--xpath prints XML"),
        (["--wrap"], "--wrap goes with --xpath"),
        (["--xpath", "//["], "is no XPath expression"),
        (["--xpath", "count(//vcpu)"], "it gives a value"),
        (["--libvirt", "1.2.6"], "libvirt 1.2.6 has no domain capabilities: they came with 1.2.7"),
        (["--libvirt", "new"], "'new' is not a libvirt release"),
        (["--arch", "s390x"], "the document is about arch 'x86_64', not 's390x'"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "caps.xml"
    file.write_text(SAMPLE)
    assert main(["show", "--from", str(file), *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_what_packs_more_than_any_file_holds_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bomb.gz"
    file.write_bytes(gzip.compress(bytes(65 << 20), 1))
    assert main(["validate", str(file)]) == 2
    assert "unpacks to more than 64 MiB" in capsys.readouterr().err
    file.write_bytes(gzip.compress(SAMPLE.encode())[:-20])
    assert main(["show", "--from", str(file)]) == 2
    assert "cut off" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [["show", "--from"], ["diff"], ["emulators", "--from"]])
@pytest.mark.parametrize("packed", [False, True])
def test_a_snapshot_is_known_though_it_does_not_say_that_it_is_one(
    verb: list[str], packed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(write_snapshot(source(X86).snapshot, compress=False))
    del found["format"], found["version"]
    data = json.dumps(found).encode()
    file = tmp_path / "host"
    file.write_bytes(gzip.compress(data) if packed else data)
    assert main([*verb, *[str(file)] * (2 if verb == ["diff"] else 1)]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("form", ["xml", "json"])
def test_several_documents_are_read_again_as_they_were_shown(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "caps"
    file.write_text(SAMPLE + SAMPLE.replace("kvm", "qemu"))
    assert main(["show", "--from", str(file), "-f", form]) == 0
    shown = capsys.readouterr().out
    file.write_text(shown)
    assert main(["show", "--from", str(file), "-f", form]) == 0
    assert capsys.readouterr() == (shown, "")


def test_several_documents_are_several_in_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yaml = pytest.importorskip("yaml")
    file = tmp_path / "caps"
    file.write_text(SAMPLE + SAMPLE.replace("kvm", "qemu"))
    assert main(["show", "--from", str(file), "-f", "yaml"]) == 0
    assert [caps["domain"] for caps in yaml.safe_load_all(capsys.readouterr().out)] == ["kvm", "qemu"]
