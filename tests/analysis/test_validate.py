from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from domcaps.analysis.validate import Severity, validate
from domcaps.cli.main import main
from domcaps.errors import InputError
from domcaps.release import Release
from tests.formats.sample import SAMPLE, needs_vectors, recorded


@needs_vectors
def test_recorded_documents_have_no_finding_and_are_no_older_than_their_release() -> None:
    wrong = []
    for name, text in list(recorded().items())[::7]:
        found = re.match(r"libvirt-([\d.]+\d)", name)
        assert found is not None
        for report in validate(text.encode(), name, libvirt=Release.parse(found[1])):
            wrong += [f"{name}:{finding.line}: {finding.message}" for finding in report.findings]
    assert not wrong, "\n".join(wrong)


FAULTS = {
    "an unknown element": ("<vcpu max='4096'/>", "<vcpu max='4096'/><new/>", "unknown", "<new/>"),
    "an unknown attribute": ("<vcpu max='4096'/>", "<vcpu max='4096' a='1'/>", "unknown", "<vcpu"),
    "an unknown enum": ("<enum name='bus'>", "<enum name='new'>", "unknown", "<enum name='new'>"),
    "an unknown value": ("<value>lun</value>", "<value>new</value>", "unknown", "<value>new"),
    "a loose text": ("  <cpu>", "  ... <cpu>", "unknown", "<domainCap"),
    "a number that is none": ("max='4096'", "max='many'", "value", "<vcpu"),
    "a number that is 0": ("max='4096'", "max='0'", "implausible", "<vcpu"),
    "an element twice": ("<domain>kvm</domain>", "<domain>kvm</domain><domain>qemu</domain>", "twice", "<domain>qemu"),
    "a value twice": ("<value>lun</value>", "<value>disk</value>", "twice", "<value>disk"),
    "a model twice": (">EPYC</model>", ">qemu64</model>", "twice", "<model usable='yes'"),
    "a blocker twice": ("<feature name='pku'/>", "<feature name='avx512f'/>", "twice", "<model usable='no'"),
    "a no with content": ("<disk supported='yes'>", "<disk supported='no'>", "contradiction", "<disk"),
    "blockers of a usable model": ("usable='no'", "usable='yes'", "contradiction", "<model usable='yes' vendor"),
    "a word that is none of three": ("usable='no'", "usable='perhaps'", "unknown", "<model usable='yes'"),
    "a host-model without a model": (
        "<model fallback='forbid'>EPYC-Milan</model>",
        "",
        "missing",
        "<mode name='host-model'",
    ),
    "no architecture": ("  <arch>x86_64</arch>\n", "", "missing", None),
    "no features": (SAMPLE[SAMPLE.index("  <features>") : SAMPLE.index("</domainC")], "", "missing", None),
    "an element without a verdict": ("<disk supported='yes'>", "<disk>", "missing", "<disk"),
    "a number without its fellow": ("      <maxESGuests>450</maxESGuests>\n", "", "missing", "<sev"),
    "a model without a verdict": ("<model usable='no' v", "<model v", "missing", "<model vendor='Intel'"),
    "a CPU mode missing": ("    <mode name='maximum' supported='no'/>\n", "", "missing", "<cpu"),
    "a path that is none": ("<path>/usr/bin/", "<path>", "unknown", "<path"),
    "a unit of its own": ("<section_size unit='KiB'", "<section_size unit='MiB'", "unknown", "<section_size"),
}


@pytest.mark.parametrize(("old", "new", "kind", "at"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_found_where_it_is(old: str, new: str, kind: str, at: str | None) -> None:
    assert not validate(SAMPLE.encode())[0].findings
    text = SAMPLE.replace(old, new, 1)
    assert text != SAMPLE
    (report,) = validate(text.encode())
    found = [(finding.line, finding.column) for finding in report.findings if finding.kind == kind]
    assert found == [(None, None) if at is None else place_of(text, at)]


def test_what_is_not_there_is_not_missed_where_the_document_may_be_older() -> None:
    text = "<domainCapabilities>\n<path>/a</path>\n<domain>kvm</domain>\n<arch>i686</arch>\n{}</domainCapabilities>\n"
    (report,) = validate(text.format("<devices/>").encode())
    assert (report.oldest, report.findings) == ("1.2.7", ())
    mode = "<mode name='{}' supported='no'/>"
    modes = mode.format("host-passthrough") + mode.format("host-model")
    (report,) = validate(text.format(f"<cpu>{modes}{mode.format('custom')}</cpu><devices/><features/>").encode())
    assert (report.oldest, report.findings) == ("2.3.0", ())
    (report,) = validate(text.format(f"<cpu>{modes}</cpu><devices/><features/>").encode())
    assert [finding.message for finding in report.findings] == ["cpu has no custom"]


def test_a_cpu_model_twice_is_what_libvirt_wrote_on_power() -> None:
    twice = "<model usable='unknown' vendor='AMD'>EPYC</model>"
    (report,) = validate(SAMPLE.replace(twice, twice + twice).encode())
    assert [(finding.severity, finding.kind) for finding in report.findings] == [(Severity.WARNING, "twice")]
    assert report.is_fine


def place_of(text: str, part: str) -> tuple[int, int]:
    before = text[: text.index(part)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_lines_are_those_of_the_input_where_several_documents_stand_in_it() -> None:
    first, second = validate(("junk\n" + SAMPLE + SAMPLE.replace("max='4096'", "max='0'")).encode())
    assert first.line == 2
    assert second.line == 2 + SAMPLE.count("\n")
    assert second.findings[0].line == second.line + 5


def test_many_documents_are_looked_at_alike() -> None:
    bad = SAMPLE.replace("max='4096'", "max='0'")
    stream = SAMPLE * 150 + bad + "junk\n" + SAMPLE
    reports = validate(stream.encode(), "s")
    assert len(reports) == 152
    lines = SAMPLE.count("\n")
    assert [report.line for report in reports[:-1]] == list(range(1, 151 * lines, lines))
    assert reports[-1].line == 151 * lines + 2
    assert [place for place, report in enumerate(reports) if report.findings] == [150]
    assert reports[150].findings[0].line == 150 * lines + 6
    (single,) = validate(SAMPLE.encode(), "s")
    assert reports[0] == single
    assert msgspec.structs.replace(reports[-1], line=1) == single


def test_the_oldest_release_is_that_of_the_youngest_thing() -> None:
    (report,) = validate(SAMPLE.encode())
    assert report.oldest == "11.9.0"
    assert "features/hyperv/defaults" in report.because
    (report,) = validate(b"<domainCapabilities><path>/a</path></domainCapabilities>")
    assert (report.oldest, report.because, report.before) == ("1.2.7", (), None)


def test_the_first_thing_that_is_too_young_is_named() -> None:
    (report,) = validate(SAMPLE.encode(), libvirt=Release((4, 0, 0)))
    young = [finding for finding in report.findings if finding.kind == "too-young"]
    assert [finding.path for finding in young] == ["iothreads"]
    assert "and" in young[0].message
    assert not report.is_fine


def test_json_is_looked_at_too() -> None:
    (report,) = validate(b'{"domain": "kvm", "vcpu": {"max": 0}}')
    assert [f.path for f in report.findings if f.severity is Severity.ERROR] == ["vcpu/max"]
    with pytest.raises(InputError):
        validate(b"{")


def test_the_verb_answers_by_its_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, broken = tmp_path / "good.xml", tmp_path / "bad.xml", tmp_path / "broken.xml"
    good.write_text(SAMPLE)
    bad.write_text(SAMPLE.replace("max='4096'", "max='0'"))
    broken.write_text("<domain/>")
    assert main(["validate", str(good)]) == 0
    assert capsys.readouterr().out == (
        f"{good}:1: libvirt 11.9.0 or newer (has features/hyperv/defaults, features/hyperv/defaults/spinlocks,"
        " features/hyperv/defaults/stimer_direct)\n"
    )
    assert main(["validate", str(good), str(bad), "-f", "json"]) == 1
    assert [report["source"] for report in msgspec.json.decode(capsys.readouterr().out)] == [str(good), str(bad)]
    assert main(["validate", str(bad), str(broken), str(tmp_path / "none")]) == 2
    told = capsys.readouterr()
    assert f"{bad}:6:3: error: vcpu/max is 0" in told.out
    assert "a guest's definition" in told.err
    assert "No such file" in told.err


@pytest.mark.parametrize("option", ["--rng", "--json"])
def test_the_schema_is_printed(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", option]) == 0
    assert "domainCapabilities" in capsys.readouterr().out
