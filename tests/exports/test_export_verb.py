"""`domcaps export` on recorded hosts and documents."""

from __future__ import annotations

import json

import pytest

from tests.commandline import ask
from tests.conftest import ROOT

I386 = ROOT / "tests/data/libvirt-9.0.0_qemu-7.2.22_i386"


@pytest.mark.parametrize(
    ("words", "reads"),
    [
        (["openstack", "-f", "json"], "COMPUTE_STORAGE_BUS_SATA"),
        (["openstack"], "COMPUTE_STORAGE_BUS_SATA\n"),
        (["ovirt"], "model_"),
        (["ovirt", "-f", "json"], '"cpuFlags"'),
        (["prometheus"], "# TYPE domcaps_info gauge\n"),
    ],
    ids=" ".join,
)
def test_a_snapshot_and_a_document_are_both_taken(words: list[str], reads: str) -> None:
    for source in (I386 / "snapshot.json.gz", I386 / "expected/kvm.i686.q35.xml"):
        narrowed = ["--arch", "i686"] if source.name.endswith("gz") else []
        answer = ask("export", *words, "--from", str(source), *narrowed, "--libvirt", "9.0.0")
        assert (answer.status, answer.err) == (0, "")
        assert reads in answer.out
        assert "json" not in words or json.loads(answer.out)


@pytest.mark.parametrize("words", [["prometheus", "-f", "json"], ["openstack", "-f", "yaml"]], ids=" ".join)
def test_a_form_that_the_target_does_not_have_is_refused(words: list[str]) -> None:
    answer = ask("export", *words, "--from", str(I386 / "expected/kvm.i686.q35.xml"))
    assert answer.status == 2
    assert answer.err.startswith(f"domcaps: an export for {words[0]} is written as text")


def test_an_unknown_target_is_refused() -> None:
    assert ask("export", "nagios").status == 2
