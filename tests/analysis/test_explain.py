"""Explanations: the same verdict as the document, and the words for it."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

import pytest

from domcaps.analysis.explain import Ruled, explain
from domcaps.derive import Request, SnapshotSource, ruled
from domcaps.drivers.table import build
from domcaps.errors import InputError
from domcaps.formats.read import read
from domcaps.release import NEWEST, Release
from domcaps.schema.declare import Kind
from domcaps.schema.document import DomainCapabilities
from domcaps.schema.paths import all_paths
from domcaps.snapshot import read_snapshot
from tests.commandline import ask
from tests.conftest import ROOT

SHARED = ROOT.parent / "shared"
GUESTS = SHARED / "guests" / "snapshot.json.gz"
LAB = SHARED / "vectors" / "libvirt-11.3.0-lab" / "snapshots"
SNAPSHOTS = ("lab_7.2.22_x86_64", "lab_11.1.3_x86_64+tcg", "caps_8.2.0_aarch64", "lab_11.1.3_s390x", "lab_7.2.22_ppc64")

pytestmark = pytest.mark.skipif(not GUESTS.is_file(), reason="no ../shared beside this checkout")

Derived = tuple[DomainCapabilities, Ruled]


@cache
def derived(path: Path, which: Release = NEWEST) -> Derived:
    snapshot = read_snapshot(path.read_bytes(), path.name)
    emulator = next((name for name in snapshot.emulators if name.endswith("x86_64")), next(iter(snapshot.emulators)))
    record = snapshot.emulators[emulator]
    request = Request(emulator=emulator, arch=record.arch, libvirt=which)
    table, facts = ruled(SnapshotSource(snapshot), request)
    return build(DomainCapabilities, table, facts), (table, facts)


def guests() -> Derived:
    return derived(GUESTS)


def disagreements(document: DomainCapabilities, rules: Ruled) -> list[str]:
    """Values of which the rule that explains them says another thing than the document."""
    found = []
    for path, declaration in all_paths(DomainCapabilities):
        if declaration.kind is Kind.CHILD:
            values = [path]
        elif declaration.kind is Kind.ENUM:
            values = [f"{path}={word.value}" for word in declaration.words or ()]
        else:
            continue
        for value in values:
            told = explain(value, document, rules)
            last = told.steps[-1].rule.verdict if told.steps else None
            if (last is not None and (last.holds is True) != (told.offered is True)) or not told.reason:
                found.append(f"{value}: the document says {told.offered}, the rule {last}")
    return found


@pytest.mark.parametrize("name", SNAPSHOTS)
@pytest.mark.parametrize("which", ["11.3.0", str(NEWEST)])
def test_the_rule_that_explains_is_the_rule_that_answers(name: str, which: str) -> None:
    path = LAB / f"host-trixie_{name}.json.gz"
    if not path.is_file():
        pytest.skip(f"{path.name} is not there")
    found = disagreements(*derived(path, Release.parse(which)))
    assert not found, "\n".join(found)


def test_what_is_offered_tells_the_fact_and_the_place() -> None:
    told = explain("devices/disk/bus=sata", *guests())
    assert (told.offered, told.reason, told.since) == (True, "QEMU has ich9-ahci", "3.2.0")
    assert told.places == ("/domain/devices/disk/target[@bus='sata']",)
    assert told.remedy == ""


def test_what_is_not_offered_tells_all_that_is_missing() -> None:
    told = explain("devices/hostdev/iommufd=yes", *guests())
    assert (told.offered, told.since) == (False, "12.1.0")
    assert told.remedy == "an IOMMU that is on, and the module vfio, and Linux 6.2 or newer with IOMMUFD"
    parts = [(part.verdict.holds, part.verdict.reason) for part in told.steps[-1].rule.parts]
    assert parts[0] == (True, "QEMU has iommufd")
    assert [holds for holds, _ in parts] == [True, False, False]


def test_a_value_of_a_block_that_is_not_there_is_explained_by_the_block() -> None:
    told = explain("features/gic/version=3", *guests())
    assert told.offered is False
    assert "is not" in told.reason
    assert told.steps[-1].path == "features/gic"


def test_a_block_tells_each_of_its_values() -> None:
    told = explain("devices/tpm", *guests())
    entries = {entry.path: (entry.offered, entry.remedy) for entry in told.entries}
    assert entries["devices/tpm/model=tpm-crb"] == (True, "")
    assert entries["devices/tpm/model=tpm-spapr"] == (False, "a QEMU built with tpm-spapr")
    assert entries["devices/tpm/backendVersion=2.0"] == (True, "")


def test_what_a_release_does_not_print_yet_is_not_stated() -> None:
    told = explain("os/varstore", *derived(GUESTS, Release.parse("11.0.0")))
    assert (told.offered, told.remedy) == (None, "libvirt 12.1.0 or newer")


def test_a_number_is_offered_up_to_its_limit() -> None:
    assert explain("vcpu/max", *guests()).value == 255
    assert explain("vcpu/max=255", *guests()).offered is True
    assert explain("vcpu/max=256", *guests()).offered is False


def test_a_model_that_cannot_be_used_tells_what_is_missing_and_what_to_use() -> None:
    told = explain("cpu/custom/EPYC-Milan", *guests())
    assert told.offered is False
    assert told.model is not None
    assert all(blocker.told_by.startswith("CPUID leaf") for blocker in told.model.blockers)
    usable = explain(f"cpu/custom/{told.model.instead[0]}", *guests()) if told.model.instead else None
    assert usable is None or usable.offered


def test_the_host_model_tells_what_it_was_chosen_among() -> None:
    document, rules = guests()
    told = explain("cpu/host-model", document, rules)
    assert told.nearest is not None
    assert told.nearest.chosen is not None
    assert document.cpu is not None
    assert document.cpu.host_model is not None
    assert document.cpu.host_model.model is not None
    assert told.nearest.chosen.name == document.cpu.host_model.model.name
    assert len(told.nearest.others) == 5


def test_kvm_that_cannot_be_used_is_told_where_it_has_a_part() -> None:
    path = LAB / "host-trixie_lab_7.2.22_x86_64.json.gz"
    snapshot = json.loads(gzip.decompress(path.read_bytes()))
    snapshot["host"]["kvm"]["usable"] = False
    for record in snapshot["emulators"].values():
        record["accelerators"] = {"tcg": record["accelerators"]["kvm"]}
    read_back = read_snapshot(json.dumps(snapshot).encode())
    table, facts = ruled(SnapshotSource(read_back), Request(emulator=next(iter(read_back.emulators))))
    document = build(DomainCapabilities, table, facts)
    told = explain("cpu/host-passthrough", document, (table, facts), kvm_said="/dev/kvm: Permission denied")
    assert told.offered is False
    assert told.notes == (
        "kvm is not usable on this host: /dev/kvm: Permission denied; with kvm the answer may be another",
    )
    assert explain("devices/disk/bus=ide", document, (table, facts)).notes == ()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("devices/disk/bs", "there is no 'devices/disk/bs' in the document; did you mean 'devices/disk/bus'?"),
        ("devices/disk/bus=stata", "there is no value of devices/disk/bus 'stata'; did you mean 'sata'?"),
        ("devices/disk/virtio", "'virtio' can be devices/disk/bus=virtio or devices/disk/model=virtio"),
        ("cpu/custom/Skylake-Clint", "there is no CPU model 'Skylake-Clint'; did you mean 'Skylake-Client'?"),
        ("cpu/host-model/avx3", "there is no CPU feature 'avx3'; did you mean 'avx'?"),
    ],
)
def test_an_unknown_path_names_the_nearest(path: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        explain(path, *guests())
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("path", "full"),
    [
        ("devices/tpm/tpm-crb", "devices/tpm/model=tpm-crb"),
        ("features/hyperv/relaxed", "features/hyperv/features=relaxed"),
        ("devices/disk/bus/sata", "devices/disk/bus=sata"),
        ("cpu/custom/model=EPYC", "cpu/custom/EPYC"),
        ("cpu/host-model/avx2", "cpu/host-model/feature=avx2"),
        ("/devices/rng/", "devices/rng"),
    ],
)
def test_a_value_may_be_the_last_part_of_a_path(path: str, full: str) -> None:
    assert explain(path, *guests()).path == full


def test_a_document_alone_tells_what_it_says() -> None:
    document = read(
        "<domainCapabilities><devices><tpm supported='no'/><rng supported='yes'/></devices></domainCapabilities>"
    )
    assert explain("devices/tpm/model=tpm-crb", document).reason == "the document says no to devices/tpm"
    told = explain("devices/rng/model=virtio", document)
    assert (told.offered, told.reason, told.steps) == (None, "the document does not state devices/rng/model", ())
    assert told.notes == ("libvirt 5.7.0 was the first to print it: an older one may have written this document",)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("devices/disk/bus=sata", 0),
        ("devices/graphics/type=rdp", 1),
        ("features/s390-pv", 1),
        ("features/hyperv/defaults", 2),
        ("devices/disc", 2),
    ],
)
def test_the_status_is_the_answer(path: str, status: int) -> None:
    answer = ask("explain", path, "--from", str(GUESTS))
    assert answer.status == status, answer


def test_the_command_tells_as_data() -> None:
    answer = ask("explain", "devices/graphics/type=rdp", "--from", str(GUESTS), "-f", "json")
    found = json.loads(answer.out)
    assert (found["offered"], found["remedy"], found["since"]) == (False, "install qemu-rdp", "11.1.0")
