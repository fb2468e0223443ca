"""Real readers of libvirt-python: each is given domcaps' connection and a real libvirt's, and must see the same.

virtinst (virt-install, virt-manager) and libvirt-python are Debian's and run by Debian's Python, in processes of their
own; Nova is what DOMCAPS_NOVA_PYTHON names an interpreter of that has it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.conftest import ROOT
from tests.live.conftest import unavailable
from tests.live.ours import Snapshots
from tests.live.questions import Oracle

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("libvirtd")]

PYTHON = "/usr/bin/python3"
VIRTINST = ROOT / "tests" / "live" / "virtinst_answers.py"
CALLS = ROOT / "tests" / "live" / "libvirt_python_answers.py"
NOVA = ROOT / "tests" / "live" / "nova_answers.py"
SECONDS = 300

Answers = dict[str, Any]
"""What a script printed: a name for each thing that is compared."""

SHOWN = 400
"""Characters told of an answer that differs."""

MODES = {
    "this host, libvirt-python loaded": "beside",
    "this host, domcaps in place of libvirt-python": "instead",
}


def environment(cache: Path) -> dict[str, str]:
    """Where another interpreter finds domcaps and what it needs; its cache is the test's own."""
    packages = str(Path(msgspec.__file__).parent.parent)
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}:{packages}",
        "DOMCAPS_CACHE_DIR": str(cache),
        "LC_ALL": "C.UTF-8",
    }


def run(python: str, script: Path, *arguments: str, cache: Path) -> Answers:
    done = subprocess.run(
        [python, str(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
        env=environment(cache),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


def need(python: str, modules: str, *, why: str) -> None:
    """Skip, visibly, without an interpreter that has these modules and takes our compiled ones."""
    if not Path(python).exists():
        unavailable(f"there is no {python}")
    code = f"import sys; sys.path.insert(0, '/usr/share/virt-manager'); import {modules}; print(*sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode:
        unavailable(f"{python} has no {modules} ({why})")
    if done.stdout.split() != [str(part) for part in sys.version_info[:2]]:
        pytest.skip(f"{python} is another Python than the one that domcaps is installed for")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def virtinst(oracle: Oracle, cache: Path) -> Answers:
    need(PYTHON, "libvirt, virtinst", why="Debian: python3-libvirt, virtinst")
    return run(PYTHON, VIRTINST, "real", oracle.libvirtd.uri, cache=cache)


def differences(theirs: Answers, ours: Answers) -> list[str]:
    return [
        f"{name}:\n  libvirt {json.dumps(value)[:SHOWN]}\n  domcaps {json.dumps(ours.get(name))[:SHOWN]}"
        for name, value in theirs.items()
        if ours.get(name) != value
    ]


def flat(answers: Answers) -> Answers:
    """Each thing that virtinst decides, by name."""
    parts: Answers = {}
    for name, value in answers.items():
        parts |= {f"{name}: {part}": told for part, told in value.items()} if isinstance(value, dict) else {name: value}
    return parts


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
def test_virtinst_decides_as_on_libvirt(mode: str, virtinst: Answers, oracle: Oracle, cache: Path) -> None:
    ours = run(PYTHON, VIRTINST, mode, "qemu:///system", oracle.release, cache=cache)
    assert not (found := differences(flat(virtinst), flat(ours))), "\n".join(found)


def test_virtinst_decides_as_on_libvirt_from_a_snapshot(
    virtinst: Answers, oracle: Oracle, snapshots: Snapshots, cache: Path
) -> None:
    uri = f"qemu:///system?snapshot={snapshots.whole}"
    ours = run(PYTHON, VIRTINST, "beside", uri, oracle.release, cache=cache)
    assert not (found := differences(flat(virtinst), flat(ours))), "\n".join(found)


def test_virtinst_saw_what_it_decides_by(virtinst: Answers) -> None:
    answered = [name for name, value in virtinst.items() if name.startswith("document") and "get_cpu_models" in value]
    completed = [name for name, value in virtinst.items() if name.startswith("guest") and "xml" in value]
    assert len(answered) >= 3, "the real libvirt answers too few of the questions for a comparison"
    assert completed, "virtinst completed no guest on the real libvirt"


def test_calls_of_libvirt_python_have_the_same_answers_and_errors(oracle: Oracle, cache: Path) -> None:
    need(PYTHON, "libvirt", why="Debian: python3-libvirt")
    theirs = run(PYTHON, CALLS, "real", oracle.libvirtd.uri, cache=cache)
    ours = run(sys.executable, CALLS, "ours", "qemu:///system", oracle.release, cache=cache)
    assert not (found := differences(theirs, ours)), "\n".join(found)


def test_nova_reads_our_documents(oracle: Oracle, cache: Path) -> None:
    python = os.environ.get("DOMCAPS_NOVA_PYTHON", "")
    if not python:
        pytest.skip("DOMCAPS_NOVA_PYTHON names no interpreter that has Nova")
    need(python, "nova.virt.libvirt.config", why="pip install nova")
    real = [
        oracle.libvirtd.virsh("domcapabilities", "--virttype", "qemu").stdout,
        oracle.libvirtd.virsh("capabilities").stdout,
    ]
    theirs = run(python, NOVA, "given", json.dumps(real), cache=cache)
    ours = run(python, NOVA, "asked", oracle.release, cache=cache)
    assert not (found := differences(theirs, ours)), "\n".join(found)
