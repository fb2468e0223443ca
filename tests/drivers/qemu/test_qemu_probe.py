"""Probing as a whole: which processes are started, what is filed under which accelerator, many at once."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from domcaps.drivers.qemu import probe, process
from domcaps.drivers.qemu.conversation import Conversation, EmulatorRecord, Exchange
from domcaps.drivers.qemu.launch import Ahead, ahead, guess_target, may_accelerate
from domcaps.drivers.qemu.probe import find_emulators, probe_emulator, probe_emulators
from domcaps.drivers.qemu.queries import Profile
from domcaps.drivers.qemu.session import Talk, pump
from domcaps.errors import ProbeError
from domcaps.host.facts import HostFacts, KvmFacts
from tests.faults.emulators import HOST, HOST_WITHOUT_KVM, Traces, children, install


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The accelerators of the processes that are started, in order."""
    found: list[str] = []
    plain = process.Process.__init__

    def init(
        self: process.Process, path: str, accelerators: str, *, opening: bytes = b"", sandbox: bool = False
    ) -> None:
        found.append(accelerators)
        plain(self, path, accelerators, opening=opening, sandbox=sandbox)

    monkeypatch.setattr(process.Process, "__init__", init)
    return found


CASES = {
    "KVM as expected: two processes": ("well_behaved", "qemu-system-x86_64", HOST, ["kvm:tcg", "tcg"], ["kvm", "tcg"]),
    "another architecture by its name: one": ("has_no_kvm", "qemu-system-arm", HOST, ["kvm:tcg"], ["tcg"]),
    "no usable /dev/kvm: one": ("has_no_kvm", "qemu-system-x86_64", HOST_WITHOUT_KVM, ["kvm:tcg"], ["tcg"]),
    "KVM against expectation: a second after all": (
        *("well_behaved", "my-own", HOST_WITHOUT_KVM),
        *(["kvm:tcg", "tcg"], ["kvm", "tcg"]),
    ),
    "no KVM against expectation: the second is dropped": (
        *("has_no_kvm", "qemu-system-x86_64", HOST),
        *(["kvm:tcg", "tcg"], ["tcg"]),
    ),
    "built without TCG: the second's failure is no fault": (
        *("was_built_without_tcg", "qemu-system-x86_64", HOST),
        *(["kvm:tcg", "tcg"], ["kvm"]),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_processes_are_started_and_filed_by_accelerator(case: str, tmp_path: Path, started: list[str]) -> None:
    behaviour, name, host, expected, filed = CASES[case]
    path = install(tmp_path, behaviour, name)
    traces = Traces(tmp_path)
    record = probe_emulator(path, host, timeout=10)
    assert (started, list(record.accelerators)) == (expected, filed)
    assert not traces.left()


def test_to_record_starts_the_second_when_the_first_has_told(tmp_path: Path, started: list[str]) -> None:
    path = install(tmp_path, "well_behaved")
    record = probe_emulator(path, HOST, profile=Profile.RECORD, timeout=10)
    assert started == ["kvm:tcg", "tcg"]
    assert [exchange.execute for exchange in record.accelerators["tcg"]] == ["qmp_capabilities", "query-machines"]


def test_the_schema_is_filed_under_the_first_wherever_it_was_asked(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved")
    record = probe_emulator(path, HOST, timeout=10)
    named = {name: [e.execute for e in exchanges] for name, exchanges in record.accelerators.items()}
    assert named["kvm"].count("query-qmp-schema") == 1
    assert "query-qmp-schema" not in named["tcg"]


def test_a_second_process_that_fails_fails_the_probe(tmp_path: Path) -> None:
    path = install(tmp_path, "fails_with_tcg_alone")
    with pytest.raises(
        ProbeError, match=r"ended with status 7 before it could greet; its last words: qemu: no tcg today"
    ):
        probe_emulator(path, HOST, timeout=10)


def test_a_second_process_that_hangs_fails_the_probe_when_the_time_is_up(tmp_path: Path) -> None:
    path = install(tmp_path, "hangs_with_tcg_alone")
    traces = Traces(tmp_path)
    with pytest.raises(ProbeError, match=r"did not greet within 0.7 s"):
        probe_emulator(path, HOST, timeout=0.7)
    assert not traces.left()


def test_what_was_started_ahead_is_used(tmp_path: Path, started: list[str]) -> None:
    path = install(tmp_path, "well_behaved")
    traces = Traces(tmp_path)
    under_way = ahead(path, host_arch="x86_64", kvm_usable=True)
    record = probe_emulator(path, HOST, timeout=10, ahead=under_way)
    assert list(record.accelerators) == ["kvm", "tcg"]
    assert started == ["kvm:tcg", "tcg"]
    assert not traces.left()


def test_what_was_started_ahead_for_another_emulator_is_ended(tmp_path: Path) -> None:
    traces = Traces(tmp_path)
    other = ahead(install(tmp_path, "well_behaved", "other"), host_arch="x86_64", kvm_usable=True)
    assert probe_emulator(install(tmp_path, "well_behaved"), HOST, timeout=10, ahead=other).arch == "x86_64"
    assert traces.left().keys() <= {"files"}


def test_what_was_started_ahead_can_be_ended(tmp_path: Path) -> None:
    path = install(tmp_path, "well_behaved")
    traces = Traces(tmp_path)
    ahead(path, host_arch="x86_64", kvm_usable=True).end()
    assert not traces.left()


def test_a_missing_emulator_cannot_be_started_ahead(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match=r"cannot start the emulator .*: No such file"):
        Ahead(str(tmp_path / "qemu-system-x86_64"), "x86_64", both=True)


@pytest.mark.parametrize(
    ("path", "host", "target"),
    [
        ("/usr/bin/qemu-system-x86_64", "aarch64", "x86_64"),
        ("/usr/bin/qemu-system-x86_64-microvm", "aarch64", "x86_64"),
        ("/usr/bin/qemu-system-i386", "x86_64", "i386"),
        ("/usr/bin/qemu-system-amd64", "x86_64", "x86_64"),
        ("/usr/bin/qemu-system-ppc64le", "x86_64", "ppc64"),
        ("/usr/libexec/qemu-kvm", "aarch64", "aarch64"),
        ("/usr/bin/kvm", "x86_64", "x86_64"),
        ("qemu-kvm", "i686", "i386"),
    ],
)
def test_the_target_is_guessed_from_the_name_or_the_host(path: str, host: str, target: str) -> None:
    assert guess_target(path, host) == target


def test_an_accelerator_is_expected_for_guests_of_the_hosts_kind() -> None:
    expected = {
        ("x86_64", "x86_64"),
        ("i386", "x86_64"),
        ("aarch64", "aarch64"),
        ("ppc64", "ppc64le"),
        ("arm", "armv7l"),
    }
    hosts, targets = ("x86_64", "aarch64", "ppc64le", "armv7l"), ("x86_64", "i386", "aarch64", "arm", "ppc64", "s390x")
    found = {(t, h) for t in targets for h in hosts if may_accelerate(t, h, kvm_usable=True)}
    assert found == expected
    assert not any(may_accelerate(t, h, kvm_usable=usable) for t, h in expected for usable in (False, None))


def test_links_to_one_program_are_asked_once_and_progress_is_told(tmp_path: Path, started: list[str]) -> None:
    real = install(tmp_path, "has_no_kvm", "qemu-system-ppc64")
    link = tmp_path / "qemu-system-ppc64le"
    link.symlink_to(real)
    missing = str(tmp_path / "qemu-system-nothing")
    told: list[tuple[int, int, str]] = []
    outcome = probe_emulators([str(link), missing, real], HOST, progress=lambda *now: told.append(now))
    assert list(outcome) == [str(link), missing, real]
    assert outcome[str(link)] is outcome[real]
    assert isinstance(outcome[missing], ProbeError)
    assert [(done, of) for done, of, _ in told] == [(0, 2), (1, 2), (2, 2)]
    assert (told[0][2], told[1][2] in {real, missing}, told[2][2]) == (real, True, "")
    assert started.count("kvm:tcg") == 2


def test_no_more_run_at_once_than_there_are_processors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_processors", lambda: 2)
    paths = [install(tmp_path, "has_no_kvm", f"qemu-system-{n}") for n in range(8)]
    most = 0

    def pump_and_count(talks: list[Talk]) -> None:
        nonlocal most
        most = max(most, len(children()))
        pump(talks)

    monkeypatch.setattr(probe, "pump", pump_and_count)
    assert all(isinstance(record, EmulatorRecord) for record in probe_emulators(paths, HOST).values())
    assert most == 2


def test_when_the_time_is_up_the_rest_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_processors", lambda: 1)
    paths = [install(tmp_path, "hangs_before_the_greeting", f"qemu-system-{n}") for n in range(15)]
    outcome = probe_emulators(paths, HOST_WITHOUT_KVM, timeout=0.3)
    words = [str(fault) for fault in outcome.values()]
    assert "did not greet within 0.3 s" in words[0]
    assert words[-1] == f"the emulator {paths[-1]} was not asked: the time was up"


def test_emulators_are_found_under_any_root(tmp_path: Path) -> None:
    for folder in ("usr/local/bin", "usr/bin", "usr/libexec", "opt"):
        (tmp_path / folder).mkdir(parents=True)
    install(tmp_path / "usr/bin", "well_behaved", "qemu-system-x86_64")
    install(tmp_path / "usr/local/bin", "well_behaved", "qemu-system-x86_64")
    install(tmp_path / "usr/bin", "well_behaved", "qemu-system-arm")
    install(tmp_path / "usr/bin", "well_behaved", "qemu-img")
    install(tmp_path / "usr/libexec", "well_behaved", "qemu-kvm")
    (tmp_path / "usr/bin/qemu-system-text").write_text("", encoding="utf-8")
    (tmp_path / "usr/bin/qemu-system-folder").mkdir()
    assert find_emulators(str(tmp_path), "/usr/local/bin:/usr/bin:/nowhere:") == [
        "/usr/bin/qemu-system-arm",
        "/usr/local/bin/qemu-system-x86_64",
        "/usr/libexec/qemu-kvm",
    ]


live = pytest.mark.live


def shape(record: EmulatorRecord) -> dict[str, list[tuple[str, bool]]]:
    return {name: [(e.key, e.error is None) for e in exchanges] for name, exchanges in record.accelerators.items()}


@pytest.fixture
def emulators() -> list[str]:
    found = find_emulators()
    if not found:
        pytest.skip("there is no emulator here")
    return found


def here() -> HostFacts:
    return HostFacts(arch=os.uname().machine, kvm=KvmFacts(usable=os.access("/dev/kvm", os.R_OK | os.W_OK)))


@live
def test_every_real_emulator_answers_all_at_once(emulators: list[str], tmp_path: Path) -> None:
    traces = Traces(tmp_path)
    outcome = probe_emulators(emulators, here())
    faults = {path: str(fault) for path, fault in outcome.items() if isinstance(fault, ProbeError)}
    assert not faults
    assert not traces.left()


def result_of(exchanges: tuple[Exchange, ...], name: str) -> object:
    exchange = Conversation(exchanges).find(name)
    return None if exchange is None or exchange.error else msgspec.json.decode(exchange.result)  # type: ignore[arg-type] # answered


@live
def test_deciding_and_recording_get_the_same_answers_to_the_same_questions(emulators: list[str]) -> None:
    violations = []
    for path in [path for path in emulators if path.endswith(("x86_64", "i386", "aarch64", "s390x"))]:
        decide, record = (probe_emulator(path, here(), profile=profile) for profile in Profile)
        assert list(decide.accelerators) == list(record.accelerators)
        for name, exchanges in decide.accelerators.items():
            other = Conversation(record.accelerators[name])
            for exchange in exchanges:
                same = other.find(exchange.execute, exchange.arguments)
                if same is not None and exchange.execute != "qom-list-types" and exchange != same:
                    violations.append(f"{path} {name}: {exchange.key}")
    assert not violations, "\n".join(violations)
