"""What two documents differ in, and how it is told. The laws over recorded documents are in tests/laws."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domcaps.analysis.diff import Became, Change, Severity, Value, diff, within
from domcaps.formats.read import read
from domcaps.schema.document import DomainCapabilities
from tests.commandline import ask
from tests.conftest import ROOT

HOSTS = ROOT.parent / "shared" / "vectors" / "libvirt-12.8.0-hosts" / "snapshots"
needs_hosts = pytest.mark.skipif(not HOSTS.is_dir(), reason="no ../shared/vectors beside this checkout")

Told = tuple[str, Became, Severity, Value, Value]
ADDED, REMOVED, CHANGED = Became.ADDED, Became.REMOVED, Became.CHANGED
LOSS, GAIN, CHANGE = Severity.LOSS, Severity.GAIN, Severity.CHANGE


def document(inside: str) -> DomainCapabilities:
    return read(f"<domainCapabilities>{inside}</domainCapabilities>")


def told(changes: tuple[Change, ...]) -> list[Told]:
    return [(change.path, change.kind, change.severity, change.before, change.after) for change in changes]


def between(one: str, other: str) -> list[Told]:
    return told(diff(document(one), document(other)))


def disk(*buses: str) -> str:
    values = "".join(f"<value>{bus}</value>" for bus in buses)
    return f"<devices><disk supported='yes'><enum name='bus'>{values}</enum></disk></devices>"


def custom(*models: str) -> str:
    return f"<cpu><mode name='custom' supported='yes'>{''.join(models)}</mode></cpu>"


def model(name: str, usable: str, *blockers: str) -> str:
    features = "".join(f"<feature name='{blocker}'/>" for blocker in blockers)
    after = f"<blockers model='{name}'>{features}</blockers>" if blockers else ""
    return f"<model usable='{usable}'>{name}</model>{after}"


def host_model(name: str, *listed: str) -> str:
    features = "".join(f"<feature policy='{entry.split()[0]}' name='{entry.split()[1]}'/>" for entry in listed)
    return f"<cpu><mode name='host-model' supported='yes'><model>{name}</model>{features}</mode></cpu>"


CASES = [
    pytest.param(
        disk("ide", "sata"),
        disk("ide", "nvme"),
        [
            ("devices/disk/bus=sata", REMOVED, LOSS, True, False),
            ("devices/disk/bus=nvme", ADDED, GAIN, False, True),
        ],
        id="a value that went and one that came",
    ),
    pytest.param(
        "<devices><tpm supported='yes'/></devices>",
        "<devices><tpm supported='no'/></devices>",
        [("devices/tpm", REMOVED, LOSS, True, False)],
        id="a yes that became a no",
    ),
    pytest.param(
        "<devices/>",
        "<devices><tpm supported='no'/></devices>",
        [("devices/tpm", CHANGED, CHANGE, None, False)],
        id="a no where nothing was stated loses nothing",
    ),
    pytest.param("<vcpu max='8'/>", "<vcpu max='4'/>", [("vcpu/max", CHANGED, LOSS, 8, 4)], id="a smaller number"),
    pytest.param(
        "<machine>pc-1</machine>",
        "<machine>pc-2</machine>",
        [("machine", CHANGED, CHANGE, "pc-1", "pc-2")],
        id="a text",
    ),
    pytest.param(
        "<features><sev supported='yes'><cbitpos>47</cbitpos></sev></features>",
        "<features><sev supported='yes'><cbitpos>51</cbitpos></sev></features>",
        [("features/sev/cbitpos", CHANGED, CHANGE, 47, 51)],
        id="a number that is no amount",
    ),
    pytest.param(
        custom(model("A", "yes"), model("B", "no", "x")),
        custom(model("A", "no", "avx"), model("B", "no", "x", "y"), model("C", "yes")),
        [
            ("cpu/custom/A", CHANGED, LOSS, "yes", "no"),
            ("cpu/custom/A/blockers", ADDED, LOSS, None, ("avx",)),
            ("cpu/custom/B/blockers", CHANGED, LOSS, ("x",), ("x", "y")),
            ("cpu/custom/C", ADDED, GAIN, None, "yes"),
        ],
        id="CPU models by whether they can be used",
    ),
    pytest.param(
        custom(model("A", "no", "x")),
        custom(),
        [("cpu/custom/A", REMOVED, CHANGE, "no", None)],
        id="a model that nobody could use is no loss",
    ),
    pytest.param(
        host_model("Penryn", "require avx"),
        host_model("Penryn", "disable ssse3"),
        [
            ("cpu/host-model/feature=avx", REMOVED, LOSS, True, False),
            ("cpu/host-model/feature=ssse3", REMOVED, LOSS, True, False),
        ],
        id="a host-model by what the CPU has in the end",
    ),
    pytest.param(
        host_model("Penryn"),
        host_model("Penryn", "require ssse3"),
        [("cpu/host-model/feature=ssse3", ADDED, CHANGE, None, "require")],
        id="a feature that is listed and was there anyway",
    ),
    pytest.param(
        host_model("gen15a", "require vx"),
        host_model("gen15a", "disable vx"),
        [("cpu/host-model/feature=vx", CHANGED, LOSS, "require", "disable")],
        id="a host-model of an unknown model by what it lists",
    ),
    pytest.param(
        "<devices><new supported='yes'/></devices>",
        "<devices/>",
        [("devices", REMOVED, CHANGE, "<new supported='yes'/>", None)],
        id="what the schema does not know",
    ),
    pytest.param(
        disk("ide", "usb"),
        disk("usb", "ide"),
        [("devices/disk/bus", CHANGED, CHANGE, ("ide", "usb"), ("usb", "ide"))],
        id="another order",
    ),
    pytest.param("", "<devices/>", [("devices", ADDED, CHANGE, None, "")], id="a block that says nothing"),
]


@pytest.mark.parametrize(("one", "other", "changes"), CASES)
def test_a_change(one: str, other: str, changes: list[Told]) -> None:
    assert between(one, other) == changes


def test_a_change_names_its_section_and_its_place_in_the_domain() -> None:
    (change,) = diff(document(disk("ide")), document(disk()))
    assert (change.section, change.place) == ("devices/disk", "devices/disk/target/@bus")


def test_the_same_cpu_by_another_name_is_within_both_ways() -> None:
    one = document(host_model("Skylake-Client-IBRS"))
    other = document(host_model("Skylake-Client", "require spec-ctrl"))
    assert one != other
    assert within(one, other)
    assert within(other, one)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    for name, buses in (("before", ("virtio", "sata")), ("after", ("virtio",))):
        text = f"<domainCapabilities>{disk(*buses)}</domainCapabilities>"
        (tmp_path / f"{name}.xml").write_text(text, encoding="utf-8")
    return str(tmp_path / "before.xml"), str(tmp_path / "after.xml")


def test_the_command_tells_as_diff_does(files: tuple[str, str]) -> None:
    answer = ask("diff", *files)
    assert answer.status == 1
    assert answer.out.splitlines() == [
        f"--- {files[0]}",
        f"+++ {files[1]}",
        "devices/disk",
        "  - bus: sata",
        "1 loss for guests",
    ]
    assert ask("diff", files[0], files[0]) == (0, "", "")


def test_the_command_tells_as_data(files: tuple[str, str]) -> None:
    found = json.loads(ask("diff", *files, "-f", "json").out)
    assert found["changes"] == [
        {
            "section": "devices/disk",
            "path": "devices/disk/bus=sata",
            "kind": "removed",
            "severity": "loss",
            "before": True,
            "after": False,
            "place": "devices/disk/target/@bus",
        }
    ]


def test_trouble_is_status_2(files: tuple[str, str]) -> None:
    assert ask("diff", files[0], "/nowhere.xml").status == 2


@needs_hosts
def test_two_snapshots_also_tell_why() -> None:
    answer = ask("diff", str(HOSTS / "host-sid_base.json.gz"), str(HOSTS / "host-sid_no-swtpm.json.gz"))
    assert answer.status == 1
    lines = answer.out.splitlines()
    assert "  swtpm: TPM 1.2 and 2.0 → none" in lines
    assert "  - backendModel: emulator, external" in lines
    assert "      the host has no swtpm (swtpm, swtpm_setup and swtpm_ioctl in PATH)" in lines
