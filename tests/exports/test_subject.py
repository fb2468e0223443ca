"""The features of a host-model, filled in; and which questions are asked of a recorded host."""

from __future__ import annotations

import pytest

from domcaps.cpu.shipped import load
from domcaps.derive import Request, SnapshotSource
from domcaps.exports.ask import ask
from domcaps.exports.subject import guest_features
from domcaps.release import release
from domcaps.schema.cpu import Cpu, CpuFeature, HostModel, HostModelName
from domcaps.schema.document import DomainCapabilities
from domcaps.snapshot import read_snapshot
from tests.conftest import ROOT

CPU_MAP = load(release("12.8"))
I386 = ROOT / "tests/data/libvirt-9.0.0_qemu-7.2.22_i386/snapshot.json.gz"


def document(arch: str, *features: tuple[str, str]) -> DomainCapabilities:
    listed = tuple(CpuFeature(policy=policy, name=name) for policy, name in features)
    host = HostModel(supported=True, model=HostModelName(name="Conroe"), feature=listed)
    return DomainCapabilities(arch=arch, cpu=Cpu(host_model=host))


def test_the_models_own_features_are_there_and_what_is_disabled_is_not() -> None:
    found = guest_features(document("x86_64", ("require", "avx"), ("disable", "ssse3")), CPU_MAP)
    assert {"avx", "sse2", "lm"} <= set(found)
    assert "ssse3" not in found
    assert list(found) == sorted(found)


def test_a_model_that_the_map_does_not_know_gives_what_is_listed() -> None:
    host = HostModel(
        supported=True, model=HostModelName(name="Next"), feature=(CpuFeature(policy="require", name="x"),)
    )
    assert guest_features(DomainCapabilities(arch="x86_64", cpu=Cpu(host_model=host)), CPU_MAP) == ("x",)


def test_another_architecture_has_only_what_is_listed() -> None:
    assert guest_features(document("s390x", ("require", "vx"), ("disable", "te")), CPU_MAP) == ("vx",)


def test_no_host_model_no_features() -> None:
    assert guest_features(DomainCapabilities(arch="x86_64"), CPU_MAP) == ()


@pytest.mark.parametrize(
    ("target", "machine", "expected"),
    [
        ("openstack", None, {"pc-i440fx-7.2", "pc-q35-7.2"}),
        ("openstack", "isapc", {"isapc"}),
        ("ovirt", None, {"pc-i440fx-7.2"}),
        ("prometheus", None, {"pc-i440fx-7.2"}),
    ],
    ids=["Nova asks about every alias", "but not when one is named", "vdsm asks about the default", "so do metrics"],
)
def test_the_machines_that_are_asked_about(target: str, machine: str | None, expected: set[str]) -> None:
    source = SnapshotSource(read_snapshot(I386.read_bytes(), str(I386)))
    subject = ask(source, Request(arch="i686", machine=machine, libvirt=release("9.0")), target)
    assert {document.machine for document in subject.documents} >= expected
    assert machine is None or len(subject.documents) == 1
    assert {"pc", "pc-i440fx-7.2", "q35"} <= set(subject.machines)
    assert subject.host_arch == "x86_64"
