"""A real `virsh hypervisor-cpu-baseline` and `-compare`, against `domcaps cpu` over the capture of this host."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.commandline import Answer, ask
from tests.differences import first_difference
from tests.live.libvirtd import CPU_MAP
from tests.live.ours import Snapshots
from tests.live.questions import Oracle, document, last_line

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("libvirtd")]

_HOST_MODEL = re.compile(r"<mode name='host-model' supported='yes'>(.*?)</mode>", re.DOTALL)

DEFINITIONS = {
    "old": "<cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model></cpu>",
    "new": "<cpu mode='custom' match='exact'><model fallback='forbid'>EPYC-Milan</model></cpu>",
    "with features": "<cpu mode='custom' match='exact'><model>Westmere</model><feature policy='require' name='pcid'/>"
    "<feature policy='disable' name='aes'/></cpu>",
    "a host's": "<cpu><arch>x86_64</arch><model>Penryn</model><vendor>Intel</vendor><feature name='vmx'/></cpu>",
    "unknown model": "<cpu mode='custom'><model>Nonesuch</model></cpu>",
    "no CPU": "<domain type='kvm'><name>guest</name></domain>",
    "not XML": "this is no XML",
}
"""CPUs to compare with the host's, and to find a baseline of; some that libvirt refuses."""

OPTIONS = {
    "baseline": [[], ["--features"], ["--migratable"], ["--features", "--migratable"]],
    "compare": [[], ["--error"]],
}


def files(oracle: Oracle, folder: Path) -> list[Path]:
    """What libvirt itself prints of this host, and the definitions."""
    texts = {"capabilities": oracle.libvirtd.virsh("capabilities").stdout}
    for virt_type in ("kvm", "qemu"):
        printed = oracle.libvirtd.virsh("domcapabilities", "--virttype", virt_type)
        if printed.returncode == 0:
            texts[f"domcapabilities {virt_type}"] = printed.stdout
            if model := _HOST_MODEL.search(printed.stdout):
                texts[f"host-model {virt_type}"] = f"<cpu mode='custom' match='exact'>{model[1]}</cpu>"
    texts |= DEFINITIONS
    texts["two"] = DEFINITIONS["old"] + "\n" + DEFINITIONS["with features"]
    for name, text in texts.items():
        (folder / f"{name}.xml").write_text(text, encoding="utf-8")
    return [folder / f"{name}.xml" for name in texts]


def fault(virsh: subprocess.CompletedProcess[str], ours: Answer) -> str:
    """What is wrong with our answer: 1 is incompatible, 2 what libvirt refuses; virsh says 1 to both."""
    incompatible = "incompatible with" in virsh.stdout or "the CPU is incompatible" in virsh.stderr
    status = 0 if virsh.returncode == 0 else 1 if incompatible else 2
    if ours.status != status:
        return f"status {ours.status} ({last_line(ours.err)}), libvirt: {status} ({last_line(virsh.stderr)})"
    if different := first_difference(document(virsh.stdout), ours.out):
        return different
    sentence = last_line(virsh.stderr).partition(": ")[2]
    return "" if sentence in ours.err else f"libvirt says '{last_line(virsh.stderr)}', domcaps '{last_line(ours.err)}'"


@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
@pytest.mark.parametrize("verb", OPTIONS)
def test_cpu_verbs_answer_as_virsh_does(
    verb: str, virt_type: str, oracle: Oracle, snapshots: Snapshots, tmp_path: Path
) -> None:
    if oracle.libvirtd.virsh("domcapabilities", "--virttype", virt_type).returncode:
        pytest.skip(f"libvirt has no {virt_type} on this host")
    faults = []
    for path in files(oracle, tmp_path):
        for options in OPTIONS[verb]:
            words = [str(path), "--virttype", virt_type, *options]
            place = ["--from", str(snapshots.whole), "--libvirt", oracle.release, "--cpu-map", str(CPU_MAP)]
            if found := fault(
                oracle.libvirtd.virsh(f"hypervisor-cpu-{verb}", *words), ask("cpu", verb, *words, *place)
            ):
                faults.append(f"{path.stem} {' '.join(options)}: {found}")
    assert not faults, "\n".join(faults)
