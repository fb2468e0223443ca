"""The CPU engine against what real libvirts printed; with the shipped data, so that this is proven too.

Skipped without the recordings. Whole documents, and the command line, are the business of `tests/test_vectors.py`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domcaps.cpu.algebra import features_of
from domcaps.cpu.baseline import BaselineOptions, baseline, check_request
from domcaps.cpu.choose import CpuData
from domcaps.cpu.cpuid import host_definition
from domcaps.cpu.definition import find_definitions, of_model, write_definition
from domcaps.cpu.model import CpuSignature, Hypervisor
from domcaps.cpu.reply import decode_reply
from domcaps.cpu.shipped import load
from domcaps.errors import RequestError
from domcaps.release import Release
from tests.cpu.recordings import Json, hypervisor, modes, question, snapshot

FOLDERS = ["9.0.0-lab", "9.0.0-suite", "11.3.0-lab", "11.3.0-suite", "12.8.0-lab", "12.8.0-hosts"]

WRONG_RECORDING = re.compile(r"host-\w+_caps_8\.0\.0_x86_64")
"""This snapshot holds the conversation of another emulator (that of caps_8.0.0.x86_64, a QEMU 7.2.50) than its
documents were made of; with the conversation of QEMU 8.0.0 in its place all of them match."""
RIGHT_RECORDING = "vectors/libvirt-11.3.0-suite/snapshots/libvirt-11.3.0_qemu-8.0.0.x86_64.json.gz"


def recorded(shared: Path, folder: Path, case: Json) -> Json:
    found = snapshot(folder / "snapshots" / f"{case['snapshot']}.json.gz")
    if not WRONG_RECORDING.fullmatch(case["snapshot"]):
        return found
    (right,) = snapshot(shared / RIGHT_RECORDING)["emulators"].values()
    return {"host": found["host"], "emulators": dict.fromkeys(found["emulators"], right)}


def cases(folder: Path) -> Iterator[Json]:
    """The cases with a document, one of those that differ only in the machine."""
    seen = set()
    for case in json.loads((folder / "cases.json").read_text()):
        if "expected" not in case:
            continue
        same = (case["snapshot"], case.get("emulator"), case.get("virt_type"), *case.get("flags", ()))
        if same not in seen:
            seen.add(same)
            yield case


@pytest.mark.parametrize("name", FOLDERS)
def test_host_model_and_custom_models_of_recorded_hosts(shared: Path, name: str) -> None:
    folder = shared / "vectors" / f"libvirt-{name}"
    faults = []
    for case in cases(folder):
        text = (folder / case["expected"]).read_text()
        told = dict(re.findall(r"^  <(path|domain|arch)>(.*)</", text, re.MULTILINE))
        release = Release.parse(case["libvirt"])
        asked = question(recorded(shared, folder, case), told["path"], told["domain"], release, case.get("flags", []))
        expected = text[text.index("    <mode name='host-model'") : text.index("  </cpu>\n")]
        ours = modes(asked, told["arch"])
        if ours != expected:
            lines = difflib.unified_diff(expected.splitlines(), ours.splitlines(), n=0, lineterm="")
            faults.append(f"{case['name']}: {list(lines)[3:6]}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("data", ["11.3.0", "12.8.0"])
def test_recorded_replies_decode_to_libvirt_s_definitions(shared: Path, data: str) -> None:
    replies = sorted((shared / "cpu_vectors").glob("*.json"))
    release = Release.parse(data)
    decoded = {
        path.stem: decode_reply(path.read_bytes(), cpu_map=load(release), release=release).cpu for path in replies
    }
    faults = [
        name
        for name, cpu in decoded.items()
        if cpu is None or write_definition(cpu) != (shared / "cpu_vectors" / f"{name}.xml").read_text()
    ]
    assert replies
    assert not faults


def option(case: Json, name: str) -> str | None:
    words: list[str] = case["options"]
    return words[words.index(name) + 1] if name in words else None


def answer(shared: Path, case: Json, asked: Hypervisor) -> str:
    """Ours, with a refusal as virsh prints it."""
    options = BaselineOptions(
        features="--features" in case["options"],
        migratable="--migratable" in case["options"],
        ignore_host="--ignore-host" in case["options"],
    )
    model = option(case, "--model")
    try:
        if model is not None:
            return write_definition(baseline([of_model(model)], asked, options))
        path = shared / "cpu_answers" / case["input"]
        found = find_definitions(path.read_bytes(), str(path))
        check_request(len(found), asked, options)
        return write_definition(baseline([definition.read() for definition in found], asked, options))
    except RequestError as error:
        return f"error: {error.kind}: {error}"


def test_baselines_that_virsh_gave(shared: Path) -> None:
    folder = shared / "cpu_answers"
    hypervisors: dict[tuple[str | None, ...], Hypervisor] = {}
    faults, count = [], 0
    for case in json.loads((folder / "answers.json").read_text()):
        if case["verb"] != "baseline":
            continue
        emulator, virt_type = option(case, "--emulator") or "qemu-system-x86_64", option(case, "--virttype") or "kvm"
        which = (case["snapshot"], emulator, virt_type)
        if which not in hypervisors:
            found = recorded(shared, shared / "vectors" / f"libvirt-{case['libvirt']}-lab", case)
            asked = question(found, emulator, virt_type, Release.parse(case["libvirt"]), [])
            hypervisors[which] = hypervisor(asked, emulator, virt_type)
        told = (folder / case["expected"]).read_text() if "expected" in case else case["libvirt_says"].split("\n")[-1]
        count += 1
        if answer(shared, case, hypervisors[which]) != told:
            faults.append(case["name"])
    assert count
    assert not faults


@pytest.mark.parametrize("release", ["9.0.0", "12.8.0"])
def test_the_host_definition_that_virsh_capabilities_gave(shared: Path, release: str) -> None:
    """The host's features are those of its definition; from these alone the definition is made again."""
    x86 = load(Release.parse(release)).x86
    path = shared / "cpu_answers" / "in" / f"{release}_capabilities.xml"
    cpu = find_definitions(path.read_bytes(), str(path))[0].read()
    features = features_of(x86, cpu.model, cpu.features)
    signature = CpuSignature(family=25, model=17, stepping=1)
    host = host_definition(x86, CpuData(features=features, vendor=cpu.vendor, signature=signature))
    assert host is not None
    assert (host.model, host.features) == (cpu.model, cpu.features)
