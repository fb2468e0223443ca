"""What `domcaps check` prints: for people, for programs, for CI; and its status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domcaps.analysis.findings import Verdict
from domcaps.analysis.guests.check import check
from domcaps.analysis.guests.guest import Guest
from domcaps.analysis.guests.many import labels, matrix
from domcaps.analysis.guests.report_text import painted, report_lines
from tests.analysis.made_guests import RECORDED, RECORDED_ARM, WINDOWS, disk, guest, host
from tests.commandline import ask


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    texts = {
        "good": guest(),
        "bad": guest(disk("hda", "ide")),
        "late": guest("<hostdev mode='subsystem' type='pci'><source/></hostdev>"),
        "arm": guest(arch="aarch64", machine="virt", virt_type="qemu"),
        "junk": "junk",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.xml").write_text(text)
    shown = ask("show", "--from", str(RECORDED), "--machine", "q35")
    (tmp_path / "q35.doc.xml").write_text(shown.out)
    return {path.name.partition(".")[0]: str(path) for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("guests", "hosts", "status"),
    [
        (["good"], [str(RECORDED)], 0),
        (["bad"], [str(RECORDED)], 1),
        (["late"], [str(RECORDED)], 1),
        (["good", "bad"], [str(RECORDED)], 1),
        (["good"], ["q35"], 0),
        (["arm"], ["q35"], 2),
        (["junk"], [str(RECORDED)], 2),
        (["nosuch"], [str(RECORDED)], 2),
        (["good"], ["nosuch"], 2),
        ([], [str(RECORDED)], 2),
    ],
    ids=[
        "a good guest",
        "one that is refused",
        "one that does not start",
        "several",
        "against a document",
        "against a document about something else",
        "no definition",
        "no such guest",
        "no such host",
        "no guest at all",
    ],
)
def test_the_status_says_whether_all_is_fine(
    guests: list[str], hosts: list[str], status: int, files: dict[str, str]
) -> None:
    named = [files.get(name, name) for name in guests]
    assert ask("check", *named, "--from", *(files.get(name, name) for name in hosts)).status == status


def test_people_see_the_line_a_caret_the_reason_and_the_alternative(files: dict[str, str]) -> None:
    answer = ask("check", files["bad"], "--from", str(RECORDED))
    line = next(number for number, text in enumerate(answer.out.splitlines()) if "bus='ide'" in text)
    caret = answer.out.splitlines()[line + 1]
    assert answer.out.splitlines()[line][caret.index("^") :].startswith("ide'")
    assert answer.out.startswith(f"{files['bad']}:9:")
    for wanted in ("is not supported", "instead:", "bus='sata'", "IDE controllers are unsupported"):
        assert wanted in answer.out
    assert "\x1b" not in answer.out


def test_colour_is_there_when_asked_for_and_control_characters_never() -> None:
    text = guest(disk("hda", "ide\x7f\x9b31m"))
    report = check(text, host())
    lines = list(report_lines(report, Guest(text.encode())))
    assert any("\x1b[1;31m" in painted(line, colour=True) for line in lines)
    assert not any(char in painted(line, colour=False) for line in lines for char in "\x1b\x7f\x9b")


def test_json_has_every_part_of_a_finding(files: dict[str, str]) -> None:
    answer = ask("check", files["bad"], "--from", str(RECORDED), "-f", "json")
    report = json.loads(answer.out)["reports"][0]
    assert report["verdict"] == "refused"
    assert report["against"]["machine"] == "pc-q35-7.2"
    finding = report["findings"][0]
    expected = {"code", "severity", "stage", "message", "place", "path", "asks", "offered", "reason", "since"}
    assert expected <= finding.keys()
    assert finding["place"]["xpath"] == "/domain/devices/disk/target/@bus"


def test_sarif_has_a_run_a_rule_a_region_and_a_fix(files: dict[str, str]) -> None:
    answer = ask("check", files["bad"], "--from", str(RECORDED), "-f", "sarif")
    log = json.loads(answer.out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "disk-bus-unsupported"
    assert result["level"] == "error"
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == f"file://{files['bad']}"
    region = location["region"]
    text = Path(files["bad"]).read_text().splitlines()[region["startLine"] - 1]
    assert text[region["startColumn"] - 1 : region["endColumn"] - 1] == "ide"
    change = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    begin, length = change["deletedRegion"]["byteOffset"], change["deletedRegion"]["byteLength"]
    assert Path(files["bad"]).read_bytes()[begin : begin + length] == b"ide"
    assert change["insertedContent"]["text"] == "sata"


class TestManyByMany:
    def test_a_table_then_the_reasons_then_the_hosts_that_run_all(self, files: dict[str, str]) -> None:
        hosts = ["--from", str(RECORDED), str(RECORDED_ARM), "--from", files["q35"]]
        answer = ask("check", files["good"], files["bad"], *hosts)
        assert answer.status == 1
        rows = {
            line.split()[0]: line.split()[1:] for line in answer.out.splitlines() if line.startswith(("good", "bad"))
        }
        assert rows["good.xml"][0] == "runs"
        assert rows["bad.xml"][0] == "define"
        assert "What stands against them" in answer.out
        assert answer.out.rstrip().endswith("No host runs every guest.")

    def test_guests_may_stand_behind_from(self, files: dict[str, str]) -> None:
        answer = ask("check", "--from", str(RECORDED), files["good"])
        assert answer.status == 0
        assert "nothing stands against it" in answer.out

    def test_a_host_that_cannot_be_read_stops_no_other(self, files: dict[str, str]) -> None:
        answer = ask("check", files["good"], "--from", str(RECORDED), files["junk"])
        assert answer.status == 2
        assert "junk.xml" in answer.err
        assert "runs" in answer.out or "nothing stands against it" in answer.out

    def test_the_matrix_tells_for_whom_and_why(self) -> None:
        report = check(WINDOWS, host())
        reports = [
            report.__class__(guest=g, host=h, verdict=report.verdict, findings=report.findings)
            for g in "ab"
            for h in "xy"
        ]
        found = matrix(reports)
        assert found.for_all == ()
        assert found.verdicts["a"]["y"] is Verdict.REFUSED
        assert all((reason.guests, reason.hosts) == (("a", "b"), ("x", "y")) for reason in found.reasons)

    def test_names_lose_the_folder_that_all_share(self) -> None:
        assert labels(["/a/b/c", "/a/d"]) == {"/a/b/c": "b/c", "/a/d": "d"}
        assert labels(["x"]) == {"x": "x"}
