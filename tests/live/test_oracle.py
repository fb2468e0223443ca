"""The live oracle: domcaps and a real libvirt daemon are asked the same of this machine's emulators, byte for byte.

Every emulator, both virt types, every machine; what libvirt refuses must be refused. Ours is asked twice: live (a
process of its own that starts the emulator), and from one capture of the host (in process, for the many machines).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.commandline import Answer, ask
from tests.live.libvirtd import CPU_MAP
from tests.live.ours import Snapshots, program
from tests.live.questions import VIRT_TYPES, Oracle, Question, Tally, emulators, machines

pytestmark = [
    pytest.mark.live,
    pytest.mark.xdist_group("libvirtd"),
]

KVM = Path("/dev/kvm")
NO_KVM = "no usable /dev/kvm on this host: the kvm part is not compared"


def name_of(emulator: str) -> str:
    return Path(emulator).name.removeprefix("qemu-system-")


EACH = [
    pytest.param(
        emulator,
        virt_type,
        id=f"{name_of(emulator)} as {virt_type}",
        marks=[pytest.mark.skipif(virt_type == "kvm" and not os.access(KVM, os.R_OK | os.W_OK), reason=NO_KVM)],
    )
    for emulator in emulators()
    for virt_type in VIRT_TYPES
]


def show(question: Question, release: str, *options: str) -> list[str]:
    return ["show", *options, *question.options, "--libvirt", release, "--cpu-map", str(CPU_MAP), "--format", "xml"]


def live(question: Question, release: str) -> Answer:
    return program(*show(question, release, "--no-cache"))


def replayed(question: Question, release: str, snapshots: Snapshots) -> Answer:
    """From the capture; live when the emulator did not answer then (one that needs kvm, on a host without)."""
    if question.emulator and not snapshots.has(question.emulator):
        return live(question, release)
    return ask(*show(question, release, "--from", str(snapshots.of(question.emulator))))


@pytest.mark.parametrize(("emulator", "virt_type"), EACH)
def test_a_live_emulator_gives_libvirts_document(emulator: str, virt_type: str, oracle: Oracle) -> None:
    arch = oracle.arch_of(emulator)
    tally = Tally()
    for question in [Question(emulator=emulator, arch=arch, virt_type=virt_type)]:
        tally.judge(question, oracle.ask(question), live(question, oracle.release))
    if not tally.asked:
        pytest.skip(f"{tally}")
    assert not tally.faults, f"{tally}"


@pytest.mark.parametrize(("emulator", "virt_type"), EACH)
def test_every_machine_of_a_captured_emulator_gives_libvirts_document(
    emulator: str, virt_type: str, oracle: Oracle, snapshots: Snapshots
) -> None:
    arch = oracle.arch_of(emulator)
    tally = Tally()
    asked = [
        Question(emulator=emulator, virt_type=virt_type),
        Question(emulator=emulator, arch=arch, virt_type=virt_type),
    ]
    if arch and (virt_type == "qemu" or arch in {oracle.host_arch, "i686"}):
        asked += [question_of(emulator, arch, machine, virt_type) for machine in machines(emulator)]
    for question in asked:
        ours = replayed(question, oracle.release, snapshots)
        tally.judge(question, oracle.ask(question), ours)
    if not tally.asked:
        pytest.skip(f"{tally}")
    assert not tally.faults, f"{tally}"


def question_of(emulator: str, arch: str, machine: str, virt_type: str) -> Question:
    return Question(emulator=emulator, arch=arch, machine=machine, virt_type=virt_type)


ARCHES = sorted(
    {
        *("aarch64", "alpha", "armv6l", "armv7l", "cris", "i686", "ia64", "loongarch64", "m68k", "microblaze", "mips"),
        *("mips64", "mips64el", "mipsel", "parisc", "ppc", "ppc64", "ppc64le", "riscv32", "riscv64", "s390x", "sh4"),
        *("sparc", "sparc64", "x86_64", "xtensa"),
    }
)

PARTIAL = {
    "nothing": [Question()],
    "a virt type": [Question(virt_type=word) for word in (*VIRT_TYPES, "xen", "hvf", "lxc", "nonesuch")],
    "a virt type of a foreign architecture": [
        Question(arch="aarch64", virt_type=word) for word in ("xen", "hvf", "lxc", "test", "vmware", "hyperv", "bhyve")
    ],
    "a machine": [Question(machine=word) for word in ("pc", "q35", "none", "virt", "nonesuch")],
    "an architecture": [
        Question(arch=arch, virt_type=virt_type) for virt_type in ("", *VIRT_TYPES) for arch in (*ARCHES, "nonesuch")
    ],
    "an architecture that the emulator does not have": [
        Question(emulator=emulator, arch=arch)
        for emulator in emulators()
        for arch in ("x86_64", "i686", "armv7l", "ppc64le", "s390x")
    ],
}


NO_EMULATORS = ("/nonexistent/qemu-system-x86_64", "qemu-system-nonesuch", "/bin/true", "/etc/passwd", "/")


@pytest.mark.parametrize("path", NO_EMULATORS)
def test_what_is_no_emulator_is_refused_in_libvirts_words(path: str, oracle: Oracle) -> None:
    question = Question(emulator=path)
    tally = Tally()
    tally.judge(question, oracle.ask(question), live(question, oracle.release))
    assert not tally.faults, f"{tally}"


@pytest.mark.parametrize("given", PARTIAL)
def test_partial_and_wrong_arguments_are_taken_as_libvirt_takes_them(
    given: str, oracle: Oracle, snapshots: Snapshots
) -> None:
    tally = Tally()
    for question in PARTIAL[given]:
        ours = replayed(question, oracle.release, snapshots)
        tally.judge(question, oracle.ask(question), ours)
    if not tally.asked:
        pytest.skip(f"{tally}")
    assert not tally.faults, f"{tally}"


FLAGS = {
    "--xpath": ("--xpath", "//enum[@name='bus']/value"),
    "--xpath --wrap": ("--xpath", "//enum[@name='bus']/value", "--wrap"),
    "--disable-deprecated-features": ("--disable-deprecated-features",),
}


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS.keys())
def test_virshs_flags_do_what_they_do_there(flags: tuple[str, ...], oracle: Oracle, snapshots: Snapshots) -> None:
    known = oracle.libvirtd.virsh("help", "domcapabilities").stdout
    if missing := [flag for flag in flags if flag.startswith("--") and flag not in known]:
        pytest.skip(f"virsh {oracle.release} has no {' '.join(missing)}")
    tally = Tally()
    question = Question(virt_type="qemu", flags=flags)
    ours = replayed(question, oracle.release, snapshots)
    tally.judge(question, oracle.ask(question), ours)
    assert not tally.faults, f"{tally}"


def test_the_capture_answers_as_this_host_does(snapshots: Snapshots, oracle: Oracle) -> None:
    question = Question()
    kept, asked = replayed(question, oracle.release, snapshots), live(question, oracle.release)
    assert (kept.status, kept.out) == (asked.status, asked.out), asked.err
