"""Recorded hosts and what real libvirt releases printed for them: ../shared, beside the checkout; skipped without it.

Each test is the cases of one snapshot; it fails with the number that match and the first difference of some.
The same cases one process at a time: `make vectors`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commandline import Case, ask, cases_of, show_arguments
from tests.conftest import ROOT
from tests.differences import first_difference, without

SHARED = ROOT.parent / "shared"
CPU_MAPS = SHARED / "cpu_map"
DECODED_WITH = "11.3.0"
"""The release whose CPU map the definitions of cpu_vectors were made with."""

SHOWN = 5
"""Differences told per test; the rest are counted."""

CONTRADICTED = {
    "libvirt-11.3.0-lab: host-trixie_caps_7.2.0_x86_64",
    "libvirt-11.3.0-lab: host-trixie_caps_8.0.0_x86_64",
    "libvirt-12.8.0-lab: host-sid_caps_7.2.0_x86_64",
    "libvirt-12.8.0-lab: host-sid_caps_8.0.0_x86_64",
    "libvirt-9.0.0-lab: host-bookworm_caps_8.0.0_x86_64",
}
"""Snapshots that hold the conversation of another recording (`caps_8.0.0.x86_64`, with a dot) beside documents of
their own: the same facts, two different documents, so no rule can give both. A test below holds that it is so."""

pytestmark = pytest.mark.skipif(not (SHARED / "vectors").is_dir(), reason="no ../shared/vectors beside this checkout")

Batch = tuple[Path, list[Case]]


def batches(folders: list[Path], file: str, key: Callable[[Case], str]) -> dict[str, Batch]:
    """The cases of several folders, by folder and whatever `key` says of a case."""
    found: dict[str, Batch] = {}
    for folder in folders:
        for case in cases_of(folder / file) if (folder / file).exists() else []:
            found.setdefault(f"{folder.name}: {key(case)}", (folder, []))[1].append(case)
    return found


DOCUMENTS = batches(sorted(SHARED.glob("vectors/*")), "cases.json", lambda case: str(case["snapshot"]))
CPU_ANSWERS = batches([SHARED / "cpu_answers"], "answers.json", lambda case: f"{case['verb']} of {case['libvirt']}")
CPU_REPLIES = sorted((SHARED / "cpu_vectors").glob("*.json"))


def document_fault(folder: Path, case: Case) -> str:
    """What is wrong with our answer to a case of `show`; empty when nothing is."""
    snapshot = folder / "snapshots" / f"{case['snapshot']}.json.gz"
    answer = ask(*show_arguments(case, snapshot, CPU_MAPS / str(case["libvirt"])))
    if answer.status != case.get("status", 0):
        return f"status {answer.status}, libvirt: {case.get('libvirt_says', 'answers')}; {answer.err.strip()}"
    if answer.status:
        return "" if answer.err.strip() else "refused without a word"
    want = (folder / str(case["expected"])).read_text(encoding="utf-8")
    ignore = case.get("ignore")
    places = [str(place) for place in ignore] if isinstance(ignore, list) else []
    return first_difference(without(want, places), without(answer.out, places))


def cpu_fault(folder: Path, case: Case) -> str:
    """What is wrong with our answer to a case of `cpu baseline|compare|models`; empty when nothing is."""
    release = str(case["libvirt"])
    snapshot = SHARED / "vectors" / f"libvirt-{release}-lab" / "snapshots" / f"{case['snapshot']}.json.gz"
    options = case["options"]
    words = [str(option) for option in options] if isinstance(options, list) else []
    given = [str(folder / str(case["input"]))] if "input" in case else []
    command = ["cpu", str(case["verb"]), *given, "--from", str(snapshot), "--libvirt", release, *words]
    answer = ask(*command, "--cpu-map", str(CPU_MAPS / release))
    if answer.status != case["status"]:
        return f"status {answer.status}, libvirt: {case['status']} {case.get('libvirt_says', '')}; {answer.err.strip()}"
    if "expected" not in case:
        return ""
    return first_difference((folder / str(case["expected"])).read_text(encoding="utf-8"), answer.out)


def report(batch: Batch, fault: Callable[[Path, Case], str]) -> str:
    folder, cases = batch
    faults = [f"{case['name']}: {found}" for case in cases if (found := fault(folder, case))]
    left = [f"… and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    matching = f"{len(cases) - len(faults)} of {len(cases)} match"
    return "\n".join([matching, *faults[:SHOWN], *left]) if faults else ""


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(
            batch, id=name, marks=[pytest.mark.xfail(name in CONTRADICTED, reason="the vector's own snapshot")]
        )
        for name, batch in DOCUMENTS.items()
    ],
)
def test_documents_of_a_recorded_host_are_libvirts_bytes(batch: Batch) -> None:
    found = report(batch, document_fault)
    assert not found, found


@pytest.mark.parametrize("batch", CPU_ANSWERS.values(), ids=CPU_ANSWERS.keys())
def test_cpu_answers_are_libvirts(batch: Batch) -> None:
    found = report(batch, cpu_fault)
    assert not found, found


@pytest.mark.parametrize("reply", CPU_REPLIES, ids=lambda path: path.stem)
def test_a_recorded_cpu_is_decoded_as_libvirt_does(reply: Path) -> None:
    answer = ask("cpu", "decode", str(reply), "--cpu-map", str(CPU_MAPS / DECODED_WITH))
    assert answer.status == 0, answer.err
    found = first_difference(reply.with_suffix(".xml").read_text(encoding="utf-8"), answer.out)
    assert not found, found


@pytest.mark.parametrize("name", sorted(CONTRADICTED))
def test_a_contradicted_snapshot_holds_what_its_twin_holds(name: str) -> None:
    folder, _, snapshot = name.partition(": ")
    folders = SHARED / "vectors" / folder / "snapshots"
    held, twins = (conversations(folders / f"{word}.json.gz") for word in (snapshot, snapshot.replace("_x86", ".x86")))
    assert held == twins, "it no longer does: take it out of CONTRADICTED"


def conversations(path: Path) -> list[object]:
    """What the emulators of a snapshot said, without their paths."""
    return list(json.loads(gzip.decompress(path.read_bytes()))["emulators"].values())
